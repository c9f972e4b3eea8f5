"""AffectNet as it is distributed: two releases, lists with and without a header, and what is told of a damaged copy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import affectnet_tree
import numpy as np
import pytest
from affectnet_tree import HEADER, csv_row, landmark_text

from harness.datasets.sample import CANONICAL, Box, ImageFile, Landmarks, Whole
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.affectnet import SOURCE
from harness.errors import DatasetError, LabelError

LISTS = "Manually_Annotated_file_lists"
PICTURES = "Manually_Annotated/Manually_Annotated_Images"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("affectnet2017")
    affectnet_tree.write_tree(root, release=2017)
    return root


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("affectnet2021")
    affectnet_tree.write_tree(root, release=2021)
    return root


def small(root: Path, *rows: str, pictures: tuple[str, ...] = ("1/a.jpg", "1/b.jpg", "2/c.png")) -> Path:
    """Rows of training.csv, one row of validation.csv, and pictures that nobody opens."""
    (root / LISTS).mkdir()
    for name in (*pictures, "2/v.jpg"):
        (root / PICTURES / name).parent.mkdir(parents=True, exist_ok=True)
        (root / PICTURES / name).touch()
    (root / LISTS / "training.csv").write_text("\n".join(rows) + "\n")
    (root / LISTS / "validation.csv").write_text(csv_row("2/v.jpg", code=6) + "\n")
    return root


def small_crops(root: Path, code: object = 3) -> Path:
    """A face per set, the one of train with this content of its label file."""
    for part in ("train_set", "val_set"):
        for folder in ("images", "annotations"):
            (root / part / folder).mkdir(parents=True)
        (root / part / "images/7.jpg").touch()
        np.save(root / part / "annotations/7_exp.npy", np.array(code if part == "train_set" else 1))
    return root


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def left_out(listing: Listing) -> dict[str, int]:
    return {part.reason: part.count for part in listing.left_out}


def counted(
    listing: Listing, **options: str | int | bool
) -> dict[tuple[str, str], tuple[tuple[int, ...], int]]:
    expectations = SOURCE.expected(chosen_options(SOURCE, options))
    return {(part.what, part.part): (part.counts, part.found(listing)) for part in expectations}


# Both releases


@pytest.mark.parametrize("release", [2017, 2021])
def test_the_validation_set_is_the_test_split_and_balanced(tree: Path, crops: Path, release: int) -> None:
    listing = listed(tree if release == 2017 else crops)
    counts = Counter((sample.split, sample.label) for sample in listing.samples)
    assert set(counts) == {(split, label) for split in ("train", "test") for label in CANONICAL}
    assert {counts["test", label] for label in CANONICAL} == {12}
    assert (counts["train", "happiness"], counts["train", "contempt"]) == (72, 24)
    assert {sample.release for sample in listing.samples} == {str(release)}


@pytest.mark.parametrize("release", [2017, 2021])
def test_seven_classes_leave_contempt_out_and_count_it(tree: Path, crops: Path, release: int) -> None:
    listing = listed(tree if release == 2017 else crops, classes=7)
    assert "contempt" not in {sample.label for sample in listing.samples}
    assert left_out(listing)["pictures of contempt (classes: 7)"] == 24 + 12


def test_the_codes_are_those_of_affectnet(tree: Path) -> None:
    codes = {(sample.code, sample.label) for sample in listed(tree).samples}
    assert dict(codes) == {
        "0": "neutral",
        "1": "happiness",
        "2": "sadness",
        "3": "surprise",
        "4": "fear",
        "5": "disgust",
        "6": "anger",
        "7": "contempt",
    }


def test_a_folder_with_both_releases_needs_a_choice(tmp_path: Path) -> None:
    root = small_crops(small(tmp_path, csv_row("1/a.jpg", code=1)))
    with pytest.raises(
        DatasetError, match=r"expected one release .* choose one with --set dataset.options.release"
    ):
        listed(root)
    assert {sample.release for sample in listed(root, release=2017).samples} == {"2017"}
    assert {sample.release for sample in listed(root, release=2021).samples} == {"2021"}


def test_a_folder_with_neither_release_is_told_what_was_expected_of_both(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    with pytest.raises(
        DatasetError,
        match=r"training.csv \(release 2017\) or train_set/annotations/0_exp.npy \(release 2021\), got faces",
    ):
        listed(tmp_path)


def test_the_release_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"with train_set/annotations/0_exp.npy \(release 2021\), got Manually"
    ):
        listed(small(tmp_path, csv_row("1/a.jpg", code=1)), release=2021)


# The lists of 2017


def test_a_header_may_be_there_or_not(tmp_path: Path, tree: Path) -> None:
    assert (tree / LISTS / "training.csv").read_text().startswith("subDirectory_filePath")
    assert not (tree / LISTS / "validation.csv").read_text().startswith("subDirectory_filePath")
    small(tmp_path, csv_row("1/a.jpg", code=1))
    without = listed(tmp_path).samples
    (tmp_path / LISTS / "training.csv").write_text(f"{HEADER}\n{csv_row('1/a.jpg', code=1)}\n")
    assert listed(tmp_path).samples == without


def test_a_header_decides_the_order_of_the_columns(tmp_path: Path) -> None:
    header = "expression,facial_landmarks,face_height,face_width,face_y,face_x,subDirectory_filePath"
    first = listed(small(tmp_path, header, "5,,40,30,20,10,1/a.jpg")).samples[0]
    assert (first.label, first.crop) == ("disgust", Box(left=10, top=20, right=40, bottom=60))


def test_68_landmarks_are_the_crop(tmp_path: Path) -> None:
    first = listed(small(tmp_path, csv_row("1/a.jpg", code=1, landmarks=landmark_text()))).samples[0]
    assert first.place == ImageFile(f"{PICTURES}/1/a.jpg")
    assert isinstance(first.crop, Landmarks)
    assert len(first.crop.points) == 68
    assert first.crop.points[36] == (61.12, 52.8)


@pytest.mark.parametrize("landmarks", ["", "NULL", "1;2;3;4", ";".join(["1"] * 135)])
def test_the_box_is_the_crop_where_there_are_not_68_landmarks(tmp_path: Path, landmarks: str) -> None:
    first = listed(
        small(tmp_path, csv_row("1/a.jpg", code=1, landmarks=landmarks, box="-3,5,50.5,60"))
    ).samples[0]
    assert first.crop == Box(left=-3, top=5, right=47.5, bottom=65)


def test_rows_without_an_expression_are_left_out_and_counted_by_name(tree: Path) -> None:
    assert left_out(listed(tree)) == {
        "pictures labelled none (expression 8)": 2,
        "pictures labelled uncertain (expression 9)": 2,
        "pictures labelled no face (expression 10)": 4,
    }


def test_the_list_that_a_network_labelled_is_not_read(tmp_path: Path) -> None:
    root = small(tmp_path, csv_row("1/a.jpg", code=1))
    (root / LISTS / "automatically_annotated.csv").write_text("this is,no list\n")
    assert len(listed(root).samples) == 2


@pytest.mark.parametrize("folder", ["", "Manually_Annotated/Manually_Annotated_file_lists"])
def test_lists_and_pictures_may_lie_elsewhere(tmp_path: Path, folder: str) -> None:
    small(tmp_path, csv_row("1/a.jpg", code=1))
    (tmp_path / folder).mkdir(exist_ok=True)
    for name in ("training.csv", "validation.csv"):
        (tmp_path / LISTS / name).rename(tmp_path / folder / name)
    assert len(listed(tmp_path).samples) == 2
    (tmp_path / PICTURES).rename(tmp_path / "Manually_Annotated_Images")
    assert listed(tmp_path).samples[0].place.path == "Manually_Annotated_Images/1/a.jpg"


def test_a_missing_validation_list_is_named(tmp_path: Path) -> None:
    root = small(tmp_path, csv_row("1/a.jpg", code=1))
    (root / LISTS / "validation.csv").unlink()
    with pytest.raises(DatasetError, match=r"with Manually_Annotated_file_lists/validation.csv, got"):
        listed(root)


@pytest.mark.parametrize("code", [11, -1])
def test_an_unknown_expression_is_named_with_its_line(tmp_path: Path, code: int) -> None:
    root = small(tmp_path, HEADER, csv_row("1/a.jpg", code=1), csv_row("1/b.jpg", code=code))
    with pytest.raises(
        LabelError, match=rf"training.csv, line 3: .* out of 0 neutral, .* 10 no face, got {code}"
    ):
        listed(root)


@pytest.mark.parametrize("code", ["happy", "1.5", "nan", ""])
def test_an_expression_that_is_no_whole_number_is_named_with_its_line(tmp_path: Path, code: str) -> None:
    root = small(tmp_path, HEADER, csv_row("1/a.jpg", code=code))
    with pytest.raises(LabelError, match=rf"training.csv, line 2: .* as a whole number, got '{code}'"):
        listed(root)


def test_a_row_of_too_few_cells_is_named_with_its_line(tmp_path: Path) -> None:
    root = small(tmp_path, HEADER, csv_row("1/a.jpg", code=1), "", "1/b.jpg,3,4,5")
    with pytest.raises(DatasetError, match=r"training.csv, line 4: expected 9 cells, got 4"):
        listed(root)


def test_a_header_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    root = small(tmp_path, HEADER.replace("expression", "emotion"), csv_row("1/a.jpg", code=1))
    with pytest.raises(
        DatasetError, match=r"training.csv, line 1: expected the columns .* got none named expression"
    ):
        listed(root)


@pytest.mark.parametrize("box", ["1,2,0,9", "1,2,x,9", "nan,1,9,nan"])
def test_a_face_with_neither_landmarks_nor_a_box_is_named_with_its_line(tmp_path: Path, box: str) -> None:
    root = small(tmp_path, HEADER, csv_row("1/a.jpg", code=1, box=box))
    with pytest.raises(
        DatasetError, match=rf"training.csv, line 2: expected 68 landmarks, or a box .* got '{box}'"
    ):
        listed(root)


def test_bytes_that_are_no_text_are_named_with_the_line_before(tmp_path: Path) -> None:
    root = small(tmp_path, csv_row("1/a.jpg", code=1))
    with (root / LISTS / "training.csv").open("ab") as file:
        file.write(b"1/b.jpg,\xff\xfe\n")
    with pytest.raises(
        DatasetError, match=r"training.csv, after line \d: is no table: .* can't decode byte 0xff"
    ):
        listed(root)


def test_a_list_that_is_a_broken_link_is_named(tmp_path: Path) -> None:
    root = small(tmp_path, csv_row("1/a.jpg", code=1))
    (root / LISTS / "training.csv").unlink()
    (root / LISTS / "training.csv").symlink_to(root / "nowhere.csv")
    with pytest.raises(DatasetError, match=r"training.csv: cannot be read: No such file"):
        listed(root)


def test_many_pictures_that_are_not_there_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    root = small(tmp_path, *(csv_row(f"8/{number}.jpg", code=1) for number in range(7)))
    with pytest.raises(DatasetError, match=r"\(absent: 7, such as .*8/0.jpg, .*8/4.jpg\), got"):
        listed(root)


def test_one_picture_in_a_thousand_may_be_absent_and_is_counted(tmp_path: Path) -> None:
    names = tuple(f"1/{number:04d}.jpg" for number in range(1000))
    root = small(tmp_path, *(csv_row(name, code=1) for name in (*names, "1/lost.jpg")), pictures=names)
    listing = listed(root)
    assert len(listing.samples) == 1000 + 1
    assert left_out(listing) == {"pictures that have a label and are not there": 1}


# The label files of 2021


def test_a_crop_of_2021_is_the_face_and_its_label_may_be_text(crops: Path) -> None:
    assert np.load(crops / "train_set/annotations/0_exp.npy").dtype.kind == "U"
    assert np.load(crops / "train_set/annotations/1_exp.npy").dtype.kind == "i"
    by_place = {sample.place: sample for sample in listed(crops).samples}
    first, second = (by_place[ImageFile(f"train_set/images/{number}.jpg")] for number in range(2))
    assert (first.crop, first.label, second.label) == (Whole(), "neutral", "neutral")


@pytest.mark.parametrize("code", [3, "3", 3.0, "3.0", [3], np.uint8(3)])
def test_a_label_file_may_hold_its_number_in_many_ways(tmp_path: Path, code: object) -> None:
    assert listed(small_crops(tmp_path, code)).samples[0].label == "surprise"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (12, "expected an expression out of 0 neutral, .*, got 12"),
        ("sad", "expected an expression as a whole number, got 'sad'"),
        ([1, 2], "expected one number, got 2"),
    ],
)
def test_a_label_file_with_something_else_is_named(tmp_path: Path, code: object, message: str) -> None:
    with pytest.raises(LabelError, match=rf"train_set/annotations/7_exp.npy: {message}"):
        listed(small_crops(tmp_path, code))


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01", b"7"])
def test_a_label_file_that_is_cut_off_is_named(tmp_path: Path, content: bytes) -> None:
    root = small_crops(tmp_path)
    (root / "val_set/annotations/7_exp.npy").write_bytes(content)
    with pytest.raises(
        LabelError, match=r"val_set/annotations/7_exp.npy: expected a numpy file of one number"
    ):
        listed(root)


def test_a_label_file_with_a_pickle_is_not_opened(tmp_path: Path) -> None:
    root = small_crops(tmp_path)
    np.save(root / "train_set/annotations/7_exp.npy", np.array({"label": 3}, dtype=object), allow_pickle=True)
    with pytest.raises(
        LabelError, match=r"train_set/annotations/7_exp.npy: expected a numpy file of one number"
    ):
        listed(root)


def test_a_missing_val_set_is_named(tmp_path: Path) -> None:
    root = small_crops(tmp_path)
    (root / "val_set/annotations/7_exp.npy").unlink()
    with pytest.raises(DatasetError, match=r"with val_set/annotations/0_exp.npy, got train_set, val_set"):
        listed(root)


def test_a_label_without_its_picture_is_named(tmp_path: Path) -> None:
    root = small_crops(tmp_path)
    (root / "train_set/images/7.jpg").unlink()
    with pytest.raises(
        DatasetError, match=r"with all pictures .* \(absent: 1, such as train_set/images/7.jpg\)"
    ):
        listed(root)


# What it should hold


@pytest.mark.parametrize(
    ("release", "classes", "test"),
    [
        ("auto", 8, (4000, 3999)),
        (2017, 8, (4000,)),
        (2021, 8, (3999,)),
        ("auto", 7, (3500, 3499)),
        (2017, 7, (3500,)),
        (2021, 7, (3500, 3499)),
    ],
)
def test_the_expected_counts_depend_on_release_and_classes(
    tree: Path, release: str | int, classes: int, test: tuple[int, ...]
) -> None:
    counts = counted(listed(tree, classes=classes), release=release, classes=classes)
    assert counts["faces", "test"] == (test, 12 * classes)
    assert counts["faces", "train"][0] == ({8: 287651, 7: 283901}[classes],)
    assert counts["fear", "test"] == ((500,) if release == 2017 else (500, 499), 12)
    assert counts["fear", "train"] == ((6378,), 24)
    assert len(counts) == 2 * classes + 2


def test_classes_and_release_are_in_the_words_of_the_protocol() -> None:
    assert SOURCE.describe({"classes": 8, "release": "auto"}) == "8 classes, reported on the validation set"
    assert (
        SOURCE.describe({"classes": 7, "release": 2021})
        == "7 classes without contempt, release 2021, reported on the validation set"
    )
