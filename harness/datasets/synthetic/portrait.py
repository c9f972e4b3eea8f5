"""Paints whole faces, from back to front. It does not know expressions, chance or the camera."""

from __future__ import annotations

from harness.datasets.synthetic.anatomy import SIDES
from harness.datasets.synthetic.features import paint_brow, paint_eye, paint_mouth, paint_nose
from harness.datasets.synthetic.head import (
    paint_cheek,
    paint_chin,
    paint_forehead,
    paint_hair_behind,
    paint_head,
    paint_neck_and_ears,
)
from harness.datasets.synthetic.shapes import Patch
from harness.datasets.synthetic.sitters import Sitters


def paint_faces(patch: Patch, sitters: Sitters) -> None:
    """Paint b faces over whatever is in the images.

    Args:
        patch: The whole of b images.
        sitters: Who is seen, and where their features are.
    """
    paint_hair_behind(patch, sitters)
    paint_neck_and_ears(patch, sitters)
    paint_head(patch, sitters)
    paint_forehead(patch, sitters)
    paint_nose(patch, sitters)
    for side in SIDES:
        paint_cheek(patch, sitters, side=side)
        paint_eye(patch, sitters, side=side)
        paint_brow(patch, sitters, side=side)
    paint_chin(patch, sitters)
    paint_mouth(patch, sitters)
