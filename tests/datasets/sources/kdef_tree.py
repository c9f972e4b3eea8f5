"""Writes a small KDEF as it is distributed: people in two sessions, five angles, with the averaged faces beside them."""

from __future__ import annotations

from pathlib import Path

from drawn import framed
from PIL import Image

CODES = {
    "AF": "fear",
    "AN": "anger",
    "DI": "disgust",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
ANGLES = ("FL", "HL", "S", "HR", "FR")


def write_tree(root: Path, *, people: int = 20, angles: tuple[str, ...] = ("S", "HL")) -> None:
    """Women F01, F02, ... and men M01, M02, ..., half of each; the ending is in either case."""
    for person in range(people):
        subject = f"{'FM'[person % 2]}{person // 2 + 1:02d}"
        for take, session in enumerate("AB"):
            folder = root / "KDEF" / f"{session}{subject}"
            folder.mkdir(parents=True, exist_ok=True)
            for code, label in CODES.items():
                for angle in angles:
                    picture = framed(label, person=person, take=take, width=90, height=122)
                    ending = "JPG" if session == "A" else "jpg"
                    Image.fromarray(picture).save(
                        folder / f"{session}{subject}{code}{angle}.{ending}", quality=92
                    )
    averaged = root / "AKDEF"
    averaged.mkdir(exist_ok=True)
    Image.fromarray(framed("fear", person=0, take=0, width=90, height=122)).save(averaged / "FAFFL.JPG")
