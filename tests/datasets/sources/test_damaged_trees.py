"""Damaged distributions of every dataset: whatever is wrong, the message names the file, and says what to do.

Each case damages a copy of a small whole distribution. It knows no rule of a dataset beyond its layout.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from damaged_cases import LISTING_CASES, PICTURE_CASES, TREES, Case

from harness.datasets.pack.prepare import prepare_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources import source_named
from harness.errors import DatasetError, ImageError

CURES = (
    "fetch",
    "unpack",
    "name the folder",
    "rename",
    "give yourself the right",
    "keep one",
    "make the pictures again",
    "move it elsewhere",
    "choose one",
    "ask for",
)


@pytest.fixture(scope="session")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The whole distribution of a name; each is written once, when it is first asked for."""
    folder = tmp_path_factory.mktemp("wholes")

    def whole(name: str) -> Path:
        root = folder / name.replace(" ", "-")
        if not root.exists():
            TREES[name](root)
        return root

    return whole


@pytest.fixture
def damaged(wholes: Callable[[str], Path], tmp_path: Path) -> Callable[[Case], Path]:
    """A damaged copy."""

    def make(case: Case) -> Path:
        root = Path(shutil.copytree(wholes(case.tree), tmp_path / "damaged"))
        case.damage(root)
        return root

    return make


def listed(tree: str, root: Path) -> Listing:
    source = source_named(tree.partition(" ")[0])
    return source.list_samples(root, chosen_options(source, {}))


def message_of(tree: str, root: Path) -> str:
    """What is told of a distribution that cannot be listed; it must say what to do."""
    with pytest.raises(DatasetError) as caught:
        listed(tree, root)
    message = str(caught.value)
    assert str(root) in message
    assert any(cure in message.lower() for cure in CURES), message
    return message


@pytest.mark.parametrize("tree", TREES)
def test_a_whole_distribution_is_listed(tree: str, wholes: Callable[[str], Path]) -> None:
    assert listed(tree, wholes(tree)).samples


@pytest.mark.parametrize("tree", TREES)
def test_a_folder_that_is_not_there_is_told_with_where_to_ask_for_it(tree: str, tmp_path: Path) -> None:
    message = message_of(tree, tmp_path / "nowhere")
    source = source_named(tree.partition(" ")[0])
    assert f"expected the folder of {source.title}, got nothing there" in message
    assert source.page in message


@pytest.mark.parametrize("tree", TREES)
def test_a_zip_file_in_place_of_the_folder_is_to_be_unpacked(tree: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inside", "")
    assert "got a zip file; unpack it" in message_of(tree, tmp_path / "all.zip")


@pytest.mark.parametrize("tree", TREES)
def test_an_empty_folder_is_told_as_empty(tree: str, tmp_path: Path) -> None:
    assert "got an empty folder" in message_of(tree, tmp_path)


@pytest.mark.parametrize("tree", TREES)
def test_an_archive_that_is_still_packed_is_named(tree: str, tmp_path: Path) -> None:
    (tmp_path / "faces.zip").write_bytes(b"")
    assert "got faces.zip; unpack faces.zip there" in message_of(tree, tmp_path)


@pytest.mark.parametrize("tree", TREES)
def test_a_folder_of_something_else_is_told_with_what_is_in_it(tree: str, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"")
    assert "got holiday" in message_of(tree, tmp_path)


@pytest.mark.parametrize("case", LISTING_CASES.values(), ids=LISTING_CASES)
def test_what_the_listing_can_see_is_told_with_the_file_and_a_cure(
    case: Case, damaged: Callable[[Case], Path]
) -> None:
    message = message_of(case.tree, damaged(case))
    assert re.search(case.told, message), message


@pytest.mark.parametrize("case", PICTURE_CASES.values(), ids=PICTURE_CASES)
def test_a_damaged_picture_is_told_by_the_packer_with_the_file_and_a_cure(
    case: Case, damaged: Callable[[Case], Path], tmp_path: Path
) -> None:
    source = source_named(case.tree.partition(" ")[0])
    root = damaged(case)
    listing = listed(case.tree, root)
    near = tuple(sample for sample in listing.samples if case.told in sample.place.path)
    settings = PackSettings(source=source.name, options=chosen_options(source, {}), size=32, color="gray")
    with pytest.raises(ImageError, match=re.escape(case.told)) as caught:
        prepare_pack(
            replace(listing, samples=near),
            root,
            settings,
            cache=tmp_path / "cache",
            progress=lambda done, total: None,
            workers=1,
        )
    assert "Fetch them again, or leave them out with --set dataset.on_bad_image=skip" in str(caught.value)
