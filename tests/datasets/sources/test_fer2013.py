"""FER2013 as it is distributed: which faces, which splits, what is told of repeated faces, and of a damaged table."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import fer2013_tree
import numpy as np
import pytest

from harness.datasets.sample import PixelText, Sample, Whole
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.fer2013 import SOURCE
from harness.errors import DatasetError, ImageError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fer2013")
    fer2013_tree.write_tree(root, people=6)
    return root


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A table of one face per class, all of train."""
    rows = [
        (code, fer2013_tree.small_face(label, person=0, take=0), "Training")
        for label, code in fer2013_tree.CODES.items()
    ]
    fer2013_tree.write_table(tmp_path / "fer2013.csv", rows)
    return tmp_path


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def replaced(root: Path, old: str, new: str, *, line: int) -> None:
    """The table with another text in one of its lines, counted from 1."""
    path = root / "fer2013.csv"
    lines = path.read_text().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines))


def test_a_row_is_a_face_with_its_pixels_its_label_and_its_split(small: Path) -> None:
    first = listed(small).samples[0]
    pixels = fer2013_tree.small_face("anger", person=0, take=0).tobytes()
    place = PixelText("fer2013.csv", 0, pixels, 48, 48)
    assert first == Sample(place=place, crop=Whole(), label="anger", code="0", split="train")
    assert [sample.label for sample in listed(small).samples] == list(fer2013_tree.CODES)


def test_usage_is_the_split_and_private_test_is_the_test_part(tree: Path) -> None:
    counts = Counter(sample.split for sample in listed(tree, duplicates="keep").samples)
    assert counts == {"train": 4 * 14 + 2, "val": 14 + 2, "test": 14 + 2}


def test_faces_that_a_later_split_repeats_are_left_out_and_counted(tree: Path) -> None:
    listing = listed(tree)
    assert [(part.reason, part.count) for part in listing.left_out] == [
        ("train faces whose pixels are also in val or test", 2),
        ("val faces whose pixels are also in test", 1),
    ]
    seen: dict[str, set[bytes]] = {"train": set(), "val": set(), "test": set()}
    for sample in listing.samples:
        seen[sample.split].add(sample.place.pixels)  # type: ignore[union-attr]
    assert not seen["train"] & (seen["val"] | seen["test"])
    assert not seen["val"] & seen["test"]


def test_the_expected_counts_are_of_the_table_whether_repeated_faces_are_kept_or_not(tree: Path) -> None:
    found = {
        choice: [each.found(listed(tree, duplicates=choice)) for each in SOURCE.expected({})]
        for choice in ("drop-from-train", "keep")
    }
    assert found["drop-from-train"] == found["keep"] == [58, 16, 16]
    assert [(each.part, each.counts, each.sure) for each in SOURCE.expected({})] == [
        ("train", (28709,), True),
        ("val", (3589,), True),
        ("test", (3589,), True),
    ]


@pytest.mark.parametrize(
    "header", ["emotion, Usage, pixels", "emotion, pixels, Usage", "Usage,emotion,pixels"]
)
def test_the_table_of_the_contest_has_another_name_order_and_spaces(small: Path, header: str) -> None:
    plain = listed(small)
    (small / "fer2013.csv").unlink()
    rows = [
        (code, fer2013_tree.small_face(label, person=0, take=0), "Training")
        for label, code in fer2013_tree.CODES.items()
    ]
    fer2013_tree.write_table(small / "icml_face_data.csv", rows, header=header)
    told = [(sample.label, sample.split, sample.place.pixels) for sample in listed(small).samples]  # type: ignore[union-attr]
    assert told == [(sample.label, sample.split, sample.place.pixels) for sample in plain.samples]  # type: ignore[union-attr]


def test_quoted_pixels_blank_lines_and_windows_line_ends_change_nothing(small: Path) -> None:
    plain = listed(small)
    path = small / "fer2013.csv"
    text = re.sub(r",([\d ]+),", r',"\1",', path.read_text()).replace("\n", "\n\n").replace("\n", "\r\n")
    path.write_bytes(text.encode("utf-8-sig"))
    assert listed(small) == plain


def test_the_table_may_lie_in_a_folder_of_its_own(small: Path) -> None:
    (small / "fer2013").mkdir()
    (small / "fer2013.csv").rename(small / "fer2013" / "fer2013.csv")
    place = listed(small).samples[0].place
    assert isinstance(place, PixelText)
    assert place.path == "fer2013/fer2013.csv"


def test_train_csv_beside_test_csv_is_refused_with_the_file_that_is_needed(small: Path) -> None:
    (small / "fer2013.csv").rename(small / "train.csv")
    (small / "test.csv").write_text("pixels\n")
    with pytest.raises(
        DatasetError, match=r"train\.csv: expected fer2013\.csv .* whose test\.csv has no labels"
    ):
        listed(small)


def test_folders_of_pictures_are_refused_because_they_merge_both_tests(tmp_path: Path) -> None:
    (tmp_path / "test" / "angry").mkdir(parents=True)
    (tmp_path / "test" / "angry" / "1.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"test/angry/1\.jpg: .* PublicTest .* fetch fer2013\.csv"):
        listed(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("0,", "7,", LabelError, r"fer2013\.csv: line 2: expected an emotion out of 0 anger.*, got '7'"),
        ("Training", "Test", DatasetError, r"line 2: expected Usage .* PrivateTest, got 'Test'"),
        (",Training", "", DatasetError, r"line 2: expected 3 cells, got 2"),
        (" ", " 256 ", ImageError, r"line 2: expected 2304 pixels from 0 to 255, got '256' among them"),
        (" ", " -1 ", ImageError, r"got '-1' among them"),
        (" ", " 1.5 ", ImageError, r"got '1\.5' among them"),
        (" ", " 7 ", ImageError, r"got 2305; fetch the table again"),
    ],
)
def test_a_damaged_row_is_told_with_its_line(
    small: Path, old: str, new: str, error: type[DatasetError], told: str
) -> None:
    replaced(small, old, new, line=2)
    with pytest.raises(error, match=told):
        listed(small)


def test_a_cut_off_row_is_told_with_the_number_of_its_pixels(small: Path) -> None:
    (small / "fer2013.csv").write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    with pytest.raises(ImageError, match="line 2: expected 2304 pixels from 0 to 255, got 3;"):
        listed(small)


def test_a_header_without_usage_is_refused(small: Path) -> None:
    replaced(small, "Usage", "usage", line=1)
    with pytest.raises(
        DatasetError, match=r"line 1: expected the columns emotion, pixels, Usage, .* without Usage"
    ):
        listed(small)


def test_the_protocols_name_says_whether_repeated_faces_are_left_out() -> None:
    assert SOURCE.describe({"duplicates": "keep"}) == "7 classes, faces that a later split repeats kept"
    assert "left out" in SOURCE.describe({"duplicates": "drop-from-train"})


def test_every_class_of_every_split_has_faces_in_the_test_tree(tree: Path) -> None:
    counts = Counter((sample.split, sample.label) for sample in listed(tree).samples)
    assert len(counts) == 3 * 7
    assert np.min(list(counts.values())) >= 2
