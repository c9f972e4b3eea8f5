"""Where a face's landmarks lie, at rest and while action units pull. It does not know pixels, tones or poses.

Face units: x to the right of the image, y down, z towards the camera; half the image's side is 1. A name that
ends in `_left` or `_right` means the image's left and right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.datasets.synthetic.facs import ACTION_UNITS, COLUMN
from harness.datasets.synthetic.muscles import CREASES, MOVES
from harness.datasets.synthetic.subjects import Subjects

Length = NDArray[np.floating[Any]] | float
EYE_LINE: Final = -0.16
CHIN: Final = 0.88

# Depth z of each landmark. The nose stands out and the ears lie back, which is what a turned head shows.
PAIRED: Final = {
    "brow_inner": 0.20, "brow_arch": 0.17, "brow_outer": 0.05,
    "eye_inner": 0.10, "eye_outer": 0.04, "lid_upper": 0.14, "lid_lower": 0.12, "pupil": 0.14,
    "nose_wing": 0.20, "nostril": 0.27, "mouth_corner": 0.14, "cheek": 0.15, "ear": -0.35,
    "fold_top": 0.20, "fold_middle": 0.19, "fold_bottom": 0.15,
}  # fmt: skip
MIDLINE: Final = {
    "crown": -0.10, "nose_root": 0.20, "nose_tip": 0.40,
    "lip_upper_outer": 0.26, "teeth": 0.24, "lip_upper_inner": 0.25,
    "lip_lower_inner": 0.25, "lip_lower_outer": 0.24, "chin_boss": 0.22, "chin": 0.10,
}  # fmt: skip
SIDES: Final = {"left": -1, "right": 1}
NAMES: Final = (*(f"{name}_{side}" for side in SIDES for name in PAIRED), *MIDLINE)
INDEX: Final = {name: position for position, name in enumerate(NAMES)}

# Pairs that may touch but never cross, and how far apart they stay.
ABOVE: Final = (
    ("lid_upper_left", "lid_lower_left", 0.0),
    ("lid_upper_right", "lid_lower_right", 0.0),
    ("lip_upper_inner", "lip_lower_inner", 0.0),
    ("lip_upper_outer", "lip_upper_inner", 0.015),
    ("lip_lower_inner", "lip_lower_outer", 0.02),
)


@dataclass(frozen=True)
class Landmarks:
    """Named points of n faces.

    Attributes:
        points: float32, `[n, L, k]`, L as in `NAMES`; k = 3 in face units, or k = 2 (x, y) in pixels.
    """

    points: NDArray[np.float32]

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return self.points[:, INDEX[name]]


def place_landmarks(subjects: Subjects, units: NDArray[np.float32]) -> Landmarks:
    """The landmarks of these subjects while these units are active.

    Args:
        subjects: Traits of n faces.
        units: `[n, 2, A]` in [0, 1], the intensities in the image's left and right half.

    Returns:
        Landmarks with k = 3.
    """
    count = len(units)
    moved = units.reshape(count, -1) @ _pull().reshape(-1, len(NAMES) * 3)
    points = _rest(subjects) + moved.reshape(count, len(NAMES), 3)
    for upper, lower, gap in ABOVE:
        _keep_above(points[:, INDEX[upper]], points[:, INDEX[lower]], gap=gap)
    return Landmarks(points)


def fold_skin(subjects: Subjects, units: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Depth of each crease, `[n]` in [0, 1]: what age has left there, and what the units add."""
    both = units.mean(axis=1)
    folds = {}
    for name, causes in CREASES.items():
        added = sum(depth * both[:, COLUMN[unit]] for unit, depth in causes.items())
        folds[name] = np.clip(subjects.age + added, 0, 1).astype(np.float32)
    return folds


def _pull() -> NDArray[np.float32]:
    """`MOVES` as an array `[2, A, L, 3]` over the halves of the face; each half pulls half of the midline."""
    table = np.zeros((len(SIDES), len(ACTION_UNITS), len(NAMES), 3), dtype=np.float32)
    for unit, moves in MOVES.items():
        for name, (outward, down) in moves.items():
            for half, (side, sign) in enumerate(SIDES.items()):
                if name in MIDLINE:
                    table[half, COLUMN[unit], INDEX[name], 1] = down / 2
                else:
                    table[half, COLUMN[unit], INDEX[f"{name}_{side}"], :2] = sign * outward, down
    return table


def _keep_above(upper: NDArray[np.float32], lower: NDArray[np.float32], *, gap: float) -> None:
    """Where two points have crossed, put both beside where they met."""
    crossed = upper[:, 1] > lower[:, 1] - gap
    middle = (upper[crossed, 1] + lower[crossed, 1]) / 2
    upper[crossed, 1] = middle - gap / 2
    lower[crossed, 1] = middle + gap / 2


def _rest(face: Subjects) -> NDArray[np.float32]:
    """Landmarks of the face at rest, `[n, L, 3]`."""
    points = np.zeros((len(face.skin), len(NAMES), 3), dtype=np.float32)
    for name, (outward, down) in _rest_paired(face).items():
        for side, sign in SIDES.items():
            points[:, INDEX[f"{name}_{side}"], 0] = sign * outward
            points[:, INDEX[f"{name}_{side}"], 1] = down
            points[:, INDEX[f"{name}_{side}"], 2] = PAIRED[name]
    for name, height in _rest_midline(face).items():
        points[:, INDEX[name], 1] = height
        points[:, INDEX[name], 2] = MIDLINE[name]
    return points


def _rest_paired(face: Subjects) -> dict[str, tuple[Length, Length]]:
    """(outward, down) of one half."""
    brow = EYE_LINE - face.brow_height
    nose = EYE_LINE + face.nose_length
    mouth = nose + face.mouth_drop
    return {
        "brow_inner": (face.eye_spread - 0.17, brow + face.brow_arch),
        "brow_arch": (face.eye_spread + 0.03, brow),
        "brow_outer": (face.eye_spread + 0.21, brow + face.brow_arch - face.brow_tilt),
        "eye_inner": (face.eye_spread - face.eye_width, EYE_LINE + 0.01 + face.eye_tilt / 2),
        "eye_outer": (face.eye_spread + face.eye_width, EYE_LINE + 0.01 - face.eye_tilt / 2),
        "lid_upper": (face.eye_spread, EYE_LINE - 0.6 * face.eye_opening),
        "lid_lower": (face.eye_spread, EYE_LINE + 0.4 * face.eye_opening),
        "pupil": (face.eye_spread, EYE_LINE - 0.1 * face.eye_opening),
        "nose_wing": (face.nose_width, nose - 0.03),
        "nostril": (0.5 * face.nose_width, nose),
        "mouth_corner": (face.mouth_width, mouth - face.mouth_curve),
        "cheek": (0.42, nose - 0.06),
        "ear": (face.head_width + 0.01, 0.0),
        "fold_top": (face.nose_width + 0.03, nose - 0.06),
        "fold_middle": (face.nose_width + 0.13, nose + 0.08),
        "fold_bottom": (face.mouth_width + 0.08, mouth - 0.01),
    }


def _rest_midline(face: Subjects) -> dict[str, Length]:
    """Heights of the points between the halves."""
    nose = EYE_LINE + face.nose_length
    mouth = nose + face.mouth_drop
    return {
        "crown": -1.0,
        "nose_root": EYE_LINE,
        "nose_tip": nose - 0.06,
        "lip_upper_outer": mouth - face.upper_lip,
        "teeth": mouth + 0.03,
        "lip_upper_inner": mouth,
        "lip_lower_inner": mouth,
        "lip_lower_outer": mouth + face.lower_lip,
        "chin_boss": (mouth + face.lower_lip + CHIN) / 2,
        "chin": CHIN,
    }
