"""AffectNet (Mollahosseini et al. 2019): 291,651 pictures from the web that people labelled, in two releases.

The release of 2017 is csv lists and pictures with a box and landmarks each; that of 2021 is cropped faces with a `.npy` file
per label. They are told apart by what lies in the folder. The list that a network labelled is never read. Test was never
published, so the literature reports the validation set: here it is the test split, and validation is carved from train. It
knows no person.

Reference: A. Mollahosseini, B. Hasani, M. H. Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal
Computing in the Wild", IEEE Transactions on Affective Computing 10(1), 2019.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from harness.datasets.listing import Tree, codes_in_words, count_classes, count_faces
from harness.datasets.sample import Box, Crop, ImageFile, Landmarks, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source, Value
from harness.errors import DatasetError, LabelError

LABELS = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)  # codes 0 to 7
NO_LABELS = {8: "none", 9: "uncertain", 10: "no face"}
TRAIN = (74874, 134415, 25459, 14090, 6378, 3803, 24882, 3750)  # per class, in the order of the codes

LIST_FOLDERS = ("Manually_Annotated_file_lists/", "Manually_Annotated/Manually_Annotated_file_lists/", "")
LISTS = {"training.csv": "train", "validation.csv": "test"}
PICTURE_FOLDERS = ("Manually_Annotated/Manually_Annotated_Images", "Manually_Annotated_Images")
COLUMNS = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
NEEDED = COLUMNS[:7]
POINTS = 68

SETS = {"train_set": "train", "val_set": "test"}
THREADS = 16  # they wait for the disk
AT_ONCE = 1000  # label files per task of a thread

BEARABLE = 1000  # one absent picture of so many is left out and counted; more are an error


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A labelled picture of either release; `cells` by column of the csv list, empty in 2021."""

    path: str
    code: int
    split: str
    where: str
    cells: Mapping[str, str]


def list_samples(root: Path, options: Options) -> Listing:
    """The faces of train, then of the validation set: in the order of the lists, or of the label files' names."""
    tree = Tree(root, source=SOURCE)
    release = _release(tree, options["release"])
    there, rows = _open_2017(tree) if release == 2017 else _open_2021(tree)
    crop = _crop_maker()
    samples: list[Sample] = []
    left_out: Counter[str] = Counter()
    absent: list[str] = []
    for row in rows:
        if why := _why_left_out(row, int(options["classes"])):
            left_out[why] += 1
        elif row.path not in there:
            absent.append(row.path)
        else:
            samples.append(_sample(row, crop=crop(row), release=release))
    left_out["pictures that have a label and are not there"] = _bear_absent(
        tree, absent, present=len(samples)
    )
    return tree.listing(samples, [LeftOut(reason=why, count=count) for why, count in left_out.items()])


def _release(tree: Tree, wanted: Value) -> int:
    """Which release lies in the folder, or the one that was asked for."""
    signs = {2017: f"{LIST_FOLDERS[0]}training.csv", 2021: "train_set/annotations/0_exp.npy"}
    found = []
    if any(tree.files(f"{folder}training.csv") for folder in LIST_FOLDERS):
        found.append(2017)
    if tree.files("train_set/annotations/*_exp.npy"):
        found.append(2021)
    chosen = [release for release in found if wanted in ("auto", release)]
    if len(chosen) > 1:
        raise DatasetError(
            f"{tree.root}: expected one release of AffectNet, got {signs[2017]} of 2017 and train_set of 2021; "
            "choose one with --set dataset.options.release=2017 or 2021"
        )
    if not chosen:
        wishes = [f"{sign} (release {year})" for year, sign in signs.items() if wanted in ("auto", year)]
        raise tree.missing(" or ".join(wishes))
    return chosen[0]


def _why_left_out(row: _Row, classes: int) -> str:
    """Why a picture is not listed; empty if it is."""
    if row.code in NO_LABELS:
        return f"pictures labelled {NO_LABELS[row.code]} (expression {row.code})"
    if not 0 <= row.code < len(LABELS):
        known = codes_in_words(dict(enumerate((*LABELS, *NO_LABELS.values()))))
        raise LabelError(
            f"{row.where}: expected an expression out of {known}, got {row.code}; fetch the file again"
        )
    return f"pictures of {LABELS[row.code]} (classes: {classes})" if row.code >= classes else ""


def _sample(row: _Row, *, crop: Crop, release: int) -> Sample:
    return Sample(
        place=ImageFile(row.path),
        crop=crop,
        label=LABELS[row.code],
        code=str(row.code),
        split=row.split,
        release=str(release),
    )


def _bear_absent(tree: Tree, absent: Sequence[str], *, present: int) -> int:
    """How many pictures are absent, if they are few: nobody can fetch three of 288 thousand again.

    Raises:
        DatasetError: If more than one in `BEARABLE` is absent.
    """
    if len(absent) * BEARABLE > present:
        raise tree.absent("all pictures that have a label", absent)
    return len(absent)


# Release 2017


def _open_2017(tree: Tree) -> tuple[set[str], Iterator[_Row]]:
    """The pictures that are there, and the rows of both lists."""
    lists = {tree.first(*(folder + name for folder in LIST_FOLDERS)): split for name, split in LISTS.items()}
    kept = [(folder, files) for folder in PICTURE_FOLDERS if (files := tree.files(f"{folder}/*/*"))]
    folder, files = kept[0] if kept else (PICTURE_FOLDERS[0], [])
    rows = (
        row for path, split in lists.items() for row in _rows_2017(tree, path, folder=folder, split=split)
    )
    return set(files), rows


def _rows_2017(tree: Tree, path: str, *, folder: str, split: str) -> Iterator[_Row]:
    for line, cells in _cells(tree.root / path):
        where = f"{tree.root / path}, line {line}"
        picture = f"{folder}/{cells[COLUMNS[0]].strip()}"
        code = _integer(cells["expression"], where=where)
        yield _Row(path=picture, code=code, split=split, where=where, cells=cells)


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column, row by row: the list of train, with its landmarks, is 400 MB of text.

    A first row with the names of the columns may be there or not: copies differ, and so do the two lists of one copy.
    """
    names: Sequence[str] = COLUMNS
    for line, row in _lines(path):
        if line == 1 and COLUMNS[0] in (stripped := [cell.strip() for cell in row]):
            names = stripped
            if lost := [name for name in NEEDED if name not in names]:
                raise DatasetError(
                    f"{path}, line 1: expected the columns {', '.join(NEEDED)}, got none named {', '.join(lost)}; "
                    "fetch it again"
                )
        elif len(row) != len(names):
            raise DatasetError(
                f"{path}, line {line}: expected {len(names)} cells, got {len(row)}; fetch it again"
            )
        else:
            yield line, dict(zip(names, row, strict=True))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not blank."""
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for row in reader:
                line = reader.line_num
                if row:
                    yield line, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}, after line {line}: is no table: {error}; fetch it again") from error
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read: {error.strerror}; give yourself the right to read it"
        ) from error


def _crop_maker() -> Callable[[_Row], Crop]:
    """Makes crops of rows. Equal coordinates become one object, which saves a gigabyte over 288 thousand faces of 68 points."""
    number = cache(float)

    def crop(row: _Row) -> Crop:
        if not row.cells:
            return Whole()
        try:
            coordinates = tuple(map(number, row.cells["facial_landmarks"].split(";")))
        except ValueError:
            coordinates = ()
        if len(coordinates) == 2 * POINTS:
            return Landmarks(tuple(zip(coordinates[::2], coordinates[1::2], strict=True)))
        return _box(row)

    return crop


def _box(row: _Row) -> Box:
    cells = [row.cells[name] for name in ("face_x", "face_y", "face_width", "face_height")]
    try:
        left, top, width, height = map(float, cells)
    except ValueError:
        left = top = width = height = 0.0
    if not (width > 0 and height > 0):
        raise DatasetError(
            f"{row.where}: expected {POINTS} landmarks, or a box face_x,face_y,face_width,face_height with an area, "
            f"got {','.join(cells)!r}; fetch the list again, or take the row out of it"
        )
    return Box(left, top, left + width, top + height)


# Release 2021


def _open_2021(tree: Tree) -> tuple[set[str], Iterator[_Row]]:
    """The pictures that are there, and the labels of both sets."""
    there = {path for part in SETS for path in tree.files(f"{part}/images/*")}
    return there, (row for part, split in SETS.items() for row in _rows_2021(tree, part, split=split))


def _rows_2021(tree: Tree, part: str, *, split: str) -> Iterator[_Row]:
    files = tree.files(f"{part}/annotations/*_exp.npy")
    if not files:
        raise tree.missing(f"{part}/annotations/0_exp.npy")
    for file, code in zip(files, _codes([tree.root / file for file in files]), strict=True):
        stem = file.rpartition("/")[2].removesuffix("_exp.npy")
        yield _Row(
            path=f"{part}/images/{stem}.jpg", code=code, split=split, where=str(tree.root / file), cells={}
        )


def _codes(paths: Sequence[Path]) -> list[int]:
    """The labels in 288 thousand files, many at a time: it gains nothing on a local disk, and much on a network disk."""
    tasks = [paths[at : at + AT_ONCE] for at in range(0, len(paths), AT_ONCE)]
    with ThreadPoolExecutor(THREADS) as pool:
        return [
            code for codes in pool.map(lambda task: [_code(path) for path in task], tasks) for code in codes
        ]


def _code(path: Path) -> int:
    """The one number of a label file, which some copies hold as text."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise LabelError(
            f"{path}: expected a numpy file of one number, got: {error}; fetch it again"
        ) from error
    if values.size != 1:
        raise LabelError(f"{path}: expected one number, got {values.size}; fetch it again")
    return _integer(str(values.reshape(-1)[0]), where=str(path))


def _integer(text: str, *, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)  # some writers make 3 into 3.0
    except ValueError:
        number = 0.5
    if number % 1:
        raise LabelError(
            f"{where}: expected an expression as a whole number, got {text!r}; fetch the file again"
        )
    return int(number)


# What it should hold


def expected(options: Options) -> list[Expectation]:
    """Faces per class and split; the release of 2021 lacks one face of the validation set, nobody says of which class."""
    release, classes = options["release"], int(options["classes"])
    train = dict(zip(LABELS[:classes], TRAIN, strict=False))
    whole = 500 * classes
    test: tuple[int, ...] = (whole, whole - 1)
    if release == 2017:
        test = (whole,)
    elif release == 2021 and classes == 8:
        test = (whole - 1,)
    return [
        *count_classes(train, part="train"),
        *count_classes(
            dict.fromkeys(LABELS[:classes], (500,) if release == 2017 else (500, 499)), part="test"
        ),
        count_faces(sum(train.values()), part="train"),
        count_faces(*test, part="test"),
    ]


def describe(options: Options) -> str:
    """The class set, and the release if one was asked for: a network scores otherwise on either."""
    classes = "8 classes" if options["classes"] == 8 else "7 classes without contempt"
    release = "" if options["release"] == "auto" else f", release {options['release']}"
    return f"{classes}{release}, reported on the validation set"


SOURCE = Source(
    name="affectnet",
    kind="spontaneous",
    title="AffectNet",
    page="http://mohammadmahoor.com/affectnet/",
    layout=(
        "Manually_Annotated_file_lists/training.csv and validation.csv (release 2017), or train_set and val_set (2021)",
        "Manually_Annotated/Manually_Annotated_Images/1/*.jpg (release 2017)",
        "train_set/images/0.jpg and train_set/annotations/0_exp.npy (release 2021)",
    ),
    options={
        "release": Option("auto", ("auto", 2017, 2021), "lists and pictures, or cropped faces; auto looks"),
        "classes": Option(8, (8, 7), "7 leaves contempt out"),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="official",
)
