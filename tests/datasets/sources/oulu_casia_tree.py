"""Writes a small Oulu-CASIA as it is distributed: cropped and original frames, one sequence without any."""

from __future__ import annotations

from pathlib import Path

from drawn import face, framed
from PIL import Image

LABELS = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
STRENGTHS = (0.0, 0.4, 0.8, 0.9, 1.0)


def write_tree(root: Path, *, people: int = 20, light: str = "Strong") -> None:
    """People P001, P002, ...; the last one's last sequence is an empty folder."""
    for person in range(people):
        for label in LABELS:
            empty = person == people - 1 and label == LABELS[-1]
            _write_sequence(
                root, f"{light}/P{person + 1:03d}/{label}", label=label.lower(), person=person, empty=empty
            )


def _write_sequence(root: Path, place: str, *, label: str, person: int, empty: bool) -> None:
    cropped = root / "PreProcess_Img" / "VL_Acropped" / place
    original = root / "OriginalImg" / "VL" / place
    cropped.mkdir(parents=True, exist_ok=True)
    original.mkdir(parents=True, exist_ok=True)
    for number, strength in enumerate(() if empty else STRENGTHS):
        Image.fromarray(face(label, person=person, strength=strength)).save(cropped / f"{number:03d}.jpeg")
        whole = framed(label, person=person, take=0, width=120, height=90, strength=strength)
        Image.fromarray(whole).save(original / f"{number:03d}.jpeg")
