"""A model folder's README: what it is, on what it was trained, how well it does, and what it is not for. It loads no weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from harness.records import Provenance, TrialConfig
from harness.reporting.escaping import markdown, markdown_row
from harness.reporting.stored_fold import StoredFold
from harness.reporting.wording import MISSING, margins, percent

_LIMITS = """\
It is made for research on multi-threshold metric learning: to compare embeddings, to retrieve faces by expression, to reproduce a
row of a leaderboard. A label is how people judged a picture, not what somebody felt. Do not use it to decide anything about a
person, nor to watch people at work, at school or in public.

- It knows those classes and no others; any picture, a face or not, gets one of them.
- It was measured on the faces below alone: on other people, cameras, ages or crops it can do worse, and nobody has measured for
  whom.
- Distances to class means are no probabilities."""


def model_card(
    run: StoredFold,
    *,
    size: int,
    color: str,
    fingerprint: str,
    metrics: Mapping[str, float],
    confusion: Sequence[Sequence[int]],
    compared: Sequence[str],
    differences: Sequence[str],
    licence: str,
    cropping: str,
    exported_by: Provenance,
) -> str:
    """The card as Markdown.

    Args:
        run: The confirmation run that the model is.
        size: Height and width of its faces, in pixels.
        color: `gray` or `rgb`.
        fingerprint: Of the weights.
        metrics: `test_*` of the model on its fold's test part.
        confusion: `confusion[truth][prediction]` there.
        compared: In what it was compared with the stored run.
        differences: In what it differs from the stored run.
        licence: A sentence about the faces' terms.
        cropping: How the faces were made square.
        exported_by: The code that trained it again.
    """
    sections = {
        "": _what(run, size=size, color=color, fingerprint=fingerprint),
        "Intended use and limits": _LIMITS,
        "Data": _data(run, cropping=cropping),
        "Metrics": _metrics(run, metrics, _compared(compared, differences)),
        "Recall of each class": _recalls(run.provenance.class_names, confusion),
        "Licence": licence + _of_checkpoint(run.config),
        "Provenance": _provenance(run, exported_by),
        "Use": _USE,
    }
    parts = (f"## {title}\n\n{text}" if title else text for title, text in sections.items())
    return "\n\n".join(parts) + "\n"


_USE = """\
    harness embed . IMAGES -o features.parquet

    from pathlib import Path
    from harness.model import load_model
    model = load_model(Path("."))
    features = model.embed(images)  # uint8 to float32 [n, D]
    names = [model.class_names[label] for label in model.classify(features)]"""


def _what(run: StoredFold, *, size: int, color: str, fingerprint: str) -> str:
    config = run.config
    taus = margins(loss=config.loss, slices=config.slices, low=config.margin_min, high=config.margin_max)
    rows = {
        "input": f"faces of {size} x {size} pixels, {color}, uint8",
        "output": f"an embedding of {config.embedding_dim} numbers: {config.slices} unit slices, together of length one",
        "classes": ", ".join(run.provenance.class_names),
        "classifier": config.classifier,
        "backbone": config.backbone,
        "loss": f"{config.loss}, thresholds {taus}"
        + (f" ({config.margin_sampling})" if config.slices > 1 else ""),
        "weights": f"`model.safetensors`, hash {fingerprint}",
    }
    title = f"{run.search}: facial expression embeddings, {run.provenance.method} on {run.provenance.dataset}"
    return f"# {markdown(title)}\n\n{_table(('', ''), rows.items())}{_of_knn(config)}"


def _data(run: StoredFold, *, cropping: str) -> str:
    origin = run.provenance
    rows = {
        "dataset": origin.dataset,
        "protocol": origin.protocol,
        "faces": ", ".join(f"{origin.faces[part]:,} {part}" for part in ("train", "validation", "test"))
        + (" (of fold 0)" if run.folds > 1 else ""),
        "left out as unreadable": str(origin.skipped_images),
        "fingerprint of the faces": origin.fingerprint,
        "hash of the split": origin.split_hash,
        "crop": cropping,
    }
    return _table(("", ""), rows.items())


def _metrics(run: StoredFold, metrics: Mapping[str, float], compared: str) -> str:
    ranked, folds = run.ranked, f", mean of {run.folds} folds" if run.folds > 1 else ""
    interval = MISSING if math.isnan(ranked.low) else f"[{percent(ranked.low)}, {percent(ranked.high)}]"
    seeds = f"{percent(ranked.mean)} {interval}, {ranked.n} fresh seeds{folds}"
    rows = [(name, percent(value), seeds if name == ranked.metric else "") for name, value in metrics.items()]
    part = f"% of the test part of fold {run.fold}" if run.folds > 1 else "% of the test split"
    table = _table((part, "this model", "the config, mean and 95 % interval"), rows)
    return (
        f"{table}\n\nThe interval is what to expect of the config; this model is one draw of it. {compared}"
    )


def _compared(compared: Sequence[str], differences: Sequence[str]) -> str:
    if differences:
        return f"Trained again for this folder, it differs from the run of the leaderboard: {'; '.join(differences)}."
    return f"Trained again for this folder, it equals the run of the leaderboard in {', '.join(compared)}."


def _recalls(names: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    rows = [
        (name, percent(row[label] / sum(row)) if sum(row) else MISSING, str(sum(row)))
        for label, (name, row) in enumerate(zip(names, confusion, strict=True))
    ]
    return _table(("class", "recall %", "test faces"), rows)


def _provenance(run: StoredFold, exported_by: Provenance) -> str:
    rows = {
        "run": f"trial {run.trial}, repeat {run.repeat}, fold {run.fold}, seed {run.config.seed}, epoch {run.chosen_epoch}",
        "trained on": run.device,
        "code of the run": _code(run.provenance),
        "packages of the run": _packages(run.provenance),
        "code of the export": _code(exported_by),
        "packages of the export": _packages(exported_by),
    }
    return _table(("", ""), rows.items())


def _code(origin: Provenance) -> str:
    if not origin.git_commit:
        return "no checkout"
    return f"commit {origin.git_commit}{' with changes' if origin.git_dirty else ''}"


def _packages(origin: Provenance) -> str:
    return ", ".join(f"{name} {version}" for name, version in origin.packages.items())


def _of_knn(config: TrialConfig) -> str:
    if config.classifier != "knn":
        return ""
    return "\n\nIts neighbours are in the weights file: an embedding of each training face."


def _of_checkpoint(config: TrialConfig) -> str:
    if config.backbone_checkpoint is None:
        return ""
    name = config.backbone_checkpoint.replace("\\", "/").rpartition("/")[2]
    return f" Training began from the weights in `{name}`, whose terms hold as well."


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(map(markdown_row, lines))
