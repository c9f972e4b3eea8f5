"""Writes a small CK+ as it is distributed: labelled sequences, sequences without a label, landmarks of every frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn import face
from PIL import Image

CODES = {"anger": 1, "contempt": 2, "disgust": 3, "fear": 4, "happiness": 5, "sadness": 6, "surprise": 7}
STRENGTHS = (0.0, 0.4, 0.8, 0.9, 1.0)


def write_tree(root: Path, *, people: int = 20) -> None:
    """People S005, S006, ... with a sequence per class each, and one without a label for every fifth person."""
    for person in range(people):
        subject = f"S{person + 5:03d}"
        for session, (label, code) in enumerate(CODES.items(), start=1):
            _write_sequence(root, subject, f"{session:03d}", label=label, code=code, person=person)
        if person % 5 == 0:
            _write_sequence(root, subject, "008", label="happiness", code=None, person=person)


def _write_sequence(
    root: Path, subject: str, session: str, *, label: str, code: int | None, person: int
) -> None:
    for folder in ("cohn-kanade-images", "Landmarks", "Emotion"):
        (root / folder / subject / session).mkdir(parents=True, exist_ok=True)
    stem = ""
    for number, strength in enumerate(STRENGTHS, start=1):
        stem = f"{subject}_{session}_{number:08d}"
        picture = np.full((96, 128), 90, dtype=np.uint8)
        picture[16:80, 32:96] = face(label, person=person, strength=strength)
        Image.fromarray(picture).save(root / "cohn-kanade-images" / subject / session / f"{stem}.png")
        (root / "Landmarks" / subject / session / f"{stem}_landmarks.txt").write_text(
            landmark_text(left=32, top=16, size=64)
        )
    if code is not None:
        (root / "Emotion" / subject / session / f"{stem}_emotion.txt").write_text(f"   {code:.7e}\n")


def landmark_text(*, left: float, top: float, size: float) -> str:
    """68 points of a drawn face that fills a square: only the eyes (36 to 47) are where they are drawn."""
    points = np.tile([left + size / 2, top + size / 2], (68, 1))
    points[36:42] = [left + 0.33 * size, top + 0.45 * size]
    points[42:48] = [left + 0.67 * size, top + 0.45 * size]
    return "\n".join(f"   {x:.7e}   {y:.7e}" for x, y in points) + "\n"
