"""Writes a small JAFFE as it is distributed: one flat folder of pictures, three takes of each expression."""

from __future__ import annotations

from pathlib import Path

from drawn import framed
from PIL import Image

CODES = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}
WOMEN = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")


def write_tree(root: Path, *, people: int = 10) -> None:
    """The pictures, and the page that ships with them."""
    folder = root / "jaffe"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README_FIRST.txt").write_text("Ratings of the pictures.\n")
    serial = 1
    for person, woman in enumerate(WOMEN[:people]):
        for code, label in CODES.items():
            for take in (1, 2, 3):
                picture = framed(label, person=person, take=take, width=128, height=128)
                Image.fromarray(picture).save(folder / f"{woman}.{code}{take}.{serial}.tiff")
                serial += 1
