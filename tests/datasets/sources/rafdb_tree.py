"""Writes a small RAF-DB as it is distributed: the list with its misspelt name, aligned pictures, original pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn import face
from PIL import Image

CODES = {"surprise": 1, "fear": 2, "disgust": 3, "happiness": 4, "sadness": 5, "anger": 6, "neutral": 7}
# How many times the rarest class: happiness is common, fear is rare.
SHARES = {
    "surprise": 1.25,
    "fear": 1,
    "disgust": 1.25,
    "happiness": 3,
    "sadness": 1.5,
    "anger": 1.25,
    "neutral": 2,
}
TRAIN_PEOPLE = 16  # of 24; the others are seen in the test split


def write_tree(root: Path, *, faces: int = 12) -> None:
    """Twice as many faces in train as in test, where the rarest class has `faces`."""
    for folder in ("EmoLabel", "Image/aligned", "Image/original"):
        (root / "basic" / folder).mkdir(parents=True, exist_ok=True)
    lines = _write_split(root, "train", digits=5, faces=2 * faces)
    lines += _write_split(root, "test", digits=4, faces=faces)
    (root / "basic/EmoLabel/list_patition_label.txt").write_text("\n".join(lines) + "\n")


def _write_split(root: Path, split: str, *, digits: int, faces: int) -> list[str]:
    lines = []
    for label, code in CODES.items():
        for turn in range(round(faces * SHARES[label])):
            stem = f"{split}_{len(lines) + 1:0{digits}d}"
            people, first = (TRAIN_PEOPLE, 0) if split == "train" else (24 - TRAIN_PEOPLE, TRAIN_PEOPLE)
            pixels = face(label, person=first + turn % people, take=turn // people)
            _write_pictures(root / "basic/Image", stem, pixels=pixels)
            lines.append(f"{stem}.jpg {code}")
    return lines


def _write_pictures(folder: Path, stem: str, *, pixels: np.ndarray) -> None:
    crop = Image.fromarray(pixels).resize((100, 100)).convert("RGB")
    crop.save(folder / "aligned" / f"{stem}_aligned.jpg", quality=90)
    picture = Image.new("RGB", (160, 140), (90, 100, 110))
    picture.paste(crop, (30, 20))
    picture.save(folder / "original" / f"{stem}.jpg", quality=90)
