"""Writes a small FERPlus as it is distributed: votes beside FER2013's table, or folders of pictures with their votes.

Votes are of every kind that a rule must judge: clear, tied, spread, for `unknown`, and for no face in rows without a name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fer2013_tree import Row, small_face, write_table
from PIL import Image

LABELS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
COLUMNS = (*LABELS, "unknown", "NF")
FOLDERS = {"Training": "FER2013Train", "PublicTest": "FER2013Valid", "PrivateTest": "FER2013Test"}
Voted = tuple[Row, str, tuple[int, ...]]
"""A row of FER2013, the image's name, and ten votes."""


def write_tree(root: Path, *, people: int = 24) -> None:
    """`fer2013.csv` beside `fer2013new.csv`."""
    root.mkdir(parents=True, exist_ok=True)
    voted = voted_rows(people)
    write_table(root / "fer2013.csv", [row for row, _, _ in voted])
    lines = [",".join(("Usage", "Image name", *COLUMNS))]
    lines += [",".join([row[2], name, *map(str, votes)]) for row, name, votes in voted]
    (root / "fer2013new.csv").write_text("\n".join(lines) + "\n")


def write_folders(root: Path, *, people: int = 24) -> None:
    """`data/FER2013Train/label.csv` beside its pictures, and so on; nothing of rows without a name."""
    for usage, folder in FOLDERS.items():
        place = root / "data" / folder
        place.mkdir(parents=True)
        lines = []
        for row, name, votes in voted_rows(people):
            if row[2] == usage and name:
                Image.fromarray(row[1]).save(place / name)
                lines.append(f'{name},"(0, 0, 48, 48)",{",".join(map(str, votes))}')
        (place / "label.csv").write_text("\n".join(lines) + "\n")


def voted_rows(people: int) -> list[Voted]:
    """Per person a face of each class with clear votes, then the hard ones; one in each split has no name."""
    found: list[Voted] = []
    for person in range(people):
        usage = ("PublicTest", "PrivateTest")[person % 2] if 3 * person >= 2 * people else "Training"
        for column, label in enumerate(LABELS):
            row = (6 if label == "contempt" else 0, small_face(label, person=person, take=0), usage)
            found.append((row, f"fer{len(found):07d}.png", votes_of({column: 8, (column + 1) % 8: 2})))
        for take, votes in enumerate(hard_votes(), start=1):
            row = (6, small_face("neutral", person=person, take=take), usage)
            found.append((row, f"fer{len(found):07d}.png", votes))
        if person % 4 == 0:
            found.append(((6, np.zeros((48, 48), dtype=np.uint8), usage), "", votes_of({9: 10})))
    return found


def hard_votes() -> tuple[tuple[int, ...], ...]:
    """A tie of two; three that hold the mass together; `unknown` ahead."""
    return votes_of({0: 5, 3: 5}), votes_of({0: 4, 4: 3, 6: 3}), votes_of({8: 7, 0: 3})


def votes_of(counts: dict[int, int]) -> tuple[int, ...]:
    """Ten columns."""
    return tuple(counts.get(column, 0) for column in range(len(COLUMNS)))
