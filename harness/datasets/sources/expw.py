"""ExpW (Zhang et al. 2018): 91,793 faces in photographs from the web, in seven classes, with a box each and no official split.

It knows no person. What it knows is the photograph: its faces stay together. The names of the photographs, such as
afraid_African_214.jpg, hold the words of the web search; they are no labels.

Reference: Z. Zhang, P. Luo, C. C. Loy, X. Tang, "From Facial Expression Recognition to Interpersonal Relation Prediction", IJCV
2018. Columns as in the readme of its label.lst. The name of the folder of photographs is not verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.datasets.listing import Tree, codes_in_words, count_faces
from harness.datasets.sample import Box, ImageFile, Sample
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import DatasetError, LabelError

LABELS = {
    "0": "anger",
    "1": "disgust",
    "2": "fear",
    "3": "happiness",
    "4": "sadness",
    "5": "surprise",
    "6": "neutral",
}
COLUMNS = "image_name face_id_in_image top left right bottom confidence label"
LISTS = ("label/label.lst", "label.lst")
FOLDERS = ("image/origin", "image", "origin")
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A face of the list; the box in pixels of the photograph, the confidence of its detector as the list gives it."""

    name: str
    box: Box
    confidence: float
    code: str


def list_samples(root: Path, options: Options) -> Listing:
    """The faces in the order of the list, of at least the confidence that is asked for."""
    tree = Tree(root, source=SOURCE)
    labels = tree.first(*LISTS)
    folder, there = _photographs(tree)
    samples: list[Sample] = []
    left_out: Counter[str] = Counter()
    absent: dict[str, None] = {}  # a set that keeps its order
    for row in _rows(tree, labels):
        path = f"{folder}/{row.name}"
        if path not in there:
            absent[path] = None
        elif why := _why_left_out(row, int(options["confidence"])):
            left_out[why] += 1
        else:
            samples.append(_sample(path, row))
    if absent:
        raise tree.absent(f"all photographs that {labels} names", list(absent))
    return tree.listing(samples, [LeftOut(reason=why, count=count) for why, count in left_out.items()])


def _photographs(tree: Tree) -> tuple[str, set[str]]:
    """The first folder that holds photographs, and their paths."""
    for folder in FOLDERS:
        if found := {path for path in tree.files(f"{folder}/*") if path.lower().endswith(PICTURES)}:
            return folder, found
    raise tree.missing(f"{FOLDERS[0]}/*.jpg")


def _rows(tree: Tree, labels: str) -> Iterator[_Row]:
    for number, line in enumerate(tree.text(labels).splitlines(), start=1):
        # From the right, because only the name of a photograph may hold a space.
        cells = line.rsplit(maxsplit=7)
        if cells:
            yield _row(cells, f"{tree.root / labels}, line {number}")


def _row(cells: list[str], where: str) -> _Row:
    if len(cells) != 8:
        raise DatasetError(f"{where}: expected 8 columns, {COLUMNS}, got {len(cells)}; fetch the list again")
    name, _, *numbers, code = cells
    try:
        top, left, right, bottom, confidence = map(float, numbers)
    except ValueError as error:
        raise DatasetError(
            f"{where}: expected five numbers, top left right bottom confidence, got {' '.join(numbers)!r}; "
            "fetch the list again"
        ) from error
    if code not in LABELS:
        known = codes_in_words(LABELS)
        raise LabelError(f"{where}: expected a label out of {known}, got {code!r}; fetch the list again")
    return _Row(name=name.strip(), box=Box(left, top, right, bottom), confidence=confidence, code=code)


def _why_left_out(row: _Row, least: int) -> str:
    """Why a face is not listed; empty if it is."""
    if not (row.box.left < row.box.right and row.box.top < row.box.bottom):
        return "faces whose box has no area"
    return f"faces of a confidence below {least}" if row.confidence < least else ""


def _sample(path: str, row: _Row) -> Sample:
    return Sample(place=ImageFile(path), crop=row.box, label=LABELS[row.code], code=row.code, group=row.name)


def expected(options: Options) -> list[Expectation]:
    """All faces; how many are left above a confidence is not published."""
    return [] if options["confidence"] else [count_faces(91793, reason="lines are missing from label.lst")]


def describe(options: Options) -> str:
    """The classes, and from which confidence of the face's detector on."""
    least = options["confidence"]
    return f"7 classes, faces of confidence {least} or more" if least else "7 classes, all faces"


SOURCE = Source(
    name="expw",
    kind="spontaneous",
    title="ExpW",
    page="https://mmlab.ie.cuhk.edu.hk/projects/socialrelation/index.html",
    layout=("label/label.lst", "image/origin/afraid_African_214.jpg"),
    options={
        "confidence": Option(
            0, (0, 20, 40, 60), "the least confidence of the face's detector, as the list gives it"
        ),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="grouped",
)
