"""The people before the painter, and the two strokes used most: crease and oval. It knows no feature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.datasets.synthetic.anatomy import Landmarks
from harness.datasets.synthetic.shapes import Floats, Patch
from harness.datasets.synthetic.subjects import Subjects


@dataclass(frozen=True, kw_only=True)
class Sitters:
    """b people as the painter sees them.

    Attributes:
        look: Their traits.
        marks: Their landmarks in pixels, k = 2.
        folds: Depth of each crease, `[b]` in [0, 1].
        unit: Pixels per face unit, `[b]`.
    """

    look: Subjects
    marks: Landmarks
    folds: dict[str, Floats]
    unit: Floats

    def take(self, indices: slice) -> Sitters:
        """These sitters alone."""
        return Sitters(
            look=self.look.take(indices),
            marks=Landmarks(self.marks.points[indices]),
            folds={name: depth[indices] for name, depth in self.folds.items()},
            unit=self.unit[indices],
        )

    @cached_property
    def down(self) -> Floats:
        """A face unit from the crown towards the chin, `[b, 2]` pixels."""
        spine = self.marks["chin"] - self.marks["crown"]
        return np.asarray(spine * (self.unit / np.linalg.norm(spine, axis=1))[:, None])

    @cached_property
    def right(self) -> Floats:
        """A face unit towards the image's right, square to `down`, `[b, 2]` pixels."""
        return np.stack([self.down[:, 1], -self.down[:, 0]], axis=1)

    def beside(self, name: str, *, right: float = 0.0, down: float = 0.0) -> Floats:
        """The point so many face units from a landmark, `[b, 2]` pixels."""
        return np.asarray(self.marks[name] + right * self.right + down * self.down)

    def eye_corners(self, side: str) -> tuple[Floats, Floats]:
        """From the image's left to its right, so that below the chord is below the eye."""
        inner, outer = self.marks[f"eye_inner_{side}"], self.marks[f"eye_outer_{side}"]
        return (outer, inner) if side == "left" else (inner, outer)

    def oval(
        self, patch: Patch, centre: Floats, *, wide: Floats | float, high: Floats | float
    ) -> tuple[Patch, Floats]:
        """The window of an upright ellipse, and the squared elliptic radius there.

        Args:
            patch: Where it will be painted.
            centre: `[b, 2]`, pixels.
            wide: Half its width, face units.
            high: Half its height, face units.
        """
        right = self.right * np.reshape(wide, (-1, 1))
        down = self.down * np.reshape(high, (-1, 1))
        reach = np.maximum(np.abs(right), np.abs(down)).max(axis=1) + 1
        window = patch.around(centre, margin=reach)
        return window, window.radius2(centre, right, down)

    def crease(
        self,
        patch: Patch,
        start: Floats,
        end: Floats,
        *,
        sag: float,
        half_width: float,
        depth: Floats | float,
    ) -> None:
        """Darken a thin arc.

        Args:
            patch: Where it is painted.
            start: `[b, 2]`, pixels.
            end: `[b, 2]`, pixels, to the right of `start` if `sag` is to mean downwards.
            sag: How far its middle lies below the chord, face units.
            half_width: Of its middle, face units.
            depth: Share of the tone that is lost, `[b]` or one for all.
        """
        arcs = patch.around(start, end, margin=abs(sag) * self.unit + 2).span(start, end)
        arcs.patch.shade(arcs.stroke(sag * self.unit, half_width=half_width * self.unit), depth)
