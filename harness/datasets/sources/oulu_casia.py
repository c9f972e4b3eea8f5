"""Oulu-CASIA (Zhao et al. 2011): 80 people, six posed expressions from the neutral face to the peak, two cameras, three lights.

Reference: G. Zhao, X. Huang, M. Taini, S. Li, M. Pietikainen, "Facial expression recognition from near-infrared videos", Image
and Vision Computing 2011. The same people are in every condition, so folds are by subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.datasets.listing import Tree, count_classes, count_sequences, count_subjects
from harness.datasets.sample import Detect, ImageFile, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import LabelError

LABELS = {
    "Anger": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happiness": "happiness",
    "Sadness": "sadness",
    "Surprise": "surprise",
}
CROPPED = ("PreProcess_Img", "PreProcess")  # both spellings are in circulation
PEOPLE = 80


def list_samples(root: Path, options: Options) -> Listing:
    """The last frames of each sequence of one camera and one light, and its first frame as neutral if asked for."""
    tree = Tree(root, source=SOURCE)
    folders = _sequences(tree, options)
    samples: list[Sample] = []
    empty = 0
    for folder in folders:
        frames = [path for path in tree.files(f"{folder}/*") if path.lower().endswith((".jpeg", ".jpg"))]
        empty += not frames
        samples += _frames(folder, frames, options=options)
    return tree.listing(samples, [LeftOut(reason="sequences without a frame", count=empty)])


def _sequences(tree: Tree, options: Options) -> list[str]:
    """The sequences' folders, such as `PreProcess_Img/VL_Acropped/Strong/P001/Anger`."""
    condition = f"{options['camera']}{'_Acropped' if options['form'] == 'cropped' else ''}/{options['light']}"
    tops = CROPPED if options["form"] == "cropped" else ("OriginalImg",)
    top = next((top for top in tops if tree.has_folder(f"{top}/{condition}")), tops[0])
    folders = tree.folders(f"{top}/{condition}/P[0-9][0-9][0-9]/*")
    if unknown := [folder for folder in folders if folder.rpartition("/")[2] not in LABELS]:
        raise LabelError(
            f"{tree.root / unknown[0]}: expected a folder out of {', '.join(LABELS)}; rename it, or move it elsewhere"
        )
    return folders


def _frames(folder: str, frames: list[str], *, options: Options) -> Iterator[Sample]:
    subject, code = folder.split("/")[-2:]
    neutral = frames[:1] if options["neutral"] == "first-frame" and len(frames) > 1 else []
    apexes = frames[len(neutral) :][-int(options["frames"]) :]  # no frame is both
    chosen = [(path, "neutral", "neutral") for path in neutral]
    chosen += [(path, LABELS[code], "apex") for path in apexes]
    for path, label, role in chosen:
        yield Sample(
            place=ImageFile(path),
            crop=Whole() if options["form"] == "cropped" else Detect(),
            label=label,
            code=code,
            subject=subject,
            sequence=f"{subject}/{code}",
            role=role,
        )


def expected(options: Options) -> list[Expectation]:
    """Everybody shows everything once in each condition; one public count found a sequence without frames."""
    by_class = count_classes(
        dict.fromkeys(LABELS.values(), PEOPLE),
        unit="sequences",
        role="apex",
        sure=False,
        reason="a sequence has no frames",
    )
    total = len(LABELS) * PEOPLE
    return [
        *by_class,
        count_sequences(total, total - 1, reason="folders of people or expressions are missing"),
        count_subjects(PEOPLE, reason="folders P??? are missing"),
    ]


def describe(options: Options) -> str:
    """Class set, condition and frames."""
    neutral = options["neutral"] != "none"
    classes = f"{6 + neutral} classes{' with neutral' if neutral else ''}"
    form = "" if options["form"] == "cropped" else ", detected faces"
    return f"{classes}, {options['camera']} {options['light']}, last {options['frames']} frames{form}"


SOURCE = Source(
    name="oulu-casia",
    kind="posed",
    title="Oulu-CASIA",
    page="http://www.cse.oulu.fi/CMV/Downloads/Oulu-CASIA",
    layout=(
        "PreProcess_Img/VL_Acropped/Strong/P001/Anger/000.jpeg",
        "OriginalImg/VL/Strong/P001/Anger/000.jpeg",
    ),
    options={
        "camera": Option("VL", ("VL", "NI"), "visible light, or near infrared"),
        "light": Option("Strong", ("Strong", "Weak", "Dark"), "the illumination"),
        "frames": Option(3, tuple(range(1, 11)), "last frames of each sequence"),
        "neutral": Option("none", ("none", "first-frame"), "the first frame of each sequence as neutral"),
        "form": Option("cropped", ("cropped", "original"), "the distribution's crops, or a detector's"),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="kfold",
    folds=10,
)
