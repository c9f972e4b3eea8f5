"""How the head is held: landmarks in face units become points in pixels. It does not know what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.datasets.synthetic.anatomy import Landmarks
from harness.datasets.synthetic.difficulty import Difficulty

CROP: Final = 1.0  # a face at its mean size just fills the image
LARGEST_DEVIATION: Final = 2.5


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How n heads are held.

    Attributes:
        angles: float32, `[n, 3]`, radians: pitch (up), yaw (to the image's right), roll (clockwise).
        shift: float32, `[n, 2]`, how far the face lies right of and below the image's centre, face units.
        zoom: float32, `[n]`: size, relative to the crop's.
    """

    angles: NDArray[np.float32]
    shift: NDArray[np.float32]
    zoom: NDArray[np.float32]


def draw_poses(count: int, *, difficulty: Difficulty, rng: np.random.Generator) -> Pose:
    """Poses of `count` heads, normal around the frontal one and cut off at 2.5 standard deviations."""
    deviation = rng.standard_normal((count, 6)).clip(-LARGEST_DEVIATION, LARGEST_DEVIATION).astype(np.float32)
    spread = np.radians([difficulty.pitch_deg, difficulty.yaw_deg, difficulty.roll_deg], dtype=np.float32)
    return Pose(
        angles=deviation[:, :3] * spread,
        shift=deviation[:, 3:5] * np.float32(difficulty.shift),
        zoom=1 + deviation[:, 5] * np.float32(difficulty.zoom),
    )


def project(marks: Landmarks, pose: Pose, *, size: int) -> tuple[Landmarks, NDArray[np.float32]]:
    """Turn the heads, and look at them from afar (orthographic projection).

    Args:
        marks: Landmarks with k = 3.
        pose: How each head is held.
        size: Side of the image, pixels.

    Returns:
        Landmarks with k = 2 in pixels, where (0, 0) is the centre of the first pixel, and the pixels per face
        unit, `[n]`.
    """
    pixels_per_unit = pose.zoom * np.float32(CROP * size / 2)
    seen = _turn(marks.points, pose.angles) * pixels_per_unit[:, None, None]
    seen += (pose.shift * np.float32(size / 2))[:, None] + np.float32((size - 1) / 2)
    return Landmarks(seen), pixels_per_unit


def _turn(points: NDArray[np.float32], angles: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nod, then turn, then tilt: `[n, L, 3]` becomes the `[n, L, 2]` that an orthographic camera sees."""
    x, y, z = np.moveaxis(points, -1, 0)
    pitch, yaw, roll = angles.T[:, :, None]
    y, z = y * np.cos(pitch) - z * np.sin(pitch), y * np.sin(pitch) + z * np.cos(pitch)
    x = x * np.cos(yaw) + z * np.sin(yaw)
    return np.stack([x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)], axis=-1)
