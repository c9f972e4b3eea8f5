"""KDEF as it is distributed: AF is afraid, two sessions are one person, averaged faces are no people."""

from __future__ import annotations

from pathlib import Path

import kdef_tree
import pytest

from harness.datasets.check import check
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.kdef import SOURCE
from harness.errors import DatasetError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kdef")
    kdef_tree.write_tree(root, people=4, angles=("S", "HL", "FR"))
    return root


def listed(root: Path, **options: str) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, dict(options)))


def test_af_is_afraid(tree: Path) -> None:
    assert {sample.label for sample in listed(tree).samples if sample.code == "AF"} == {"fear"}


def test_both_sessions_of_a_person_are_one_subject(tree: Path) -> None:
    samples = listed(tree).samples
    assert {sample.subject for sample in samples} == {"F01", "F02", "M01", "M02"}
    assert sum(sample.subject == "F01" for sample in samples) == 2 * 7


def test_averaged_faces_and_other_angles_are_left_out(tree: Path) -> None:
    straight = listed(tree)
    assert all("/AKDEF/" not in sample.place.path for sample in straight.samples)
    assert [(part.reason, part.count) for part in straight.left_out] == [
        ("pictures of other angles (angles: straight)", 2 * 56)
    ]


@pytest.mark.parametrize(("angles", "count"), [("straight", 56), ("half", 112), ("all", 168)])
def test_angles_are_an_option(tree: Path, angles: str, count: int) -> None:
    assert len(listed(tree, angles=angles).samples) == count


@pytest.mark.parametrize(("angles", "faces"), [("straight", 980), ("half", 2940), ("all", 4900)])
def test_the_whole_set_is_expected_by_angle(tree: Path, angles: str, faces: int) -> None:
    options = chosen_options(SOURCE, {"angles": angles})
    expected = {row.what: row.expected for row in check(SOURCE, listed(tree), options).rows}
    assert expected["faces"] == (faces,)
    assert expected["fear"] == (faces // 7,)
    assert expected["subjects"] == (70,)


def test_the_folder_itself_can_be_named(tree: Path) -> None:
    assert len(listed(tree / "KDEF").samples) == 56


@pytest.mark.parametrize(
    ("folder", "name"), [("AF01", "AF01XXS.JPG"), ("AF01", "BF01ANS.JPG"), ("AF01", "AF01AN.JPG")]
)
def test_a_name_that_does_not_fit_is_refused(tmp_path: Path, folder: str, name: str) -> None:
    kdef_tree.write_tree(tmp_path, people=2)
    (tmp_path / "KDEF" / folder / name).write_bytes(b"")
    with pytest.raises(LabelError, match=rf"{name}: expected a name such as AF01ANS\.JPG"):
        listed(tmp_path)


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "AKDEF").mkdir()
    with pytest.raises(DatasetError, match=r"expected KDEF with KDEF/AF01/AF01ANS\.JPG, got AKDEF"):
        listed(tmp_path)


@pytest.mark.parametrize(
    ("angles", "words"), [("straight", "straight angle"), ("half", "half angles"), ("all", "all angles")]
)
def test_the_angles_stand_in_the_protocols_name(angles: str, words: str) -> None:
    assert SOURCE.describe(chosen_options(SOURCE, {"angles": angles})) == f"7 classes, {words}"
