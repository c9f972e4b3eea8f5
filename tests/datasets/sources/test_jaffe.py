"""JAFFE as it is distributed: what a name says, how many there are, and what is told of a name that says something else."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import jaffe_tree
import pytest

from harness.datasets.check import check
from harness.datasets.sample import Detect, ImageFile
from harness.datasets.source import Listing
from harness.datasets.sources.jaffe import SOURCE
from harness.errors import DatasetError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("jaffe")
    jaffe_tree.write_tree(root, people=3)
    return root


def listed(root: Path) -> Listing:
    return SOURCE.list_samples(root, {})


def test_a_name_tells_who_shows_what(tree: Path) -> None:
    first = listed(tree).samples[0]
    assert first.place == ImageFile("jaffe/KA.AN1.1.tiff")
    assert first.crop == Detect()
    assert (first.label, first.code, first.subject) == ("anger", "AN", "KA")
    assert Counter(sample.label for sample in listed(tree).samples) == dict.fromkeys(
        ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"), 9
    )


def test_the_folder_itself_can_be_named(tree: Path) -> None:
    assert len(listed(tree / "jaffe").samples) == len(listed(tree).samples)


def test_pictures_and_women_are_counted_and_the_classes_are_only_commonly_stated(tree: Path) -> None:
    report = check(SOURCE, listed(tree), {})
    assert [(row.what, row.expected, row.found) for row in report.differs] == [
        ("faces", (213,), 63),
        ("subjects", (10,), 3),
    ]


@pytest.mark.parametrize("name", ["KA.XX1.999.tiff", "KA-AN1-999.tiff"])
def test_a_name_that_says_nothing_is_refused(tmp_path: Path, name: str) -> None:
    jaffe_tree.write_tree(tmp_path, people=1)
    (tmp_path / "jaffe" / name).write_bytes(b"")
    with pytest.raises(LabelError, match=rf"{name}: expected a name such as KA\.AN1\.39\.tiff"):
        listed(tmp_path)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected JAFFE with KA\.AN1\.39\.tiff, got an empty folder"):
        listed(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    jaffe_tree.write_tree(tmp_path, people=1)
    (tmp_path / "jaffe").chmod(0)
    try:
        with pytest.raises(
            DatasetError, match=r"/jaffe: cannot be read: Permission denied; give yourself the right"
        ):
            listed(tmp_path)
    finally:
        (tmp_path / "jaffe").chmod(0o700)
