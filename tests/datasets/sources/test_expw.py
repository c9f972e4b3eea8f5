"""ExpW as it is distributed: the order of the box's columns, photographs as groups, and what is told of a damaged copy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import expw_tree
import numpy as np
import pytest
from PIL import Image

from harness.datasets.sample import CANONICAL, Box, ImageFile
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.expw import SOURCE
from harness.errors import DatasetError, LabelError

ROWS = (
    "afraid_African_214.jpg 0 28 113 226 141 22.97 3",
    "afraid_African_214.jpg 1 30 250 350 130 60 6",
    "angry boss 7.jpg 0 5 6 70 80 40 0",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("expw")
    expw_tree.write_tree(root)
    return root


def small(root: Path, *rows: str, folder: str = "image/origin", labels: str = "label/label.lst") -> Path:
    """Rows of a list, with photographs that nobody opens."""
    (root / folder).mkdir(parents=True)
    (root / labels).parent.mkdir(exist_ok=True)
    for name in ("afraid_African_214.jpg", "angry boss 7.jpg"):
        (root / folder / name).touch()
    (root / labels).write_text("\n".join(rows or ROWS) + "\n")
    return root


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def test_the_box_is_read_as_top_left_right_bottom(tmp_path: Path) -> None:
    first = listed(small(tmp_path)).samples[0]
    assert first.crop == Box(left=113, top=28, right=226, bottom=141)
    assert first.place == ImageFile("image/origin/afraid_African_214.jpg")


def test_the_box_of_the_made_up_tree_holds_the_face(tree: Path) -> None:
    second = listed(tree).samples[2]  # the right one of two
    with Image.open(tree / second.place.path) as photograph:
        crop = np.asarray(
            photograph.convert("L").crop((second.crop.left, second.crop.top, *_corner(second.crop)))
        )
    label, person, take = list(expw_tree._faces(36))[2]
    drawn = expw_tree.face(label, person=person, take=take)
    assert np.abs(crop.astype(int) - drawn).mean() < 4


def _corner(box: Box) -> tuple[float, float]:
    return box.right, box.bottom


def test_the_label_is_the_last_column_and_not_the_word_in_the_name(tmp_path: Path) -> None:
    samples = listed(small(tmp_path)).samples
    assert [(sample.label, sample.code) for sample in samples] == [
        ("happiness", "3"),
        ("neutral", "6"),
        ("anger", "0"),
    ]


def test_the_faces_of_a_photograph_are_a_group_without_a_subject_or_a_split(tmp_path: Path) -> None:
    samples = listed(small(tmp_path)).samples
    assert [sample.group for sample in samples] == ["afraid_African_214.jpg"] * 2 + ["angry boss 7.jpg"]
    assert {(sample.subject, sample.split) for sample in samples} == {("", "")}


def test_each_class_of_the_made_up_tree_has_dozens_of_faces_and_photographs_show_up_to_three(
    tree: Path,
) -> None:
    samples = listed(tree).samples
    counts = Counter(sample.label for sample in samples)
    assert set(counts) == set(CANONICAL[:7])
    assert min(counts.values()) >= 36
    assert counts["neutral"] == 3 * counts["fear"]
    assert set(Counter(sample.group for sample in samples).values()) == {1, 2, 3}


@pytest.mark.parametrize(("least", "kept"), [(0, 3), (20, 3), (40, 2), (60, 1)])
def test_faces_below_the_confidence_are_left_out_and_counted(tmp_path: Path, least: int, kept: int) -> None:
    listing = listed(small(tmp_path), confidence=least)
    assert len(listing.samples) == kept
    left_out = [(part.reason, part.count) for part in listing.left_out]
    assert left_out == ([(f"faces of a confidence below {least}", 3 - kept)] if kept < 3 else [])


def test_a_box_without_an_area_is_left_out_and_counted(tmp_path: Path) -> None:
    listing = listed(small(tmp_path, ROWS[0], "angry boss 7.jpg 0 5 70 70 80 40 0"))
    assert [(part.reason, part.count) for part in listing.left_out] == [("faces whose box has no area", 1)]


@pytest.mark.parametrize("folder", ["image/origin", "image", "origin"])
def test_the_photographs_may_lie_in_any_of_three_folders(tmp_path: Path, folder: str) -> None:
    assert listed(small(tmp_path, folder=folder)).samples[0].place.path == f"{folder}/afraid_African_214.jpg"


def test_a_folder_without_photographs_is_passed_over(tmp_path: Path) -> None:
    root = small(tmp_path, folder="origin")
    (root / "image/origin").mkdir(parents=True)
    (root / "image/readme.txt").touch()
    assert listed(root).samples[0].place.path.startswith("origin/")


def test_the_list_may_lie_at_the_root(tmp_path: Path) -> None:
    assert len(listed(small(tmp_path, labels="label.lst")).samples) == 3


def test_a_row_of_too_few_columns_is_named_with_its_line(tmp_path: Path) -> None:
    root = small(tmp_path, ROWS[0], "", "afraid_African_214.jpg 1 30 250 350 130 3")
    with pytest.raises(
        DatasetError, match=r"label.lst, line 3: expected 8 columns, image_name .* label, got 7"
    ):
        listed(root)


def test_a_box_that_is_no_number_is_named_with_its_line(tmp_path: Path) -> None:
    root = small(tmp_path, "afraid_African_214.jpg 1 30 250 wide 130 60 6")
    with pytest.raises(
        DatasetError, match=r"label.lst, line 1: expected five numbers, .* got '30 250 wide 130 60'"
    ):
        listed(root)


def test_an_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    root = small(tmp_path, ROWS[0], "afraid_African_214.jpg 1 30 250 350 130 60 7")
    with pytest.raises(LabelError, match=r"label.lst, line 2: expected a label out of 0 anger, .* got '7'"):
        listed(root)


def test_photographs_that_are_not_there_are_counted_once_and_named(tmp_path: Path) -> None:
    lost = [f"lost_{number // 2}.jpg {number % 2} 1 2 30 40 50 6" for number in range(14)]
    with pytest.raises(
        DatasetError, match=r"label.lst names \(absent: 7, such as .*lost_0.jpg, .*lost_4.jpg\), got"
    ):
        listed(small(tmp_path, *ROWS, *lost))


def test_the_same_face_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"afraid_African_214.jpg.* is listed twice"):
        listed(small(tmp_path, ROWS[0], ROWS[0]))


def test_a_root_without_photographs_is_told_which_folder_was_expected(tmp_path: Path) -> None:
    (tmp_path / "label.lst").write_text(ROWS[0])
    with pytest.raises(DatasetError, match=r"expected ExpW with image/origin/\*.jpg, got label.lst"):
        listed(tmp_path)


def test_a_root_whose_parts_are_still_packed_is_told_to_unpack(tmp_path: Path) -> None:
    (tmp_path / "origin.7z").touch()
    with pytest.raises(DatasetError, match=r"with label/label.lst, got origin.7z; unpack origin.7z there"):
        listed(tmp_path)


def test_the_published_total_is_expected_of_all_faces_alone(tree: Path) -> None:
    (faces,) = SOURCE.expected({"confidence": 0})
    assert (faces.counts, faces.found(listed(tree))) == ((91793,), len(listed(tree).samples))
    assert SOURCE.expected({"confidence": 40}) == []


def test_the_confidence_is_in_the_words_of_the_protocol() -> None:
    assert SOURCE.describe({"confidence": 0}) == "7 classes, all faces"
    assert SOURCE.describe({"confidence": 60}) == "7 classes, faces of confidence 60 or more"
