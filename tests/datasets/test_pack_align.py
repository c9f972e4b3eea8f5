"""From the picture to the face: eyes on their places, boxes with room around them, no aliasing, and what is not found."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from drawn import framed
from numpy.typing import NDArray

from harness.datasets.pack.align import EYE_DISTANCE, EYE_HEIGHT, align
from harness.datasets.sample import Box, Crop, Detect, LandmarkFile, Landmarks, Whole

SIZE = 50
NOWHERE = Path("nowhere")


def cut(
    picture: NDArray[np.uint8], crop: Crop, *, size: int = SIZE, root: Path = NOWHERE
) -> tuple[NDArray[np.uint8], bool]:
    return align(root, picture, crop, size=size)


def points(first: tuple[float, float], second: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """68 points with the eyes, as the points' mean, at these places."""
    return (*[(0.0, 0.0)] * 36, *[first] * 6, *[second] * 6, *[(0.0, 0.0)] * 20)


def spot(x: float, y: float, *, width: int = 200, height: int = 160) -> NDArray[np.float64]:
    """A soft white spot on black."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    return 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18)


def centre_of_light(face: NDArray[np.uint8], columns: slice) -> tuple[float, float]:
    """As shares of the face's side."""
    part = np.where(face > 60, face.astype(float), 0)[:, columns]
    rows = np.arange(part.shape[0]) + 0.5
    across = np.arange(part.shape[1]) + 0.5 + (columns.start or 0)
    return float(part.sum(0) @ across / part.sum() / SIZE), float(part.sum(1) @ rows / part.sum() / SIZE)


@pytest.mark.parametrize("degrees", [0, 25, -40])
@pytest.mark.parametrize("apart", [20, 60])
def test_the_eyes_come_to_lie_on_their_places_however_the_head_is_turned(
    degrees: float, apart: float
) -> None:
    across = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]) * apart / 2
    first, second = np.array([100, 80]) - across, np.array([100, 80]) + across
    picture = (spot(*first) + spot(*second)).clip(0, 255).astype(np.uint8)
    face, found = cut(picture, Landmarks(points(tuple(first), tuple(second))))
    assert found
    left = centre_of_light(face, slice(0, SIZE // 2))
    right = centre_of_light(face, slice(SIZE // 2, SIZE))
    assert left == pytest.approx((0.5 - EYE_DISTANCE / 2, EYE_HEIGHT), abs=0.02)
    assert right == pytest.approx((0.5 + EYE_DISTANCE / 2, EYE_HEIGHT), abs=0.02)


def test_points_in_a_file_do_what_points_in_the_listing_do(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (160, 200), dtype=np.uint8)
    eyes = points((80, 70), (120, 75))
    (tmp_path / "a.txt").write_text("".join(f"  {x:.7e}  {y:.7e}\n" for x, y in eyes))
    from_file, found = cut(picture, LandmarkFile("a.txt"), root=tmp_path)
    assert found
    assert (from_file == cut(picture, Landmarks(eyes))[0]).all()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "1 2\n3 4\n",
        "no numbers\n",
        "nan nan\n" * 68,
        "5 5\n" * 68,
        "-900 40\n" * 42 + "-800 40\n" * 26,
    ],
)
def test_landmarks_that_are_missing_or_broken_give_the_centre_and_are_told(
    tmp_path: Path, text: str | None
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 100), dtype=np.uint8)
    if text is not None:
        (tmp_path / "a.txt").write_text(text)
    face, found = cut(picture, LandmarkFile("a.txt"), root=tmp_path)
    assert not found
    assert (face == cut(picture, Whole())[0]).all()


def test_a_whole_picture_gives_its_centre_square() -> None:
    picture = np.zeros((40, 100), dtype=np.uint8)
    picture[:, 30:70] = np.arange(0, 200, 5, dtype=np.uint8)
    face, found = cut(picture, Whole(), size=40)
    assert found
    assert (face == picture[:, 30:70]).all()


def test_a_face_in_color_has_its_channels_first() -> None:
    picture = np.zeros((40, 40, 3), dtype=np.uint8)
    picture[..., 2] = 90
    face, _ = cut(picture, Whole())
    assert face.shape == (3, SIZE, SIZE)
    assert (face[2] == 90).all()


def test_a_box_gets_room_around_it_and_repeats_the_edge_beyond_the_picture() -> None:
    picture = np.full((100, 100), 200, dtype=np.uint8)
    picture[:, :10] = 50
    face, found = cut(picture, Box(-20, 20, 30, 70), size=60)  # columns -25 to 35 with its margin of 5
    assert found
    assert (face[:, :34] == 50).all()
    assert (face[:, 36:] == 200).all()


@pytest.mark.parametrize("box", [Box(10, 10, 10, 10), Box(500, 20, 560, 80), Box(float("nan"), 0, 5, 5)])
def test_a_box_that_holds_nothing_is_told(box: Box) -> None:
    assert not cut(np.zeros((100, 100), dtype=np.uint8), box)[1]


@pytest.mark.parametrize("crop", [Whole(), Box(0, 0, 400, 400), Landmarks(points((120, 150), (290, 160)))])
def test_fine_stripes_become_grey_and_no_coarse_stripes(crop: Crop) -> None:
    stripes = np.zeros((400, 400), dtype=np.uint8)
    stripes[:, ::2] = 255
    face, _ = cut(stripes, crop, size=32)
    inner = face[6:-6, 6:-6].astype(float)
    assert inner.mean() == pytest.approx(127.5, abs=3)
    assert inner.std() < 12


def test_a_face_is_found_and_turned_upright_by_its_eyes() -> None:
    picture = framed("neutral", person=2, take=0, width=320, height=240)
    face, found = cut(picture, Detect())
    assert found
    # The drawn face is 180 high in the middle of 240 rows; the cut ends inside it.
    assert face.std() > 10
    assert not (face == 90).all(axis=0).any()
    assert cut(np.repeat(picture[..., None], 3, axis=-1), Detect())[1]


def test_a_picture_without_a_face_gives_its_centre_and_is_told() -> None:
    picture = np.full((120, 160), 90, dtype=np.uint8)
    face, found = cut(picture, Detect())
    assert not found
    assert (face == 90).all()
