"""What each action unit does: which landmarks it moves, where it folds the skin. It knows no one's face.

Muscles pull along lines, so a linear model is fair: a unit at half intensity moves its landmarks half as far.
"""

from __future__ import annotations

from typing import Final

# What a unit at full intensity does: (outward, down) in face units.
MOVES: Final[dict[int, dict[str, tuple[float, float]]]] = {
    1: {"brow_inner": (0.00, -0.22), "brow_arch": (0.00, -0.07)},
    2: {"brow_arch": (0.00, -0.14), "brow_outer": (0.00, -0.13)},
    4: {"brow_inner": (-0.06, 0.11), "brow_arch": (-0.03, 0.10), "brow_outer": (0.00, 0.03),
        "lid_upper": (0.00, 0.01)},
    5: {"lid_upper": (0.00, -0.075)},
    6: {"brow_outer": (0.00, 0.02), "lid_upper": (0.00, 0.025), "lid_lower": (0.00, -0.045),
        "cheek": (0.01, -0.07)},
    7: {"lid_upper": (0.00, 0.035), "lid_lower": (0.00, -0.035)},
    9: {"brow_inner": (-0.02, 0.08), "brow_arch": (0.00, 0.05),
        "lid_upper": (0.00, 0.02), "lid_lower": (0.00, -0.03),
        "nose_wing": (0.02, -0.06), "nostril": (0.01, -0.03), "nose_tip": (0.00, -0.03),
        "fold_top": (0.02, -0.05), "fold_middle": (0.02, -0.04),
        "lip_upper_outer": (0.00, -0.06), "lip_upper_inner": (0.00, -0.03)},
    10: {"nose_wing": (0.02, -0.03), "fold_middle": (0.02, -0.04),
         "lip_upper_outer": (0.00, -0.08), "lip_upper_inner": (0.00, -0.07)},
    12: {"cheek": (0.03, -0.05), "fold_middle": (0.06, -0.03), "fold_bottom": (0.10, -0.09),
         "mouth_corner": (0.13, -0.13), "teeth": (0.00, 0.06),
         "lip_upper_outer": (0.00, 0.01), "lip_upper_inner": (0.00, 0.02),
         "lip_lower_inner": (0.00, 0.02), "lip_lower_outer": (0.00, 0.02)},
    14: {"mouth_corner": (0.06, -0.01)},
    15: {"fold_bottom": (0.00, 0.05), "mouth_corner": (0.01, 0.12), "lip_upper_inner": (0.00, -0.02),
         "lip_lower_inner": (0.00, -0.02), "lip_lower_outer": (0.00, -0.01)},
    17: {"lip_upper_outer": (0.00, -0.03), "lip_upper_inner": (0.00, -0.05),
         "lip_lower_inner": (0.00, -0.05), "lip_lower_outer": (0.00, -0.04), "chin_boss": (0.00, -0.06)},
    20: {"fold_bottom": (0.08, 0.02), "mouth_corner": (0.14, 0.03)},
    23: {"mouth_corner": (-0.06, 0.00), "lip_upper_outer": (0.00, 0.03), "lip_lower_outer": (0.00, -0.04)},
    24: {"mouth_corner": (-0.02, 0.00), "lip_upper_outer": (0.00, 0.045), "lip_lower_outer": (0.00, -0.055)},
    25: {"lip_upper_outer": (0.00, -0.01), "lip_upper_inner": (0.00, -0.02),
         "lip_lower_inner": (0.00, 0.06), "lip_lower_outer": (0.00, 0.05)},
    26: {"lip_lower_inner": (0.00, 0.12), "lip_lower_outer": (0.00, 0.11),
         "chin_boss": (0.00, 0.08), "chin": (0.00, 0.08)},
    27: {"mouth_corner": (-0.06, 0.05), "lip_lower_inner": (0.00, 0.22), "lip_lower_outer": (0.00, 0.21),
         "chin_boss": (0.00, 0.12), "chin": (0.00, 0.10)},
    43: {"lid_upper": (0.00, 0.14)},
}  # fmt: skip

# How deep a unit at full intensity folds the skin, from 0 to 1.
CREASES: Final[dict[str, dict[int, float]]] = {
    "forehead": {1: 0.5, 2: 0.5},
    "glabella": {4: 0.9, 9: 0.5},
    "nose_root": {9: 1.0},
    "under_eye": {6: 0.8, 7: 0.5, 9: 0.4},
    "cheek": {6: 0.7, 12: 0.5},
    "nasolabial": {9: 0.6, 10: 0.6, 12: 0.8, 15: 0.2, 20: 0.3},
    "chin": {15: 0.3, 17: 1.0},
}
