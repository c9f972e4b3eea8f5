"""Finds the face in a picture of which nobody says where it is: OpenCV's cascades, whose models come with its wheel.

It knows no dataset. The cascades (Viola and Jones 2001) find upright, frontal faces, as the posed datasets show them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST = 0.15
"""Least side of a face, as a share of the picture's shorter side: smaller finds are mostly buttons and folds."""
WORKING_SIDE = 480
"""Longer side of the picture in which faces are searched, in pixels: a face that fills a third of it is then 160 wide."""
NARROWEST, WIDEST = 0.28, 0.55
"""Between which shares of a face's width its eyes are apart; what lies outside is a brow or the mouth."""


class Found(NamedTuple):
    """A face: its square, and its eyes where both were found, in pixels of the picture."""

    left: float
    top: float
    side: float
    eyes: tuple[tuple[float, float], tuple[float, float]] | None


def find_face(picture: NDArray[np.uint8]) -> Found | None:
    """The largest face.

    Args:
        picture: uint8 `[H, W]` or `[H, W, 3]`.

    Returns:
        None where there is none.
    """
    gray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, WORKING_SIDE / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    least = max(20, round(SMALLEST * min(small.shape)))
    faces = _cascade("haarcascade_frontalface_default.xml").detectMultiScale(
        small, scaleFactor=1.1, minNeighbors=4, minSize=(least, least)
    )
    if len(faces) == 0:
        return None
    left, top, side, _ = (int(number) for number in max(faces, key=lambda face: face[2]))
    eyes = _eyes(small[top : top + round(0.6 * side), left : left + side])
    shift = np.array([left, top])
    placed = (
        None if eyes is None else tuple(tuple(((np.array(eye) + shift) / scale).tolist()) for eye in eyes)
    )
    return Found(left / scale, top / scale, side / scale, placed)  # type: ignore[arg-type]


def _eyes(upper: NDArray[np.uint8]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The centres of the left and the right eye of the picture, if there is one in each half at about one height."""
    width = upper.shape[1]
    least = max(8, width // 8)
    found = _cascade("haarcascade_eye.xml").detectMultiScale(
        np.ascontiguousarray(upper), scaleFactor=1.1, minNeighbors=5, minSize=(least, least)
    )
    centres = [(x + w / 2, y + h / 2) for x, y, w, h in found]
    left = [eye for eye in centres if eye[0] < 0.48 * width]
    right = [eye for eye in centres if eye[0] > 0.52 * width]
    if len(left) != 1 or len(right) != 1:
        return None
    rise, run = abs(left[0][1] - right[0][1]), right[0][0] - left[0][0]
    plausible = NARROWEST * width < run < WIDEST * width and rise < 0.3 * run
    return (left[0], right[0]) if plausible else None


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
