"""RAF-DB, its basic part (Li et al. 2017): 15,339 pictures from the web in seven classes, with an official test split.

It knows no person: nobody has published who is seen, so the same face may be in both splits.

Reference: S. Li, W. Deng, J. Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression Recognition in
the Wild", CVPR 2017. Codes and counts as in its list_patition_label.txt; the misspelling is the distribution's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.datasets.listing import Tree, codes_in_words, count_classes, count_faces
from harness.datasets.sample import Detect, ImageFile, Sample, Whole
from harness.datasets.source import Expectation, Listing, Option, Options, Source
from harness.errors import DatasetError, LabelError

LABELS = {
    "1": "surprise",
    "2": "fear",
    "3": "disgust",
    "4": "happiness",
    "5": "sadness",
    "6": "anger",
    "7": "neutral",
}
LISTS = tuple(
    f"{folder}EmoLabel/{name}"
    for name in ("list_patition_label.txt", "list_partition_label.txt")
    for folder in ("basic/", "")
)
# Per class, in the order of the codes.
TRAIN = (1290, 281, 717, 4772, 1982, 705, 2524)
TEST = (329, 74, 160, 1185, 478, 162, 680)


def list_samples(root: Path, options: Options) -> Listing:
    """The faces in the order of the official list."""
    tree = Tree(root, source=SOURCE)
    labels = tree.first(*LISTS)
    aligned = options["form"] == "aligned"
    folder = f"{labels.rpartition('EmoLabel/')[0]}Image/{options['form']}"
    samples: list[Sample] = []
    absent: list[str] = []
    for name, code in _rows(tree, labels):
        path = f"{folder}/{name.removesuffix('.jpg')}_aligned.jpg" if aligned else f"{folder}/{name}"
        if not tree.has(path):
            absent.append(path)
        samples.append(_sample(path, split=name.partition("_")[0], code=code, aligned=aligned))
    if absent:
        raise tree.absent(f"all pictures that {labels} names", absent)
    return tree.listing(samples)


def _rows(tree: Tree, labels: str) -> Iterator[tuple[str, str]]:
    """Each row's file name and code, checked."""
    for number, line in enumerate(tree.text(labels).splitlines(), start=1):
        cells = line.split()
        if not cells:
            continue
        where = f"{tree.root / labels}, line {number}"
        if len(cells) != 2 or not cells[0].startswith(("train_", "test_")):
            raise DatasetError(
                f"{where}: expected a file name train_* or test_* and a code, such as 'train_00001.jpg 5', "
                f"got {line.strip()!r}; fetch the list again"
            )
        if cells[1] not in LABELS:
            known = codes_in_words(LABELS)
            raise LabelError(
                f"{where}: expected a code out of {known}, got {cells[1]!r}; fetch the list again"
            )
        yield cells[0], cells[1]


def _sample(path: str, *, split: str, code: str, aligned: bool) -> Sample:
    crop = Whole() if aligned else Detect()
    return Sample(place=ImageFile(path), crop=crop, label=LABELS[code], code=code, split=split)


def expected(options: Options) -> list[Expectation]:
    """Faces per class and split, as they are counted in the official list."""
    return [
        *count_classes(dict(zip(LABELS.values(), TRAIN, strict=True)), part="train"),
        *count_classes(dict(zip(LABELS.values(), TEST, strict=True)), part="test"),
        count_faces(sum(TRAIN), part="train", reason="lines are missing from list_patition_label.txt"),
        count_faces(sum(TEST), part="test", reason="lines are missing from list_patition_label.txt"),
    ]


def describe(options: Options) -> str:
    """The form of the pictures: crops of one's own score otherwise than the official ones."""
    return "7 classes, official crops" if options["form"] == "aligned" else "7 classes, original pictures"


SOURCE = Source(
    name="rafdb",
    kind="spontaneous",
    title="RAF-DB",
    page="http://www.whdeng.cn/RAF/model1.html",
    layout=(
        "basic/EmoLabel/list_patition_label.txt",
        "basic/Image/aligned/train_00001_aligned.jpg",
        "basic/Image/original/train_00001.jpg",
    ),
    options={
        "form": Option(
            "aligned",
            ("aligned", "original"),
            "the official 100x100 crops, or the pictures as they were found",
        ),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="official",
)
