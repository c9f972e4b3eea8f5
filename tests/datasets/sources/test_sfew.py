"""SFEW 2.0 as it is distributed: Val as the test split, films that stay together, and what is told of a damaged copy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sfew_tree

from harness.datasets.sample import CANONICAL, Detect, ImageFile, Whole
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.sfew import ALIGNED, LABELS, SOURCE
from harness.errors import DatasetError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sfew")
    sfew_tree.write_tree(root)
    return root


def touch(root: Path, *, suffix: str = "", train: int = 1, val: int = 1) -> Path:
    """A tree of pictures that nobody opens."""
    for part, count in ((f"Train{suffix}", train), (f"Val{suffix}", val)):
        for name in LABELS:
            (root / part / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                (root / part / name / f"Juno_{number:09d}_{part}.png").touch()
    return root


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def counted(root: Path) -> dict[tuple[str, str], tuple[tuple[int, ...], int, bool]]:
    listing = listed(root)
    expectations = SOURCE.expected(chosen_options(SOURCE, {}))
    return {(part.what, part.part): (part.counts, part.found(listing), part.sure) for part in expectations}


def test_train_is_train_and_val_is_the_test_split(tree: Path) -> None:
    samples = listed(tree).samples
    splits = {(sample.place.path.partition("/")[0], sample.split) for sample in samples}
    assert splits == {("Train", "train"), ("Val", "test")}
    first = samples[0]
    assert first.place.path.startswith("Train/Angry/21_")
    assert (first.crop, first.label, first.code, first.subject) == (Whole(), "anger", "Angry", "")


def test_each_class_and_split_of_the_made_up_tree_has_a_dozen_faces_and_more_happy_than_disgusted(
    tree: Path,
) -> None:
    counts = Counter((sample.split, sample.label) for sample in listed(tree).samples)
    assert set(counts) == {(split, label) for split in ("train", "test") for label in CANONICAL[:7]}
    assert min(counts.values()) >= 12
    assert counts["train", "happiness"] == 2 * counts["train", "disgust"]


def test_test_has_no_labels_and_is_left_out_and_counted(tree: Path) -> None:
    left_out = [(part.reason, part.count) for part in listed(tree).left_out]
    assert left_out == [("pictures of Test, without public labels", 3)]


def test_files_that_are_no_pictures_are_passed_over(tree: Path) -> None:
    assert (tree / "Train/Fear/Thumbs.db").exists()
    assert not [sample for sample in listed(tree).samples if sample.place.path.endswith("Thumbs.db")]


def test_a_film_is_a_group_that_does_not_reach_from_train_into_val(tree: Path) -> None:
    samples = listed(tree).samples
    groups = {
        split: {sample.group for sample in samples if sample.split == split} for split in ("train", "test")
    }
    assert "train/Airheads" in groups["train"]
    assert "test/Airheads" in groups["test"]
    assert not groups["train"] & groups["test"]


def test_detect_leaves_the_face_to_a_detector(tree: Path) -> None:
    assert {sample.crop for sample in listed(tree, alignment="detect").samples} == {Detect()}


def test_folders_named_after_the_archive_of_aligned_faces_are_read_too(tmp_path: Path) -> None:
    root = touch(tmp_path, suffix="_Aligned_Faces")
    assert (
        listed(root).samples[0].place.path
        == "Train_Aligned_Faces/Angry/Juno_000000000_Train_Aligned_Faces.png"
    )


@pytest.mark.parametrize(("alignment", "folder"), [("aligned", "Train_Aligned_Faces"), ("detect", "Train")])
def test_where_both_archives_are_there_the_asked_for_one_is_read(
    tmp_path: Path, alignment: str, folder: str
) -> None:
    root = touch(touch(tmp_path), suffix="_Aligned_Faces")
    samples = listed(root, alignment=alignment).samples
    assert len(samples) == 14
    assert samples[0].place.path.partition("/")[0] == folder


def test_folders_in_another_case_are_named_in_the_error(tmp_path: Path) -> None:
    for part in ("train", "val"):
        (tmp_path / part / "Angry").mkdir(parents=True)
        (tmp_path / part / "Angry/Juno_1_1.png").touch()
    with pytest.raises(DatasetError, match="expected the folders Train and Val, got train, val; rename them"):
        listed(tmp_path)


@pytest.mark.parametrize(
    ("name", "hint"), [("happy", "did you mean 'Happy'"), ("Bored99", "move it elsewhere")]
)
def test_a_folder_that_is_no_class_is_named(tmp_path: Path, name: str, hint: str) -> None:
    root = touch(tmp_path)
    (root / "Val" / name).mkdir()
    with pytest.raises(
        LabelError, match=rf"Val.{name}: expected a folder out of Angry, .* got '{name}'; {hint}"
    ):
        listed(root)


def test_a_missing_class_is_named_with_its_split(tmp_path: Path) -> None:
    root = touch(tmp_path)
    (root / "Val/Disgust/Juno_000000000_Val.png").unlink()
    with pytest.raises(DatasetError, match=r"expected SFEW 2.0 with Val/Disgust/\*.png, got Train, Val"):
        listed(root)


def test_a_missing_val_is_named(tmp_path: Path) -> None:
    for name in LABELS:
        (tmp_path / "Train" / name).mkdir(parents=True)
        (tmp_path / "Train" / name / "Juno_1_1.png").touch()
    with pytest.raises(DatasetError, match=r"expected SFEW 2.0 with Val/\*, got Train"):
        listed(tmp_path)


def test_a_root_without_any_of_it_is_told_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "SFEW").mkdir()
    with pytest.raises(DatasetError, match=r"with Train/Angry/\*.png, got SFEW; name the folder right above"):
        listed(tmp_path)


def test_an_empty_root_is_told_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"with Train/Angry/\*.png, got an empty folder"):
        listed(tmp_path)


def test_the_totals_of_both_archives_are_accepted(tmp_path: Path) -> None:
    counts = counted(touch(tmp_path))
    assert counts["faces", "train"] == ((958, 891), 7, True)
    assert counts["faces", "test"] == ((436, 431), 7, True)


def test_the_counts_per_class_are_shown_and_are_no_failure_by_themselves(tmp_path: Path) -> None:
    assert counted(touch(tmp_path))["disgust", "test"] == ((23,), 1, False)


@pytest.mark.parametrize("moved", [0, 2])
def test_a_picture_in_another_class_folder_fails_where_the_total_is_the_aligned_one(
    tmp_path: Path, moved: int
) -> None:
    touch(tmp_path, val=0)
    for name, count in zip(LABELS, ALIGNED["test"], strict=True):
        change = {"Angry": -moved, "Sad": moved}.get(name, 0)
        for number in range(count + change):
            (tmp_path / "Val" / name / f"Juno_{number}_1.png").touch()
    counts = counted(tmp_path)
    assert counts["faces", "test"][1] == 431
    assert counts["faces in the folder of another class", "test"] == ((0,), moved, True)
    assert counts["faces in the folder of another class", "train"] == ((0,), 0, True)


def test_the_alignment_is_in_the_words_of_the_protocol() -> None:
    assert SOURCE.describe({"alignment": "aligned"}) == "7 classes, the archive's crops, reported on Val"
    assert SOURCE.describe({"alignment": "detect"}) == "7 classes, detected faces, reported on Val"


def test_a_picture_stays_where_the_distribution_has_it(tmp_path: Path) -> None:
    assert listed(touch(tmp_path)).samples[-1].place == ImageFile("Val/Surprise/Juno_000000000_Val.png")
