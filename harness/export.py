"""`harness export SEARCH -o model/`: from a row of the leaderboard to a model folder, readable from top to bottom.

A search keeps numbers and no weights. So the run that the row stands on is trained again, from its stored config and seed on the
same faces, and its test metrics must come out as they were. It does not know how anything is printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from harness.atomic import check_new, whole_folder
from harness.datasets.distribution import no_progress
from harness.datasets.pack.shards import Progress as PackProgress
from harness.datasets.terms import cropping, licence
from harness.errors import ChangedError, ResultsError
from harness.learning.evaluation import Evaluation
from harness.learning.fold import FoldTraining, with_split
from harness.learning.metrics.fitted import fit
from harness.learning.saved import ModelDescription, write_model
from harness.model import CLASSIFIER, NETWORK
from harness.records import HONEST
from harness.reporting.model_card import model_card
from harness.reporting.named import find_search
from harness.reporting.stored_fold import StoredFold, stored_fold
from harness.search import Prepared, prepare, training_threads
from harness.tuning.confirm import open_under_rule
from harness.tuning.folder import SearchFolder
from harness.tuning.search_file import read_search_file
from harness.tuning.unchanged import is_free, other_faces
from harness.tuning.yaml_file import Override

EPSILON = 1e-9
"""Metrics are quotients of counts, or means of such: a larger difference is another prediction."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be exported, once it is known to exist, with its faces loaded."""

    run: StoredFold
    folder: SearchFolder
    prepared: Prepared
    output: Path


@dataclass(frozen=True, kw_only=True)
class Retrained:
    """A run's fold, trained again.

    Attributes:
        training: With the weights of the chosen epoch in its network.
        evaluation: On the fold's test part.
        compared: What was compared with the stored run: all that the tables keep of one fold.
        differences: In what it differs from the stored run, in words; empty where it came out equal.
    """

    training: FoldTraining
    evaluation: Evaluation
    compared: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written.

    Attributes:
        folder: The model folder.
        fingerprint: Of its weights.
        metrics: Of the exported network on its fold's test part.
        test_faces: How many these are.
        compared: As `Retrained` has it.
        differences: As `Retrained` has them.
    """

    folder: Path
    fingerprint: str
    metrics: dict[str, float]
    test_faces: int
    compared: tuple[str, ...]
    differences: tuple[str, ...]


def read_order(
    results: Path,
    search: str,
    *,
    output: Path,
    repeat: int | None = None,
    fold: int = 0,
    overrides: Sequence[Override] = (),
    progress: PackProgress = no_progress,
) -> Order:
    """Finds the run and loads its faces; trains nothing.

    Args:
        results: The folder of search folders.
        search: A folder's name, as in the leaderboard's column `search`.
        output: Where the model is to be.
        repeat: Which fresh seed; None takes the first that ran to its end.
        fold: Which fold.
        overrides: Win over the stored search file; only what changes no trial, such as a `dataset.path` of this machine.
        progress: Told of a distribution that is being packed.

    Raises:
        ChangedError: If the faces or their split are not those of the run, or an override would change what is trained.
        ResultsError: If there is no such run, or something lies at `output`.
    """
    check_new(output)
    run = stored_fold(results, search, repeat=repeat, fold=fold)
    _check_overrides(run, overrides)
    folder = SearchFolder(find_search(search, results=results))
    spec = read_search_file(folder.spec, overrides=overrides)
    prepared = prepare(spec, progress=progress)
    _check_same_faces(run, prepared)
    return Order(run=run, folder=folder, prepared=prepared, output=output)


def train_again(order: Order, *, progress: Callable[[int, int], None] = no_progress) -> Retrained:
    """Trains the run's fold as it was trained, and measures it on its test part.

    Args:
        order: What to train.
        progress: Told of epochs: done, in all.

    Raises:
        ResultsError: If the training diverges.
    """
    run, spec = order.run, order.prepared.spec
    trained, test = open_under_rule(
        order.prepared.faces, order.prepared.division, rule=HONEST, spec=order.prepared.spec
    )
    device = torch.device("cuda" if spec.resources.gpu > 0 and torch.cuda.is_available() else "cpu")
    with _threads(training_threads(spec)):  # how many decides in which order sums are taken
        training = FoldTraining(
            order.folder.located(run.config), trained, fold=run.fold, test=test, device=device
        )
        while not training.finished:
            _run_epoch(training, run)
            progress(training.epoch, run.config.epochs)
        best = training.choose_best()
        evaluation = training.evaluate_test()
    got = {"epoch": best.epoch, **with_split("val", best.evaluation), **with_split("test", evaluation)}
    wanted = {"epoch": run.chosen_epoch, **run.metrics}
    return Retrained(
        training=training,
        evaluation=evaluation,
        compared=tuple(wanted),
        differences=_differences(wanted, got),
    )


def write(order: Order, retrained: Retrained) -> Exported:
    """Fits the classifier on the fold's training faces and writes the model folder, whole or not at all.

    Raises:
        ResultsError: If the file system refuses.
    """
    training, run, dataset = retrained.training, order.run, order.prepared.spec.dataset.name
    metrics = with_split("test", retrained.evaluation)
    description = _description(order, training, metrics=metrics)
    reference = training.embed_part(training.part.train)
    classifier = fit(
        run.config.classifier, reference.features, reference.labels, classes=len(description.class_names)
    )
    tensors = {NETWORK + name: tensor for name, tensor in training.network.state_dict().items()}
    tensors |= {CLASSIFIER + name: tensor for name, tensor in classifier.items()}
    with whole_folder(order.output) as folder:
        fingerprint = write_model(folder, description, tensors)
        card = model_card(
            run,
            size=description.size,
            color=description.color,
            fingerprint=fingerprint,
            metrics=metrics,
            confusion=retrained.evaluation.confusion,
            compared=retrained.compared,
            differences=retrained.differences,
            licence=licence(dataset),
            cropping=cropping(dataset),
            exported_by=order.prepared.provenance,
        )
        (folder / "README.md").write_text(card, encoding="utf-8")
    return Exported(
        folder=order.output,
        fingerprint=fingerprint,
        metrics=metrics,
        test_faces=sum(map(sum, retrained.evaluation.confusion)),
        compared=retrained.compared,
        differences=retrained.differences,
    )


def _check_overrides(run: StoredFold, overrides: Sequence[Override]) -> None:
    if bound := [each.flag for each in overrides if not is_free(each.key)]:
        raise ChangedError(
            f"{', '.join(bound)}: {run.search} is trained again as it was; expected keys that change no trial, such as "
            "dataset.path or resources.cpu"
        )


def _check_same_faces(run: StoredFold, prepared: Prepared) -> None:
    if changed := other_faces(run.provenance, prepared.provenance):
        raise ChangedError(
            f"{run.search} cannot be trained again on these faces: {'; '.join(changed)}. Give it those that it was run on, "
            "with --set dataset.path=DIR if they lie elsewhere now"
        )


def _run_epoch(training: FoldTraining, run: StoredFold) -> None:
    try:
        training.run_epoch()
    except FloatingPointError as error:
        raise ResultsError(
            f"{run.search}, trial {run.trial}, repeat {run.repeat} diverges here: {error}; export it where it was trained "
            f"({run.device}, torch {run.provenance.packages.get('torch', 'unknown')}), or another --repeat"
        ) from error


def _differences(wanted: dict[str, float], got: dict[str, float]) -> tuple[str, ...]:
    return tuple(
        f"{name} was {value:g}, now {got[name]:g}"
        for name, value in wanted.items()
        if not math.isclose(value, got[name], rel_tol=0, abs_tol=EPSILON)
    )


def _description(order: Order, training: FoldTraining, *, metrics: dict[str, float]) -> ModelDescription:
    run, before = order.run, order.run.provenance
    thresholds = training.criterion.thresholds
    return ModelDescription(
        config=run.config,
        class_names=order.prepared.faces.class_names,
        size=training.pixels.size,
        channels=training.pixels.channels,
        thresholds=tuple(None if math.isnan(tau) else tau for tau in thresholds),
        origin={
            "search": run.search,
            "trial": run.trial,
            "repeat": run.repeat,
            "fold": run.fold,
            "chosen_epoch": training.best.epoch if training.best else None,
            "metrics": metrics,
            "dataset": before.dataset,
            "protocol": before.protocol,
            "method": before.method,
            "fingerprint_of_faces": before.fingerprint,
            "split_hash": before.split_hash,
            "git_commit": before.git_commit,
            "git_dirty": before.git_dirty,
            "packages": dict(before.packages),
        },
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Torch with so many threads, and afterwards as it was."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
