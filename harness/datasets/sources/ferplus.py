"""FERPlus (Barsoum et al. 2016): the faces of FER2013 with ten votes each; what the label is, a rule decides.

Published numbers follow at least four rules, whose test splits differ by 393 faces, so the rule is an option and stands
in the protocol's name.

Reference: E. Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016. The official rules are those of its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from harness.datasets.listing import Tree, count_faces
from harness.datasets.sample import ImageFile, Place, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.datasets.sources.fer2013 import find_table, read_pixels, read_rows, read_split
from harness.errors import DatasetError, LabelError

LABELS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
COLUMNS = (*LABELS, "unknown", "NF")
"""What can be voted for; NF is no face."""
FOLDERS = {"FER2013Train": "train", "FER2013Valid": "val", "FER2013Test": "test"}
COUNTS = {
    "official-majority": {"train": 25060, "val": 3199, "test": 3153},
    "official-probability": {"train": 27956, "val": 3505, "test": 3505},
    "argmax": {"train": 28389, "val": 3553, "test": 3546},
    "unique-argmax": {"train": 26940, "val": 3396, "test": 3376},
}
NAMELESS = "rows without an image name"
Votes = Sequence[int]


@dataclass(frozen=True)
class Face:
    """A face with its votes in the order of `COLUMNS`, before a rule gives it a label; without a place where it has no name."""

    place: Place | None
    split: str
    votes: Votes


def official_majority(votes: Votes) -> int | None:
    """The column with more than half of the votes that are left when single votes are struck out."""
    left = _without_single_votes(votes)
    top = max(left)
    return left.index(top) if top > sum(left) / 2 else None


def official_probability(votes: Votes) -> int | None:
    """The largest of up to three emotions; the first column of equals.

    Single votes are struck out. Emotions are taken from the most votes down, equals together, until they hold three
    quarters of the votes left, or are three, or `unknown` or `NF` comes. There is no label when they are more than three, or hold
    no more than half.
    """
    left = _without_single_votes(votes)
    taken: list[int] = []
    for level in sorted(set(left) - {0}, reverse=True):
        if sum(left[column] for column in taken) >= 0.75 * sum(left) or len(taken) >= 3:
            break
        taken += [column for column in range(len(LABELS)) if left[column] == level]
        if level in left[len(LABELS) :]:
            break
    enough = sum(left[column] for column in taken) > sum(left) / 2
    return taken[0] if enough and len(taken) <= 3 else None


def argmax(votes: Votes) -> int | None:
    """The column with the most votes; the first of equals."""
    return list(votes).index(max(votes))


def unique_argmax(votes: Votes) -> int | None:
    """The column with the most votes, if no other has as many."""
    return argmax(votes) if list(votes).count(max(votes)) == 1 else None


RULES: dict[str, Callable[[Votes], int | None]] = {
    "official-majority": official_majority,
    "official-probability": official_probability,
    "argmax": argmax,
    "unique-argmax": unique_argmax,
}
"""Each gives a column or None. `unknown` and `NF` are no labels under any of them."""


def _without_single_votes(votes: Votes) -> list[int]:
    return [count if count > 1 else 0 for count in votes]


def list_samples(root: Path, options: Options) -> Listing:
    """The faces to which the rule gives one of eight labels."""
    tree = Tree(root, source=SOURCE)
    rule = str(options["label_rule"])
    samples: list[Sample] = []
    nameless = unlabelled = 0
    for face in _faces(tree):
        column = RULES[rule](face.votes)
        if face.place is None:
            nameless += 1
        elif column is None or column >= len(LABELS):
            unlabelled += 1
        else:
            samples.append(
                Sample(
                    place=face.place,
                    crop=Whole(),
                    label=LABELS[column],
                    code=str(column),
                    split=face.split,
                )
            )
    left_out = [
        LeftOut(reason=NAMELESS, count=nameless),
        LeftOut(reason=f"faces to which {rule} gives no label", count=unlabelled),
    ]
    return tree.listing(samples, left_out)


def _faces(tree: Tree) -> Iterator[Face]:
    """The faces of whichever form is there: two tables side by side, or folders of pictures."""
    votes = [*tree.files("fer2013new.csv"), *tree.files("*/fer2013new.csv")]
    pictures = tree.files("data/FER2013*/*.png") or tree.files("FER2013*/*.png")
    if pictures:
        return _from_folders(tree, pictures[0].rpartition("FER2013")[0])
    if votes:
        return _from_tables(tree, faces=find_table(tree), votes=votes[0])
    raise tree.missing(
        "fer2013.csv beside fer2013new.csv, or data/FER2013Train/label.csv beside its pictures"
    )


def _from_tables(tree: Tree, *, faces: str, votes: str) -> Iterator[Face]:
    """Row i of the votes belongs to row i of the faces; the number in an image's name is not the row."""
    voted = read_rows(tree, votes, columns=("Usage", "Image name", *COLUMNS))
    seen = read_rows(tree, faces, columns=("pixels", "Usage"))
    names: set[str] = set()
    for row, (ours, theirs) in enumerate(zip_longest(voted, seen)):
        if ours is None or theirs is None:
            raise DatasetError(
                f"{tree.root / votes}: expected a row for each row of {faces}, got none for row {row + 1} of "
                f"{votes if theirs is None else faces}; fetch both tables again, their rows belong together"
            )
        (line, (usage, name, *cells)), (face_line, (pixels, face_usage)) = ours, theirs
        split = read_split(tree, votes, line=line, usage=usage)
        if usage != face_usage or name in names:
            expected = (
                f"Usage {face_usage} as in line {face_line} of {faces}"
                if usage != face_usage
                else "a new name"
            )
            raise DatasetError(
                f"{tree.root / votes}: line {line}: expected {expected}, got {usage} {name}; "
                "fetch both tables again, their rows belong together"
            )
        names |= {name} - {""}
        counted = _votes(tree, votes, line=line, cells=cells)
        place = read_pixels(tree, faces, line=face_line, row=row, text=pixels) if name else None
        yield Face(place, split, counted)


def _from_folders(tree: Tree, prefix: str) -> Iterator[Face]:
    for folder, split in FOLDERS.items():
        path = f"{prefix}{folder}/label.csv"
        if not tree.has(path):
            raise tree.missing(path)
        for line, cells in enumerate(tree.table(path), start=1):
            if len(cells) != 2 + len(COLUMNS):
                raise DatasetError(
                    f"{tree.root / path}: line {line}: expected a name, a box and {len(COLUMNS)} votes, "
                    f"got {len(cells)} cells; fetch it again"
                )
            picture = f"{prefix}{folder}/{cells[0]}"
            if cells[0] and not tree.has(picture):
                raise DatasetError(
                    f"{tree.root / picture}: expected the picture that line {line} of {path} names, got nothing there; "
                    "make the pictures again from fer2013.csv, or put fer2013.csv beside fer2013new.csv"
                )
            place = ImageFile(picture) if cells[0] else None
            yield Face(place, split, _votes(tree, path, line=line, cells=cells[2:]))


def _votes(tree: Tree, path: str, *, line: int, cells: Sequence[str]) -> Votes:
    for column, cell in zip(COLUMNS, cells, strict=True):
        if not cell.isdecimal():
            raise LabelError(
                f"{tree.root / path}: line {line}: expected a number of votes for {column}, got {cell!r}; fetch it again"
            )
    return tuple(map(int, cells))


def expected(options: Options) -> list[Expectation]:
    """Faces per split under the rule; of 173 rows without a name the folders hold none."""
    rule = str(options["label_rule"])

    def nameless(listing: Listing) -> int:
        return sum(part.count for part in listing.left_out if part.reason == NAMELESS)

    return [
        *(
            count_faces(count, part=split, reason="a table is cut off, or pictures are missing")
            for split, count in COUNTS[rule].items()
        ),
        Expectation(what=NAMELESS, counts=(173, 0), found=nameless, sure=False),
    ]


def describe(options: Options) -> str:
    """Class set and label rule: the rule decides which faces are tested."""
    single = " (the largest of up to 3)" if options["label_rule"] == "official-probability" else ""
    return f"8 classes, {options['label_rule']} labels{single}"


SOURCE = Source(
    name="ferplus",
    kind="spontaneous",
    title="FERPlus",
    page="https://github.com/microsoft/FERPlus",
    layout=("fer2013.csv", "fer2013new.csv"),
    options={
        "label_rule": Option("official-majority", tuple(RULES), "how ten votes become a label, or none"),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="official",
)
