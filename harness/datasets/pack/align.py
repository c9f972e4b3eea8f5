"""From a picture to the face: upright where the eyes are known, square, of one size. It knows no dataset."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.datasets.pack.detect import Found, find_face
from harness.datasets.sample import Box, Crop, Detect, LandmarkFile, Landmarks, Whole

cv2.setNumThreads(1)  # the processes are parallel already

EYE_HEIGHT, EYE_DISTANCE = 0.36, 0.42
"""Where the eyes come to lie, as shares of the square: brows and chin are then inside, as the cropped datasets show faces."""
BOX_MARGIN = 0.1
"""What is added on each side of a dataset's box, as a share of its longer side: boxes end at the brows."""
POINTS, RIGHT_EYE, LEFT_EYE = 68, slice(36, 42), slice(42, 48)


class Square(NamedTuple):
    """A square in the picture: its centre, its side in pixels, and the angle by which it is turned, in radians."""

    x: float
    y: float
    side: float
    angle: float


def align(root: Path, picture: NDArray[np.uint8], crop: Crop, *, size: int) -> tuple[NDArray[np.uint8], bool]:
    """Cuts the face out.

    Args:
        root: Of the distribution, for landmarks that have a file.
        picture: uint8 `[H, W]` or `[H, W, 3]`.
        crop: Where the face is.
        size: Width and height of the result, in pixels.

    Returns:
        uint8 `[size, size]` or `[3, size, size]`, and whether the face was found; where not, it is the centre of the picture.
    """
    square = _square(root, picture, crop)
    if square is not None and not _inside(picture, square):
        square = None
    face = _cut(picture, square or _centre(picture), size=size)
    return (face if face.ndim == 2 else face.transpose(2, 0, 1)), square is not None


def _inside(picture: NDArray[np.uint8], square: Square) -> bool:
    """Whether the face's centre lies in the picture; where not, its box or points are of another picture, or broken."""
    height, width = picture.shape[:2]
    return bool(0 <= square.x <= width and 0 <= square.y <= height)


def _square(root: Path, picture: NDArray[np.uint8], crop: Crop) -> Square | None:
    match crop:
        case Whole():
            return _centre(picture)
        case Box():
            return _around(crop)
        case Landmarks(points):
            return _by_landmarks(np.array(points, dtype=np.float64))
        case LandmarkFile(path):
            return _by_landmarks(_read_points(root / path))
        case Detect():
            found = find_face(picture)
            return None if found is None else _by_detection(found)


def _centre(picture: NDArray[np.uint8]) -> Square:
    height, width = picture.shape[:2]
    return Square(width / 2, height / 2, min(height, width), 0.0)


def _around(box: Box) -> Square | None:
    side = max(box.right - box.left, box.bottom - box.top)
    if side <= 0:
        return None
    return Square((box.left + box.right) / 2, (box.top + box.bottom) / 2, (1 + 2 * BOX_MARGIN) * side, 0.0)


def _by_landmarks(points: NDArray[np.float64] | None) -> Square | None:
    if points is None or points.shape != (POINTS, 2) or not np.isfinite(points).all():
        return None
    return _by_eyes(points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0))


def _by_eyes(first: NDArray[np.float64], second: NDArray[np.float64]) -> Square | None:
    """The square in which the eyes lie where `EYE_HEIGHT` and `EYE_DISTANCE` say."""
    across = second - first
    distance = float(np.hypot(*across))
    if distance < 1:
        return None
    angle = math.atan2(across[1], across[0])
    side = distance / EYE_DISTANCE
    down = np.array([-math.sin(angle), math.cos(angle)]) * side * (0.5 - EYE_HEIGHT)
    x, y = (first + second) / 2 + down
    return Square(float(x), float(y), side, angle)


def _by_detection(found: Found) -> Square | None:
    if found.eyes is None:
        return Square(found.left + found.side / 2, found.top + found.side / 2, found.side, 0.0)
    return _by_eyes(np.array(found.eyes[0]), np.array(found.eyes[1]))


def _read_points(file: Path) -> NDArray[np.float64] | None:
    """The points of a text file, two numbers a line; None where it is missing or says something else."""
    try:
        rows = (line.split() for line in file.read_text().splitlines())
        return np.array([[float(word) for word in row] for row in rows if row], dtype=np.float64)
    except (OSError, ValueError):
        return None


def _cut(picture: NDArray[np.uint8], square: Square, *, size: int) -> NDArray[np.uint8]:
    """The square as an image; what lies beyond the picture repeats its edge.

    The warp samples four pixels for each one that it writes, so a larger picture is first averaged down to the face's size.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, size / square.side)
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    if small != (width, height):
        picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    to_picture = _from_face(square, size=size) * np.array([[small[0] / width], [small[1] / height]])
    to_picture[:, 2] -= 0.5  # a pixel's centre lies half a pixel inside its corner
    return np.asarray(
        cv2.warpAffine(
            picture,
            to_picture,
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


def _from_face(square: Square, *, size: int) -> NDArray[np.float64]:
    """`[2, 3]`, from a pixel's column and row in the face to the place of its centre in the picture."""
    step = square.side / size
    cos, sin = math.cos(square.angle) * step, math.sin(square.angle) * step
    half = (size - 1) / 2
    return np.array(
        [
            [cos, -sin, square.x - cos * half + sin * half],
            [sin, cos, square.y - sin * half - cos * half],
        ]
    )
