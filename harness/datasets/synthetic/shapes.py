"""The brush: soft masks of ellipses and arcs, for many images at once. It does not know that it draws a face.

Each shape is a signed distance in pixels, cut off to a mask that falls from 1 to 0 over one pixel. It is
computed only inside the smallest window that holds it in every image of the block; most of an image is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # float32 all through; numpy's types lose the width in arithmetic


def columns(values: Floats) -> Floats:
    """`[b]` as `[b, 1, 1]`, so that it meets the pixels of b images."""
    return values[:, None, None]


def blank(count: int, *, size: int, tone: Floats) -> Patch:
    """The whole of `count` square images, all in one tone each, `[count]`."""
    grey = np.empty((count, size, size), dtype=np.float32)
    grey[...] = columns(tone)
    along = np.arange(size, dtype=np.float32)
    return Patch(grey, along, along)


@dataclass(frozen=True)
class Patch:
    """A window into the images of a block.

    Attributes:
        grey: float32, `[b, h, w]`, a view of the images: what is painted here is painted there.
        x: float32, `[w]`, the pixels' column in the whole image.
        y: float32, `[h]`, the pixels' row in the whole image.
    """

    grey: Floats
    x: Floats
    y: Floats

    def around(self, *points: Floats, margin: Floats | float = 2.0) -> Patch:
        """The smallest window that holds these points, `[b, 2]`, and a margin, in every image; in pixels."""
        stacked = np.stack(points)
        reach = np.reshape(margin, (-1, 1))
        first = np.floor((stacked - reach).min(axis=(0, 1))).astype(int).clip(0, None)
        last = np.ceil((stacked + reach).max(axis=(0, 1))).astype(int).clip(-1, None) + 1
        rows, cols = slice(first[1], last[1]), slice(first[0], last[0])
        return Patch(self.grey[:, rows, cols], self.x[cols], self.y[rows])

    def paint(self, mask: Floats, tone: Floats | float) -> None:
        """Cover what is there with a tone (0 black to 1 white), as far as the mask says."""
        change = tone - self.grey
        change *= mask
        self.grey[...] += change

    def shade(self, mask: Floats, depth: Floats | float) -> None:
        """Darken what is there by a share `depth`, `[b]` or one for all; a negative one brightens."""
        self.grey[...] *= 1 - mask * np.reshape(np.float32(depth), (-1, 1, 1))

    def affine(self, origin: Floats, direction: Floats) -> Floats:
        """Dot product of each pixel's offset from `origin` with `direction`, both `[b, 2]`: `[b, h, w]`."""
        across = (self.x - origin[:, :1]) * direction[:, :1]
        down = (self.y - origin[:, 1:]) * direction[:, 1:]
        return across[:, None, :] + down[:, :, None]

    def radius2(self, centre: Floats, right: Floats, down: Floats) -> Floats:
        """Squared elliptic radius of each pixel: 1 on the ellipse with these half axes, `[b, 2]` pixels."""
        u = self.affine(centre, right / (right * right).sum(axis=1, keepdims=True))
        v = self.affine(centre, down / (down * down).sum(axis=1, keepdims=True))
        u *= u
        v *= v
        u += v
        return u

    def span(self, start: Floats, end: Floats) -> Span:
        """The family of arcs from `start` to `end`, `[b, 2]` in pixels each."""
        return Span(self, start, end)


class Span:
    """All arcs between two points: parabolas that differ in how far their middle lies below the chord.

    Attributes:
        patch: Where they are drawn.
        below: `[b, h, w]`, how far a pixel lies below the chord (right-hand side of start to end), pixels.
        arch: `[b, h, w]`, 1 at the middle of the chord, 0 at its ends, negative beyond.
    """

    def __init__(self, patch: Patch, start: Floats, end: Floats) -> None:
        self.patch = patch
        chord = end - start
        length = np.sqrt((chord * chord).sum(axis=1, keepdims=True))
        self._middle = (start + end) / 2
        self._normal = np.stack([-chord[:, 1], chord[:, 0]], axis=1) / length
        self.below = patch.affine(self._middle, self._normal)
        along = patch.affine(self._middle, chord * (2 / length**2))
        along *= along
        self.arch = 1 - along

    def depth(self, point: Floats) -> Floats:
        """How far a point, `[b, 2]`, lies below the chord, `[b]` pixels: the depth of the arc through it."""
        return np.asarray(((point - self._middle) * self._normal).sum(axis=1))

    def between(self, upper: Floats, lower: Floats) -> Floats:
        """Mask of what lies between the arcs of two depths, `[b]` pixels; nothing where they have crossed."""
        return self.stroke((upper + lower) / 2, half_width=(lower - upper) / 2)

    def stroke(self, depth: Floats, *, half_width: Floats) -> Floats:
        """Mask of an arc that tapers off towards its ends; `half_width` is its middle's, `[b]` pixels."""
        return self._band(depth, half_width, taper=self.arch)

    def blunt_stroke(self, depth: Floats, *, half_width: Floats) -> Floats:
        """A stroke with blunter ends: it tapers with the fourth power of the distance from its middle."""
        return self._band(depth, half_width, taper=self.arch * (2 - self.arch))

    def _band(self, depth: Floats, half_width: Floats, *, taper: Floats) -> Floats:
        """How much of each pixel a band covers, which is at most the band's own width."""
        distance = self.arch * columns(depth)
        distance -= self.below
        np.abs(distance, out=distance)
        half = taper * columns(np.maximum(half_width, 0))
        np.subtract(half, distance, out=distance)
        distance += np.float32(0.5)
        half *= 2
        np.minimum(distance, half, out=distance)
        return np.clip(distance, 0, 1, out=distance)


def disc(radius2: Floats, radius: Floats) -> Floats:
    """Mask of an ellipse.

    Args:
        radius2: `[b, h, w]`, squared elliptic radius.
        radius: `[b]`, its size in pixels, which says how sharp one pixel is.
    """
    return soften((1 - radius2) * columns(radius / 2))  # 1 - r^2 is 2 (1 - r) near the edge


def glow(radius2: Floats) -> Floats:
    """Mask that falls smoothly from 1 in the centre to 0 at the ellipse's edge."""
    mask = 1 - radius2
    np.maximum(mask, 0, out=mask)
    mask *= mask
    return mask


def soften(inside: Floats) -> Floats:
    """Signed distance in pixels, positive inside, to a mask with an edge one pixel wide. Works in place."""
    inside += np.float32(0.5)
    return np.clip(inside, 0, 1, out=inside)
