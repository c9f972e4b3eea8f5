"""What comes between a face and its image: an obstacle, light, lens, sensor. It does not know faces."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.datasets.synthetic.difficulty import Difficulty
from harness.datasets.synthetic.shapes import Floats, Patch, columns, disc

# A three-tap filter can spread light over this many square pixels before it rings.
VARIANCE_PER_PASS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conditions under which n images were taken, float32.

    Attributes:
        slope: `[n, 2]`, how the light rises to the right and down, share per face unit.
        exposure: `[n]`, overall brightness, 1 is neutral.
        backdrop: `[n]`, tone behind the head.
        cover: `[n, 6]`, what stands in front: x and y from the image's centre, two radii (0 where nothing
            does), all in face units; angle (radians); tone.
        blur: `[n]`, standard deviation, face units.
        noise: `[n]`, standard deviation, share of the grey range.
    """

    slope: Floats
    exposure: Floats
    backdrop: Floats
    cover: Floats
    blur: Floats
    noise: Floats

    def take(self, indices: slice) -> Conditions:
        """The conditions of these images."""
        return Conditions(
            slope=self.slope[indices],
            exposure=self.exposure[indices],
            backdrop=self.backdrop[indices],
            cover=self.cover[indices],
            blur=self.blur[indices],
            noise=self.noise[indices],
        )


def draw_conditions(count: int, *, difficulty: Difficulty, rng: np.random.Generator) -> Conditions:
    """Conditions of `count` images, as hard as `difficulty` says."""
    return Conditions(
        slope=(difficulty.light * rng.standard_normal((count, 2))).clip(-0.6, 0.6).astype(np.float32),
        exposure=(1 + difficulty.exposure * rng.standard_normal(count)).clip(0.5, 1.4).astype(np.float32),
        backdrop=rng.uniform(0.1, 0.9, size=count).astype(np.float32),
        cover=_draw_covers(count, difficulty, rng).astype(np.float32),
        blur=rng.uniform(0, difficulty.blur, size=count).astype(np.float32),
        noise=rng.uniform(difficulty.noise / 4, difficulty.noise, size=count).astype(np.float32),
    )


def expose(patch: Patch, conditions: Conditions, *, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Take the pictures.

    Args:
        patch: The whole of b images, `[b, size, size]`, painted over.
        conditions: Of these b images.
        rng: The sensor's noise.

    Returns:
        uint8, `[b, size, size]`.
    """
    _cover(patch, conditions.cover)
    _illuminate(patch, conditions)
    grey = _blur(patch.grey, variance=(conditions.blur * (patch.grey.shape[-1] / 2)) ** 2)
    grain = rng.standard_normal(grey.shape, dtype=np.float32)
    grain *= columns(conditions.noise)
    grain += grey
    grain *= 255
    return np.clip(grain, 0, 255, out=grain).astype(np.uint8)


def _draw_covers(count: int, difficulty: Difficulty, rng: np.random.Generator) -> NDArray[np.float64]:
    there = rng.random((count, 1)) < difficulty.occlusion_rate
    place = rng.uniform(-0.75, 0.75, size=(count, 2))
    radii = rng.uniform(*difficulty.occlusion_size, size=(count, 2)) * there
    angle = rng.uniform(0, np.pi, size=(count, 1))
    return np.concatenate([place, radii, angle, rng.uniform(0.05, 0.9, size=(count, 1))], axis=1)


def _cover(patch: Patch, cover: Floats) -> None:
    """Put ellipses in front of those images that have one; most have none, so they are drawn apart."""
    covered = np.flatnonzero(cover[:, 2] > 0)
    if not len(covered):
        return
    half = patch.grey.shape[-1] / 2
    x, y, wide, high, angle, tone = cover[covered].T
    centre = (np.stack([x, y], axis=1) * half + half).astype(np.float32)
    right = np.stack([np.cos(angle) * wide, np.sin(angle) * wide], axis=1) * half
    down = np.stack([-np.sin(angle) * high, np.cos(angle) * high], axis=1) * half
    own = Patch(patch.grey[covered], patch.x, patch.y)
    own.paint(disc(own.radius2(centre, right, down), np.minimum(wide, high) * half), columns(tone))
    patch.grey[covered] = own.grey


def _illuminate(patch: Patch, conditions: Conditions) -> None:
    half = np.float32(patch.grey.shape[-1] / 2)
    centre = np.full_like(conditions.slope, half)
    light = patch.affine(centre, conditions.slope / half)
    light += 1
    light *= columns(conditions.exposure)
    patch.grey[...] *= light


def _blur(grey: Floats, *, variance: Floats) -> Floats:
    """Blur each image by its own variance, `[b]` square pixels, in as many passes as the largest needs."""
    passes = ceil(float(variance.max()) / VARIANCE_PER_PASS)
    share = columns(variance / max(1, passes) / 2)  # a kernel (s, 1 - 2 s, s) has the variance 2 s
    for _ in range(passes):
        for axis in (1, 2):
            grey = _three_taps(grey, share, axis=axis)
    return grey


def _three_taps(grey: Floats, share: Floats, *, axis: int) -> Floats:
    """One pass along an axis. The border repeats itself, so that brightness is kept."""
    flow = np.diff(grey, axis=axis)
    flow *= share
    blurred = grey.copy()
    head = tuple(slice(None, -1) if dim == axis else slice(None) for dim in range(3))
    tail = tuple(slice(1, None) if dim == axis else slice(None) for dim in range(3))
    blurred[head] += flow
    blurred[tail] -= flow
    return blurred
