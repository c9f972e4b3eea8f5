"""Facial action units, and which of them show an expression. It does not know what a unit does to a face.

Reference: P. Ekman, W. V. Friesen, J. C. Hager, Facial Action Coding System: Investigator's Guide (2002), the
table of prototypes and major variants, which EMFACS scores by. We keep the units that a frontal drawing can
show, and of many variants those that differ to the eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ACTION_UNITS: Final = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
    43: "eyes closed",
}
COLUMN: Final = {number: column for column, number in enumerate(ACTION_UNITS)}


@dataclass(frozen=True)
class Prototype:
    """The units of an expression.

    Attributes:
        core: Units that every variant has.
        variants: Units that may join them; one entry at a time.
    """

    core: tuple[int, ...]
    variants: tuple[tuple[int, ...], ...]


PROTOTYPES: Final = {
    "anger": Prototype((4, 5, 7), ((23,), (17, 24), (10, 23, 25))),
    "disgust": Prototype((9,), ((10, 17), (10, 25), (15, 17))),
    "fear": Prototype((1, 2, 4, 5, 20), ((25,), (25, 26), (25, 27))),
    "happiness": Prototype((6, 12), ((), (25,), (25, 26))),
    "neutral": Prototype((), ((),)),
    "sadness": Prototype((1, 4, 15), ((), (17,), (7,))),
    "surprise": Prototype((1, 2, 5), ((25, 26), (25, 27))),
}
CLASS_NAMES: Final = tuple(PROTOTYPES)
NEUTRAL: Final = CLASS_NAMES.index("neutral")
