"""Paints what carries the features: hair, neck, ears, skull, cheeks, chin. It knows no eye and no mouth."""

from __future__ import annotations

import numpy as np

from harness.datasets.synthetic.anatomy import SIDES
from harness.datasets.synthetic.shapes import Patch, columns, disc, glow, soften
from harness.datasets.synthetic.sitters import Sitters


def paint_hair_behind(patch: Patch, sitters: Sitters) -> None:
    """Hair that is seen around the head: an ellipse from above the crown down to where the hair ends."""
    look = sitters.look
    high = (look.hair_length + 1.06) / 2
    centre = sitters.marks["crown"] + sitters.down * (high - 0.06)[:, None]
    window, radius2 = sitters.oval(patch, centre, wide=look.head_width + 0.08, high=high)
    window.paint(disc(radius2, look.head_width * sitters.unit), columns(look.hair))


def paint_neck_and_ears(patch: Patch, sitters: Sitters) -> None:
    """Both lie in the head's shade."""
    look, unit = sitters.look, sitters.unit
    neck = sitters.beside("chin", down=0.1)
    window, radius2 = sitters.oval(patch, neck, wide=0.6 * look.head_width, high=0.5)
    window.paint(disc(radius2, 0.4 * unit), columns(0.65 * look.skin))
    for side in SIDES:
        window, radius2 = sitters.oval(patch, sitters.marks[f"ear_{side}"], wide=0.08, high=0.17)
        window.paint(disc(radius2, 0.1 * unit), columns(0.8 * look.skin))


def paint_head(patch: Patch, sitters: Sitters) -> None:
    """An egg whose tone falls towards its edge, as that of a round thing does, with the hair upon it."""
    look, marks = sitters.look, sitters.marks
    centre = (marks["crown"] + marks["chin"]) / 2
    spine = (marks["chin"] - marks["crown"]) / 2
    window = patch.around(marks["crown"], marks["chin"], marks["ear_left"], marks["ear_right"], margin=4.0)
    v = window.affine(centre, spine / (spine * spine).sum(axis=1, keepdims=True))
    u = window.affine(centre, sitters.right / (sitters.unit**2 * look.head_width)[:, None])
    u *= u
    radius2 = (1 + v * columns(look.jaw_taper)) * u
    radius2 += v * v
    head = disc(radius2, look.head_width * sitters.unit)
    # The hairline is a parabola: hair lies where v < curve u^2 - hairline.
    u *= columns(look.hair_curve)
    u -= v
    u -= columns(look.hairline)
    u *= columns(sitters.unit)
    hair = soften(u) * head
    window.paint(head - hair, columns(look.skin) * (1 - np.float32(0.2) * radius2))
    window.paint(hair, columns(look.hair))


def paint_forehead(patch: Patch, sitters: Sitters) -> None:
    """Lines across the forehead when the brows go up, and between the brows when they draw together."""
    marks, folds = sitters.marks, sitters.folds
    for above in (0.09, 0.17):
        start = sitters.beside("brow_arch_left", down=-above)
        end = sitters.beside("brow_arch_right", down=-above)
        sitters.crease(patch, start, end, sag=-0.03, half_width=0.016, depth=0.5 * folds["forehead"])
    middle = (marks["brow_inner_left"] + marks["brow_inner_right"]) / 2
    for side in SIDES:
        centre = (marks[f"brow_inner_{side}"] + middle) / 2
        start, end = centre - 0.07 * sitters.down, centre + 0.09 * sitters.down
        sitters.crease(patch, start, end, sag=0, half_width=0.02, depth=0.6 * folds["glabella"])


def paint_cheek(patch: Patch, sitters: Sitters, *, side: str) -> None:
    """The apple of the cheek, and the fold beside it that runs from the nose to the mouth."""
    marks, folds, unit = sitters.marks, sitters.folds, sitters.unit
    window, radius2 = sitters.oval(patch, marks[f"cheek_{side}"], wide=0.2, high=0.15)
    window.shade(glow(radius2), -0.25 * folds["cheek"])
    start, middle, end = (marks[f"fold_{place}_{side}"] for place in ("top", "middle", "bottom"))
    arcs = patch.around(start, middle, end).span(start, end)
    arcs.patch.shade(arcs.stroke(arcs.depth(middle), half_width=0.03 * unit), 0.5 * folds["nasolabial"])


def paint_chin(patch: Patch, sitters: Sitters) -> None:
    """The shadow of a beard, and the boss of the chin, which stands out and dimples when it is raised."""
    marks, folds = sitters.marks, sitters.folds
    window, radius2 = sitters.oval(patch, marks["lip_lower_outer"], wide=0.5, high=0.42)
    window.shade(glow(radius2), np.maximum(sitters.look.beard, 0))
    start, end = (sitters.beside("chin_boss", right=0.17 * sign) for sign in SIDES.values())
    sitters.crease(patch, start, end, sag=-0.07, half_width=0.025, depth=0.15 + 0.35 * folds["chin"])
    window, radius2 = sitters.oval(patch, marks["chin_boss"], wide=0.12, high=0.1)
    window.shade(glow(radius2), -0.2 * folds["chin"])
