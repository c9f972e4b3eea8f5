"""Writes a small FER2013 as it is distributed: one table of faces as text. Some faces of train are also in val or test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from drawn import face
from numpy.typing import NDArray

CODES = {
    "anger": 0,
    "disgust": 1,
    "fear": 2,
    "happiness": 3,
    "sadness": 4,
    "surprise": 5,
    "neutral": 6,
}
Row = tuple[int, NDArray[np.uint8], str]
"""Code, pixels, Usage."""


def write_tree(root: Path, *, people: int = 24) -> None:
    """Two faces of each person and class, of a third of the people in val and test, then three faces that are repeated."""
    root.mkdir(parents=True, exist_ok=True)
    write_table(root / "fer2013.csv", [*rows(people), *repeated_rows(people)])


def rows(people: int) -> Iterator[Row]:
    """No face twice; the last two sixths of the people are PublicTest and PrivateTest."""
    for person in range(people):
        usage = ("PublicTest", "PrivateTest")[person % 2] if 3 * person >= 2 * people else "Training"
        for label, code in CODES.items():
            for take in range(2):
                yield code, small_face(label, person=person, take=take), usage


def repeated_rows(people: int) -> list[Row]:
    """Two faces of train, one also in val and one also in test, and a face of val that is also in test."""
    in_val = small_face("neutral", person=0, take=2)
    in_test = small_face("neutral", person=1, take=2)
    in_both = small_face("neutral", person=people - 1, take=3)
    return [
        (6, in_val, "Training"),
        (6, in_val, "PublicTest"),
        (6, in_test, "Training"),
        (4, in_test, "PrivateTest"),
        (6, in_both, "PublicTest"),
        (6, in_both, "PrivateTest"),
    ]


def small_face(label: str, *, person: int, take: int) -> NDArray[np.uint8]:
    """48 x 48, as in the contest."""
    return face(label, person=person, take=take, size=48)


def write_table(path: Path, rows: Iterable[Row], *, header: str = "emotion,pixels,Usage") -> None:
    """As the contest wrote it; a header of another order, or with spaces, orders the cells too."""
    lines = [header]
    for code, pixels, usage in rows:
        cells = {"emotion": str(code), "pixels": " ".join(map(str, pixels.ravel().tolist())), "Usage": usage}
        lines.append(",".join(cells[name.strip()] for name in header.split(",")))
    path.write_text("\n".join(lines) + "\n")
