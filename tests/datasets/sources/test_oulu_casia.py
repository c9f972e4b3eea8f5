"""Oulu-CASIA as it is distributed: cameras, lights, crops, and a sequence without frames."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import oulu_casia_tree
import pytest

from harness.datasets.check import check
from harness.datasets.sample import Detect, ImageFile, Whole
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.oulu_casia import SOURCE
from harness.errors import DatasetError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("oulu")
    oulu_casia_tree.write_tree(root, people=3)
    return root


def listed(root: Path, **options: str | int) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, dict(options)))


def test_each_sequence_gives_its_last_three_frames_and_an_empty_one_is_counted(tree: Path) -> None:
    listing = listed(tree)
    assert set(Counter(sample.sequence for sample in listing.samples).values()) == {3}
    assert len(listing.samples) == 3 * (3 * 6 - 1)
    assert [(part.reason, part.count) for part in listing.left_out] == [("sequences without a frame", 1)]
    first = listing.samples[0]
    assert first.place == ImageFile("PreProcess_Img/VL_Acropped/Strong/P001/Anger/002.jpeg")
    assert (first.label, first.subject, first.sequence, first.crop) == (
        "anger",
        "P001",
        "P001/Anger",
        Whole(),
    )


def test_originals_are_left_to_the_detector(tree: Path) -> None:
    sample = listed(tree, form="original").samples[0]
    assert sample.place.path.startswith("OriginalImg/VL/Strong/")
    assert sample.crop == Detect()


def test_the_first_frame_is_neutral_if_asked_for(tree: Path) -> None:
    samples = listed(tree, neutral="first-frame", frames=1).samples
    assert Counter(sample.role for sample in samples) == {"neutral": 17, "apex": 17}
    assert {sample.label for sample in samples if sample.role == "neutral"} == {"neutral"}


def test_no_frame_of_a_short_sequence_is_both_neutral_and_apex(tree: Path) -> None:
    listing = listed(tree, neutral="first-frame", frames=10)
    roles = Counter(sample.role for sample in listing.samples if sample.sequence == "P001/Anger")
    assert roles == {"neutral": 1, "apex": 4}


def test_the_other_spelling_of_the_folder_is_read(tmp_path: Path) -> None:
    oulu_casia_tree.write_tree(tmp_path, people=1)
    (tmp_path / "PreProcess_Img").rename(tmp_path / "PreProcess")
    assert listed(tmp_path).samples[0].place.path.startswith("PreProcess/")


@pytest.mark.parametrize("sequences", [480, 479])
def test_480_sequences_and_479_are_both_whole(tree: Path, sequences: int) -> None:
    rows = check(SOURCE, listed(tree), chosen_options(SOURCE, {})).rows
    (row,) = (row for row in rows if row.what == "sequences")
    assert sequences in row.expected
    assert not row.ok


def test_a_condition_that_is_not_there_is_refused(tree: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected Oulu-CASIA with PreProcess_Img/NI_Acropped/Dark/P"):
        listed(tree, camera="NI", light="Dark")


def test_a_folder_of_another_expression_is_refused(tmp_path: Path) -> None:
    oulu_casia_tree.write_tree(tmp_path, people=1)
    (tmp_path / "PreProcess_Img/VL_Acropped/Strong/P001/Contempt").mkdir()
    with pytest.raises(LabelError, match=r"P001/Contempt: expected a folder out of Anger, .*; rename it"):
        listed(tmp_path)


def test_the_conditions_stand_in_the_protocols_name() -> None:
    options = chosen_options(SOURCE, {"light": "Dark", "neutral": "first-frame"})
    assert SOURCE.describe(options) == "7 classes with neutral, VL Dark, last 3 frames"
