"""FER2013 (Goodfellow et al. 2013): 35,887 grey faces of 48 x 48 pixels as text, one table, split by its column Usage.

Some faces stand in more than one split. By default a face that is tested on is not trained on.

Reference: I. J. Goodfellow et al., "Challenges in Representation Learning", ICONIP 2013. Codes as in the contest's table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness.datasets.listing import Tree, codes_in_words
from harness.datasets.sample import PixelText, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import DatasetError, ImageError, LabelError

SIZE = 48
PIXELS = SIZE * SIZE
TABLES = ("fer2013.csv", "icml_face_data.csv", "*/fer2013.csv", "*/icml_face_data.csv")
LABELS = {
    "0": "anger",
    "1": "disgust",
    "2": "fear",
    "3": "happiness",
    "4": "sadness",
    "5": "surprise",
    "6": "neutral",
}
SPLIT_OF_USAGE = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
COUNTS = {"train": 28709, "val": 3589, "test": 3589}
LATER_SPLITS = {"train": ("val", "test"), "val": ("test",), "test": ()}
"""Whose faces a split must not repeat."""
REPEATED = {
    "train": "train faces whose pixels are also in val or test",
    "val": "val faces whose pixels are also in test",
}


def list_samples(root: Path, options: Options) -> Listing:
    """A sample per row of the table, without those that a later split repeats, if they are not to be kept."""
    tree = Tree(root, source=SOURCE)
    samples = tuple(_samples(tree, find_table(tree)))
    if options["duplicates"] == "keep":
        return tree.listing(samples)
    kept = _without_repeated(samples)
    left_out = [
        LeftOut(reason=reason, count=_count(samples, split) - _count(kept, split))
        for split, reason in REPEATED.items()
    ]
    return tree.listing(kept, left_out)


def find_table(tree: Tree) -> str:
    """The table of faces.

    Raises:
        DatasetError: If there is none. The two other forms of the dataset cannot give its test split, and are told apart.
    """
    for pattern in TABLES:
        if found := tree.files(pattern):
            return found[0]
    needed = "fer2013.csv or icml_face_data.csv with the columns emotion, pixels, Usage"
    for pattern in ("train.csv", "*/train.csv"):
        if found := tree.files(pattern):
            raise DatasetError(
                f"{tree.root / found[0]}: expected {needed}, got train.csv, whose test.csv has no labels; "
                "fetch fer2013.csv, which is also inside fer2013.tar.gz of the contest, and put it beside train.csv"
            )
    if found := tree.files("test/*/*.*"):
        raise DatasetError(
            f"{tree.root / found[0]}: expected {needed}, got folders of pictures, which do not say what is PublicTest "
            f"and what is PrivateTest; fetch fer2013.csv, and put it into {tree.root}"
        )
    raise tree.missing(f"fer2013.csv (or icml_face_data.csv) for {tree.source.title}")


def read_rows(tree: Tree, path: str, *, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The line (from 1) and the cells of these columns of each row of a table with a header; blank lines are left out.

    Cells are stripped of spaces and quotes, for the header of icml_face_data.csv has spaces. No cell holds a comma. The
    lines are cut one at a time: as a list they would double the memory of a table of 290 MB.

    Raises:
        DatasetError: If the table has no such columns, or a row has another number of cells than the header.
    """
    lines = enumerate(
        (match.group() for match in re.finditer("^.*$", tree.text(path), re.MULTILINE)), start=1
    )
    header = _cells(next(lines)[1])
    if lacking := [name for name in columns if name not in header]:
        raise DatasetError(
            f"{tree.root / path}: line 1: expected the columns {', '.join(columns)}, got {', '.join(header)[:200]!r} "
            f"without {', '.join(lacking)}; fetch the table again"
        )
    places = [header.index(name) for name in columns]
    for line, text in lines:
        if not text.strip():
            continue
        cells = _cells(text)
        if len(cells) != len(header):
            raise DatasetError(
                f"{tree.root / path}: line {line}: expected {len(header)} cells, got {len(cells)}; fetch the table again"
            )
        yield line, tuple(cells[place] for place in places)


def _cells(line: str) -> list[str]:
    return [cell.strip(' "') for cell in line.split(",")]


def read_split(tree: Tree, path: str, *, line: int, usage: str) -> str:
    """The split that a Usage means.

    Raises:
        DatasetError: If it means none.
    """
    if usage not in SPLIT_OF_USAGE:
        raise DatasetError(
            f"{tree.root / path}: line {line}: expected Usage to be one of {', '.join(SPLIT_OF_USAGE)}, got {usage!r}; "
            "fetch the table again"
        )
    return SPLIT_OF_USAGE[usage]


def read_pixels(tree: Tree, path: str, *, line: int, row: int, text: str) -> PixelText:
    """A face from its 2304 numbers.

    Raises:
        ImageError: If they are not 2304 whole numbers from 0 to 255.
    """
    try:
        # Four times as fast as int() of each word: the whole table takes 1 s, not 5.
        values = np.fromstring(text, dtype=np.int64, sep=" ")
    except (ValueError, DeprecationWarning):  # a warning in older numpy
        values = np.empty(0, dtype=np.int64)
    if len(values) != PIXELS or values.min() < 0 or values.max() > 255:
        raise ImageError(
            f"{tree.root / path}: line {line}: expected {PIXELS} pixels from 0 to 255, got {_fault(text)}; "
            "fetch the table again"
        )
    return PixelText(path, row, values.astype(np.uint8).tobytes(), SIZE, SIZE)


def _fault(text: str) -> str:
    words = text.split()
    wrong = (word for word in words if not word.isdecimal() or int(word) > 255)
    found = next(wrong, "")
    return f"{found[:20]!r} among them" if found else f"{len(words)}"


def _samples(tree: Tree, path: str) -> Iterator[Sample]:
    rows = read_rows(tree, path, columns=("emotion", "pixels", "Usage"))
    for row, (line, (code, pixels, usage)) in enumerate(rows):
        if code not in LABELS:
            known = codes_in_words(LABELS)
            raise LabelError(
                f"{tree.root / path}: line {line}: expected an emotion out of {known}, got {code!r}; "
                "fetch the table again"
            )
        yield Sample(
            place=read_pixels(tree, path, line=line, row=row, text=pixels),
            crop=Whole(),
            label=LABELS[code],
            code=code,
            split=read_split(tree, path, line=line, usage=usage),
        )


def _without_repeated(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """The samples whose pixels are in no later split."""
    pixels: dict[str, set[bytes]] = {split: set() for split in LATER_SPLITS}
    for sample in samples:
        pixels[sample.split].add(_pixels(sample))
    return tuple(
        sample
        for sample in samples
        if not any(_pixels(sample) in pixels[later] for later in LATER_SPLITS[sample.split])
    )


def _pixels(sample: Sample) -> bytes:
    return sample.place.pixels if isinstance(sample.place, PixelText) else b""


def _count(samples: Sequence[Sample], split: str) -> int:
    return sum(sample.split == split for sample in samples)


def expected(options: Options) -> list[Expectation]:
    """Rows per Usage: what the table holds, so repeated faces count although they are left out."""
    return [_count_rows(split) for split in COUNTS]


def _count_rows(split: str) -> Expectation:
    def found(listing: Listing) -> int:
        repeated = (part.count for part in listing.left_out if part.reason == REPEATED.get(split))
        return _count(listing.samples, split) + sum(repeated)

    return Expectation(
        what="faces in the table",
        part=split,
        counts=(COUNTS[split],),
        found=found,
        reason="the table is cut off, or its splits are merged",
    )


def describe(options: Options) -> str:
    """Class set, and whether faces stand in two splits."""
    repeated = "kept" if options["duplicates"] == "keep" else "left out"
    return f"7 classes, faces that a later split repeats {repeated}"


SOURCE = Source(
    name="fer2013",
    kind="spontaneous",
    title="FER2013",
    page="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
    layout=("fer2013.csv",),
    options={
        "duplicates": Option(
            "drop-from-train",
            ("drop-from-train", "keep"),
            "train faces that are also in val or test, and val faces that are also in test",
        )
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="official",
)
