"""CK+ as it is distributed: which frames, which labels, which people, and what is told of a damaged copy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import ckplus_tree
import pytest

from harness.datasets.sample import ImageFile, LandmarkFile
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.ckplus import SOURCE


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ckplus")
    ckplus_tree.write_tree(root, people=5)
    return root


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def test_each_labelled_sequence_gives_its_last_three_frames(tree: Path) -> None:
    listing = listed(tree)
    assert len(listing.samples) == 5 * 7 * 3
    assert set(Counter(sample.sequence for sample in listing.samples).values()) == {3}
    first = listing.samples[0]
    assert first.place == ImageFile("cohn-kanade-images/S005/001/S005_001_00000003.png")
    assert first.crop == LandmarkFile("Landmarks/S005/001/S005_001_00000003_landmarks.txt")
    assert (first.label, first.code, first.subject, first.sequence) == ("anger", "1", "S005", "S005/001")


def test_a_sequence_without_a_label_is_left_out_and_counted(tree: Path) -> None:
    assert [(part.reason, part.count) for part in listed(tree).left_out] == [("sequences without a label", 1)]
