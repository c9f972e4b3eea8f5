"""Writes a small ExpW as it is distributed: photographs of one to three faces, and label.lst with a row per face."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from drawn import face
from PIL import Image

CODES = {
    "anger": (0, 1),
    "disgust": (1, 1),
    "fear": (2, 1),
    "happiness": (3, 2.5),
    "sadness": (4, 1.25),
    "surprise": (5, 1),
    "neutral": (6, 3),
}
FACE = 64
LARGEST = 3  # faces in one photograph


def write_tree(root: Path, *, faces: int = 36) -> None:
    """`faces` of the rarest class; a photograph shows one, two or three people, of the same class or not."""
    for folder in ("image/origin", "label"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    queue = list(_faces(faces))
    lines: list[str] = []
    photographs = 0
    while queue:
        together = photographs % LARGEST + 1
        lines += _write_photograph(root / "image/origin", f"search_word_{photographs}.jpg", queue[:together])
        del queue[:together]
        photographs += 1
    (root / "label/label.lst").write_text("\n".join(lines) + "\n")


def _faces(faces: int) -> Iterator[tuple[str, int, int]]:
    """Label, person and take of each face, the classes in turn while they last."""
    columns = [
        [(label, turn % 24, turn // 24) for turn in range(round(faces * CODES[label][1]))] for label in CODES
    ]
    for row in zip_longest(*columns):
        yield from (entry for entry in row if entry is not None)


def _write_photograph(folder: Path, name: str, faces: list[tuple[str, int, int]]) -> list[str]:
    photograph = Image.new("RGB", (20 + 84 * LARGEST, 110), (90, 110, 100))
    lines = []
    for number, (label, person, take) in enumerate(faces):
        left, top = 20 + 84 * number, 16 + 8 * number
        photograph.paste(Image.fromarray(face(label, person=person, take=take)), (left, top))
        confidence = (12.5, 35, 55, 80.25)[(person + take) % 4]
        box = f"{top} {left} {left + FACE} {top + FACE}"
        lines.append(f"{name} {number} {box} {confidence} {CODES[label][0]}")
    photograph.save(folder / name, quality=90)
    return lines
