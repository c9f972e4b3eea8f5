"""RAF-DB as it is distributed: splits by file name, two forms of the pictures, and what is told of a damaged copy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import rafdb_tree

from harness.datasets.sample import CANONICAL, Detect, ImageFile, Whole
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.rafdb import SOURCE
from harness.errors import DatasetError, LabelError

LIST = "basic/EmoLabel/list_patition_label.txt"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rafdb")
    rafdb_tree.write_tree(root)
    return root


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Three rows, with pictures that nobody opens."""
    for folder in ("EmoLabel", "Image/aligned"):
        (tmp_path / "basic" / folder).mkdir(parents=True)
    for name in ("train_00001", "train_00002", "test_0001"):
        (tmp_path / f"basic/Image/aligned/{name}_aligned.jpg").touch()
    (tmp_path / LIST).write_text("train_00001.jpg 5\ntrain_00002.jpg 4\ntest_0001.jpg 7\n")
    return tmp_path


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def test_the_official_split_is_in_the_file_name(small: Path) -> None:
    samples = listed(small).samples
    assert [sample.split for sample in samples] == ["train", "train", "test"]
    assert [sample.label for sample in samples] == ["sadness", "happiness", "neutral"]
    first = samples[0]
    assert first.place == ImageFile("basic/Image/aligned/train_00001_aligned.jpg")
    assert (first.crop, first.code, first.subject, first.group) == (Whole(), "5", "", "")


def test_each_class_and_split_of_the_made_up_tree_has_a_dozen_faces_and_more_happy_than_fearful(
    tree: Path,
) -> None:
    counts = Counter((sample.split, sample.label) for sample in listed(tree).samples)
    assert set(counts) == {(split, label) for split in ("train", "test") for label in CANONICAL[:7]}
    assert min(counts.values()) >= 12
    assert counts["train", "happiness"] == 3 * counts["train", "fear"]


def test_the_original_form_leaves_the_face_to_a_detector(tree: Path) -> None:
    first = listed(tree, form="original").samples[0]
    assert first.place == ImageFile("basic/Image/original/train_00001.jpg")
    assert first.crop == Detect()


def test_the_root_may_be_the_folder_basic_itself(tree: Path) -> None:
    inner = listed(tree / "basic").samples
    assert inner[0].place == ImageFile("Image/aligned/train_00001_aligned.jpg")
    assert [sample.label for sample in inner] == [sample.label for sample in listed(tree).samples]


def test_a_list_whose_misspelling_was_mended_is_read_too(small: Path) -> None:
    (small / LIST).rename(small / LIST.replace("patition", "partition"))
    assert len(listed(small).samples) == 3


def test_blank_lines_and_windows_line_ends_change_nothing(small: Path) -> None:
    (small / LIST).write_bytes(b"train_00001.jpg 5\r\n\r\ntest_0001.jpg 7\r\n\r\n")
    assert [sample.code for sample in listed(small).samples] == ["5", "7"]


@pytest.mark.parametrize("line", ["train_00003.jpg", "val_0001.jpg 3", "test_0001.jpg 3 4"])
def test_a_line_that_is_no_row_is_named_with_its_number(small: Path, line: str) -> None:
    (small / LIST).write_text(f"train_00001.jpg 5\n{line}\n")
    with pytest.raises(DatasetError, match=rf"list_patition_label.txt, line 2: expected .* got '{line}'"):
        listed(small)


def test_an_unknown_code_is_named_with_its_line(small: Path) -> None:
    (small / LIST).write_text("train_00001.jpg 5\ntest_0001.jpg 8\n")
    with pytest.raises(LabelError, match=r"line 2: expected a code out of 1 surprise, .* got '8'"):
        listed(small)


def test_pictures_that_are_not_there_are_counted_and_the_first_are_named(small: Path) -> None:
    (small / LIST).write_text("".join(f"test_{number:04d}.jpg 1\n" for number in range(1, 9)))
    with pytest.raises(
        DatasetError,
        match=r"patition_label.txt names \(absent: 7, such as .*_0002_aligned.jpg, .*_0006_aligned.jpg\), got",
    ):
        listed(small)


def test_a_picture_that_is_listed_twice_is_refused(small: Path) -> None:
    (small / LIST).write_text("train_00001.jpg 5\ntrain_00001.jpg 4\n")
    with pytest.raises(DatasetError, match=r"train_00001_aligned.jpg.* is listed twice"):
        listed(small)


def test_an_empty_list_is_refused(small: Path) -> None:
    (small / LIST).write_text("\n")
    with pytest.raises(DatasetError, match="expected faces of RAF-DB, got none"):
        listed(small)


def test_a_root_without_the_list_is_told_which_file_was_expected(tmp_path: Path) -> None:
    (tmp_path / "Image").mkdir()
    with pytest.raises(DatasetError, match=r"with basic/EmoLabel/list_patition_label.txt, got Image"):
        listed(tmp_path)


def test_the_expected_counts_add_up_to_the_published_totals() -> None:
    expected = {(part.what, part.part): part.counts for part in SOURCE.expected(chosen_options(SOURCE, {}))}
    assert (expected["faces", "train"], expected["faces", "test"]) == ((12271,), (3068,))
    assert expected["fear", "test"] == (74,)
    assert len(expected) == 2 * 7 + 2


def test_each_expectation_counts_what_the_tree_holds(tree: Path) -> None:
    listing = listed(tree)
    found = {
        (part.what, part.part): part.found(listing) for part in SOURCE.expected(chosen_options(SOURCE, {}))
    }
    assert found["faces", "train"] == sum(sample.split == "train" for sample in listing.samples)
    assert found["fear", "test"] == 12


def test_the_form_is_in_the_words_of_the_protocol() -> None:
    assert SOURCE.describe({"form": "aligned"}) == "7 classes, official crops"
    assert SOURCE.describe({"form": "original"}) == "7 classes, original pictures"
