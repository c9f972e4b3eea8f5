"""Paints what an expression is read from: nose, eyes, brows, mouth. It does not know the expression."""

from __future__ import annotations

import numpy as np

from harness.datasets.synthetic.anatomy import SIDES
from harness.datasets.synthetic.shapes import Patch, columns, disc, glow
from harness.datasets.synthetic.sitters import Sitters

IRIS_RADIUS = 0.075  # face units; nearly the same in all people


def paint_nose(patch: Patch, sitters: Sitters) -> None:
    """Its sides, its lower edge, its nostrils, the light on its tip, and the wrinkles at its root."""
    marks, folds = sitters.marks, sitters.folds
    for side in SIDES:
        top = (marks["nose_root"] + marks[f"eye_inner_{side}"]) / 2
        sitters.crease(patch, top, marks[f"nose_wing_{side}"], sag=0, half_width=0.035, depth=0.18)
        window, radius2 = sitters.oval(patch, marks[f"nostril_{side}"], wide=0.04, high=0.025)
        window.shade(disc(radius2, 0.03 * sitters.unit), 0.6)
    sitters.crease(
        patch, marks["nose_wing_left"], marks["nose_wing_right"], sag=0.06, half_width=0.025, depth=0.35
    )
    window, radius2 = sitters.oval(patch, marks["nose_tip"], wide=0.1, high=0.12)
    window.shade(glow(radius2), -0.18)
    for below in (0.02, 0.09):
        start, end = (sitters.beside("nose_root", right=0.11 * sign, down=below) for sign in SIDES.values())
        sitters.crease(patch, start, end, sag=-0.03, half_width=0.02, depth=0.6 * folds["nose_root"])


def paint_eye(patch: Patch, sitters: Sitters, *, side: str) -> None:
    """Ball and iris as far as the lids leave them open, the lids' edges, and the folds above and below."""
    marks, look, unit = sitters.marks, sitters.look, sitters.unit
    start, end = sitters.eye_corners(side)
    lids = marks[f"lid_upper_{side}"], marks[f"lid_lower_{side}"]
    arcs = patch.around(start, end, *lids, margin=0.1 * unit).span(start, end)
    eye, upper, lower = arcs.patch, arcs.depth(lids[0]), arcs.depth(lids[1])
    eye.shade(arcs.stroke(upper - 0.06 * unit, half_width=0.02 * unit), 0.3)
    opening = arcs.between(upper, lower)
    eye.paint(opening, columns(0.72 + 0.25 * look.skin))
    iris = eye.radius2(marks[f"pupil_{side}"], IRIS_RADIUS * sitters.right, IRIS_RADIUS * sitters.down)
    eye.paint(disc(iris, IRIS_RADIUS * unit) * opening, columns(look.iris))
    eye.paint(disc(5 * iris, 0.4 * IRIS_RADIUS * unit) * opening, 0.02)
    eye.paint(arcs.stroke(upper, half_width=0.026 * unit), columns(0.25 * look.skin))
    eye.shade(arcs.stroke(lower, half_width=0.014 * unit), 0.5)
    start, end = start + 0.06 * sitters.down, end + 0.06 * sitters.down
    sitters.crease(patch, start, end, sag=0.05, half_width=0.022, depth=0.5 * sitters.folds["under_eye"])


def paint_brow(patch: Patch, sitters: Sitters, *, side: str) -> None:
    """An arc through its three landmarks."""
    marks, look, unit = sitters.marks, sitters.look, sitters.unit
    start, middle, end = (marks[f"brow_{place}_{side}"] for place in ("inner", "arch", "outer"))
    arcs = patch.around(start, middle, end, margin=0.05 * unit + 1).span(start, end)
    brow = arcs.blunt_stroke(arcs.depth(middle), half_width=look.brow_thickness * unit)
    arcs.patch.paint(brow, columns(look.brow * look.skin))


def paint_mouth(patch: Patch, sitters: Sitters) -> None:
    """Lips, the dark between them, the upper teeth in it, and the line where closed lips meet."""
    marks, look, unit = sitters.marks, sitters.look, sitters.unit
    start, end = marks["mouth_corner_left"], marks["mouth_corner_right"]
    edges = [marks[f"lip_{name}"] for name in ("upper_outer", "upper_inner", "lower_inner", "lower_outer")]
    arcs = patch.around(start, end, *edges, margin=0.06 * unit + 1).span(start, end)
    mouth, lip = arcs.patch, look.lip * look.skin
    top, upper, lower, bottom = (arcs.depth(edge) for edge in edges)
    mouth.paint(arcs.between(upper, bottom), columns(1.06 * lip))
    mouth.paint(arcs.between(top, upper), columns(0.86 * lip))
    mouth.paint(arcs.between(upper, lower), 0.07)
    mouth.paint(arcs.between(upper, np.minimum(lower, arcs.depth(marks["teeth"]))), 0.92)
    closed = np.clip(1 - (lower - upper) / (0.06 * unit), 0, 1)
    mouth.paint(arcs.stroke(upper, half_width=0.03 * unit * closed), columns(0.25 * look.skin))
