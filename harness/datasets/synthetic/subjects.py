"""What is a person's own: proportions, tones, age. It does not know what the person shows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """Traits of n faces, float32 `[n]` each. Lengths are face units, tones run from 0 (black) to 1 (white).

    Attributes:
        head_width: Half the width of the head.
        jaw_taper: How much narrower the head is at the jaw than at the temples, share.
        hairline: Height of the hairline, from 0 (middle of the head) to 1 (crown).
        hair_curve: How much lower the hair comes at the temples than in the middle.
        hair_length: How far the hair reaches down beside the face, from -1 (crown) to 1 (chin).
        brow_height: From the eye's centre to the middle of the brow.
        brow_arch: How far the brow's middle lies above its ends.
        brow_tilt: How far the outer end lies above the inner one.
        brow_thickness: Half the thickness of the brow.
        eye_spread: From the midline to an eye's centre.
        eye_width: Half the distance of an eye's corners.
        eye_opening: Distance of the lids at rest.
        eye_tilt: How far the outer corner lies above the inner one.
        nose_length: From the eyes to the nostrils.
        nose_width: From the midline to a wing of the nose.
        mouth_drop: From the nostrils to the line of the mouth.
        mouth_width: From the midline to a corner of the mouth.
        mouth_curve: How far the corners lie above the middle at rest; some people always seem to smile.
        upper_lip: Thickness of the upper lip.
        lower_lip: Thickness of the lower lip.
        skin: Tone of the skin.
        hair: Tone of the hair.
        brow: Tone of the brows, as a share of the skin's.
        lip: Tone of the lips, as a share of the skin's.
        iris: Tone of the iris.
        age: Depth of the creases of a face at rest, from 0 to 1.
        beard: Darkness of the shadow around mouth and chin, from 0 (none).
    """

    head_width: NDArray[np.float32]
    jaw_taper: NDArray[np.float32]
    hairline: NDArray[np.float32]
    hair_curve: NDArray[np.float32]
    hair_length: NDArray[np.float32]
    brow_height: NDArray[np.float32]
    brow_arch: NDArray[np.float32]
    brow_tilt: NDArray[np.float32]
    brow_thickness: NDArray[np.float32]
    eye_spread: NDArray[np.float32]
    eye_width: NDArray[np.float32]
    eye_opening: NDArray[np.float32]
    eye_tilt: NDArray[np.float32]
    nose_length: NDArray[np.float32]
    nose_width: NDArray[np.float32]
    mouth_drop: NDArray[np.float32]
    mouth_width: NDArray[np.float32]
    mouth_curve: NDArray[np.float32]
    upper_lip: NDArray[np.float32]
    lower_lip: NDArray[np.float32]
    skin: NDArray[np.float32]
    hair: NDArray[np.float32]
    brow: NDArray[np.float32]
    lip: NDArray[np.float32]
    iris: NDArray[np.float32]
    age: NDArray[np.float32]
    beard: NDArray[np.float32]

    def take(self, indices: NDArray[np.int64] | slice) -> Subjects:
        """The traits at these indices, in this order."""
        return Subjects(**{trait.name: getattr(self, trait.name)[indices] for trait in fields(self)})


# Lowest and highest value of each trait. A beard below 0 is none: two of three faces.
RANGES: Final = {
    "head_width": (0.62, 0.74),
    "jaw_taper": (0.10, 0.32),
    "hairline": (0.60, 0.85),
    "hair_curve": (-0.05, 0.35),
    "hair_length": (0.1, 1.4),
    "brow_height": (0.22, 0.28),
    "brow_arch": (0.01, 0.06),
    "brow_tilt": (-0.02, 0.05),
    "brow_thickness": (0.022, 0.045),
    "eye_spread": (0.29, 0.34),
    "eye_width": (0.14, 0.17),
    "eye_opening": (0.125, 0.165),
    "eye_tilt": (-0.01, 0.03),
    "nose_length": (0.34, 0.42),
    "nose_width": (0.11, 0.16),
    "mouth_drop": (0.22, 0.27),
    "mouth_width": (0.20, 0.27),
    "mouth_curve": (-0.02, 0.02),
    "upper_lip": (0.04, 0.07),
    "lower_lip": (0.05, 0.09),
    "skin": (0.42, 0.85),
    "hair": (0.04, 0.60),
    "brow": (0.25, 0.55),
    "lip": (0.62, 0.82),
    "iris": (0.08, 0.32),
    "age": (0.0, 0.35),
    "beard": (-0.4, 0.22),
}


def draw_subjects(count: int, rng: np.random.Generator) -> Subjects:
    """People whose traits are independent and uniform over `RANGES`.

    Args:
        count: How many.
        rng: Decides their looks.

    Returns:
        Traits of `count` people.
    """
    return Subjects(
        **{
            name: rng.uniform(low, high, size=count).astype(np.float32)
            for name, (low, high) in RANGES.items()
        }
    )
