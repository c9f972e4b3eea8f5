"""Face sets by name: settings, the cache of drawn sets, and the contact sheet that shows one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.datasets.cache import cached
from harness.datasets.contact_sheet import contact_sheet
from harness.datasets.faceset import FaceSet
from harness.datasets.registry import load_faces
from harness.datasets.settings import DRAWN, DatasetSettings
from harness.errors import DatasetError, LabelError

SMALL = {"size": 24, "images": 56}


@pytest.fixture
def own_faces(tmp_path: Path) -> Path:
    for label in ("joy", "sad"):
        (tmp_path / "own" / label).mkdir(parents=True)
        Image.new("L", (9, 9), len(label)).save(tmp_path / "own" / label / "a.png")
    return tmp_path / "own"


# --- by name


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_set_has_the_size_the_count_and_the_seed_that_were_asked_for(name: str) -> None:
    faces, other = (load_faces(DatasetSettings(name=name, seed=seed, **SMALL), cache=None) for seed in (0, 1))
    assert faces.images.shape == (56, 24, 24)
    assert faces.fingerprint != other.fingerprint


def test_own_faces_are_read_from_their_path(own_faces: Path) -> None:
    faces = load_faces(DatasetSettings(name="folder", path=own_faces, size=5, color="rgb"), cache=None)
    assert faces.name == "own"
    assert faces.images.shape == (2, 3, 5, 5)


def test_rgb_repeats_a_drawn_face_in_three_channels() -> None:
    grey = load_faces(DatasetSettings(name="synthetic-posed", **SMALL), cache=None)
    rgb = load_faces(DatasetSettings(name="synthetic-posed", color="rgb", **SMALL), cache=None)
    assert rgb.images.shape == (56, 3, 24, 24)
    assert all((rgb.images[:, channel] == grey.images).all() for channel in range(3))


def test_chosen_classes_of_a_drawn_set_are_renumbered_in_their_order() -> None:
    whole = load_faces(DatasetSettings(name="synthetic-posed", **SMALL), cache=None)
    first, last = whole.class_names[0], whole.class_names[-1]
    some = load_faces(DatasetSettings(name="synthetic-posed", classes=(last, first), **SMALL), cache=None)
    assert some.class_names == (last, first)
    assert some.images[some.labels == 1].tolist() == whole.images[whole.labels == 0].tolist()
    assert set(some.labels.tolist()) == {0, 1}


def test_an_unknown_class_of_a_drawn_set_is_refused_with_the_nearest() -> None:
    settings = DatasetSettings(name="synthetic-posed", classes=("fear", "happy"), **SMALL)
    with pytest.raises(LabelError, match="class 'happy' has no face; did you mean 'happiness'"):
        load_faces(settings, cache=None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"name": "synthetic-possed"},
            "dataset.name: .* got 'synthetic-possed'; did you mean 'synthetic-posed'",
        ),
        ({"name": "imagenet"}, "dataset.name: expected one of synthetic-posed, .*, folder, got 'imagenet'$"),
        ({"color": "grey"}, "dataset.color: expected one of gray, rgb, got 'grey'; did you mean 'gray'"),
        ({"on_bad_image": "ignore"}, "dataset.on_bad_image: expected one of error, skip, got 'ignore'"),
        ({"size": 0}, "dataset.size: expected 1 or more, got 0"),
        ({"images": -5}, "dataset.images: expected 1 or more, got -5"),
        ({"name": "folder"}, "dataset.path: `folder` expects where the faces lie, got nothing"),
        ({"path": Path("own")}, "dataset.path: synthetic-posed .* got own; --set dataset.name=folder"),
    ],
)
def test_settings_that_cannot_be_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        DatasetSettings(**{"name": "synthetic-posed", **values})  # type: ignore[arg-type]


# --- the cache


def two_faces(*, subjects: bool) -> FaceSet:
    return FaceSet(
        name="two",
        images=np.arange(8, dtype=np.uint8).reshape(2, 2, 2),
        labels=np.array([0, 1]),
        class_names=("joy", "sad"),
        subjects=np.array(["ann", "ben"]) if subjects else None,
        splits=np.array(["train", "test"]) if subjects else None,
    )


def never() -> FaceSet:
    pytest.fail("drawn although the cache had the faces")


@pytest.mark.parametrize("subjects", [True, False])
def test_the_cache_gives_back_what_was_drawn(tmp_path: Path, subjects: bool) -> None:
    drawn = cached(tmp_path / "new" / "two.npz", lambda: two_faces(subjects=subjects))
    kept = cached(tmp_path / "new" / "two.npz", never)
    assert kept.fingerprint == drawn.fingerprint
    assert kept.name == drawn.name
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["two.npz"]


def torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def foreign(file: Path) -> None:
    file.write_text("not ours")


def foreign_arrays(file: Path) -> None:
    np.savez(file, images=np.zeros(3))


def changed(file: Path) -> None:
    with np.load(file) as parts:
        content = dict(parts)
    np.savez(file, **{**content, "images": content["images"] + 1})


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [torn, foreign, foreign_arrays, changed, empty])
def test_a_damaged_cache_file_is_drawn_anew_and_mended(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    file = tmp_path / "two.npz"
    drawn = cached(file, lambda: two_faces(subjects=True))
    damage(file)
    assert cached(file, lambda: two_faces(subjects=True)).fingerprint == drawn.fingerprint
    assert cached(file, never).fingerprint == drawn.fingerprint


def test_a_cache_that_cannot_be_written_still_gives_faces(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(cached(tmp_path / "file" / "two.npz", lambda: two_faces(subjects=True))) == 2


def test_a_drawn_set_is_cached_once_for_each_drawing_and_not_for_each_choice(tmp_path: Path) -> None:
    for choice in ({}, {"color": "rgb"}, {"classes": ("fear", "anger")}, {"seed": 1}, {"images": 57}):
        settings = DatasetSettings(**{"name": "synthetic-posed", **SMALL, **choice})
        fresh, kept = load_faces(settings, cache=None), load_faces(settings, cache=tmp_path)
        assert kept.fingerprint == fresh.fingerprint
    assert len(list(tmp_path.iterdir())) == 3


def test_own_faces_are_never_copied_into_the_cache(tmp_path: Path, own_faces: Path) -> None:
    load_faces(DatasetSettings(name="folder", path=own_faces), cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


# --- the contact sheet


@pytest.mark.parametrize("color", ["gray", "rgb"])
def test_a_contact_sheet_has_a_block_for_each_class(color: str) -> None:
    faces = load_faces(DatasetSettings(name="synthetic-posed", color=color, **SMALL), cache=None)
    sheet = contact_sheet(faces, columns=6)
    assert sheet.mode == "RGB"
    assert contact_sheet(faces, columns=12).width > sheet.width
    fewer = faces.take(np.flatnonzero(faces.labels != 0))  # the first class keeps its header alone
    assert contact_sheet(fewer, columns=6).height < sheet.height


def test_a_contact_sheet_of_nothing_is_refused() -> None:
    nobody = two_faces(subjects=True).take(np.array([], dtype=np.int64))
    with pytest.raises(DatasetError, match="two: expected faces for a contact sheet, got 0"):
        contact_sheet(nobody)


def test_a_contact_sheet_too_narrow_for_its_text_is_refused() -> None:
    with pytest.raises(DatasetError, match="expected 4 columns or more, got 3"):
        contact_sheet(two_faces(subjects=True), columns=3)
