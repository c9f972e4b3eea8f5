"""Writes a small AffectNet as it is distributed: the release of 2017 with its csv lists, or that of 2021 with its label files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from drawn import face
from PIL import Image

# By code: in train, happiness is 3 times and contempt once the rarest; the validation set is balanced.
CODES = {
    "neutral": (0, 2),
    "happiness": (1, 3),
    "sadness": (2, 1.25),
    "surprise": (3, 1),
    "fear": (4, 1),
    "disgust": (5, 1),
    "anger": (6, 1.25),
    "contempt": (7, 1),
}
HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
)
TRAIN_PEOPLE = 16  # of 24; the others are seen in the validation set
LEFT, TOP, SIZE = 40, 24, 64  # of the face in a picture of 2017


def write_tree(root: Path, *, faces: int = 12, release: int = 2017) -> None:
    """Twice `faces` of the rarest class in train, `faces` of every class in the validation set."""
    write = _write_2017 if release == 2017 else _write_2021
    write(root, "train", list(_faces(2 * faces, people=range(TRAIN_PEOPLE), balanced=False)))
    write(root, "val", list(_faces(faces, people=range(TRAIN_PEOPLE, 24), balanced=True)))


def _faces(faces: int, *, people: range, balanced: bool) -> Iterator[tuple[int, np.ndarray]]:
    """Code and pixels of each face."""
    for label, (code, share) in CODES.items():
        for turn in range(faces if balanced else round(faces * share)):
            yield code, face(label, person=people[turn % len(people)], take=turn // len(people))


def _write_2017(root: Path, split: str, faces: list[tuple[int, np.ndarray]]) -> None:
    """Only training.csv has a header; every tenth face has a box alone, and each list has rows without an expression."""
    pictures = root / "Manually_Annotated/Manually_Annotated_Images"
    lists = root / "Manually_Annotated_file_lists"
    lists.mkdir(parents=True, exist_ok=True)
    rows = [HEADER] if split == "train" else []
    for number, (code, pixels) in enumerate(faces):
        name = f"{number % 3 + 1}/{split}{number:08x}.{'JPG' if number % 7 == 0 else 'jpg'}"
        _write_picture(pictures / name, pixels)
        rows.append(csv_row(name, code=code, landmarks="" if number % 10 == 0 else landmark_text()))
    rows += [csv_row(f"9/{split}{code}.jpg", code=code) for code in (8, 9, 10, 10)]
    name = "training.csv" if split == "train" else "validation.csv"
    (lists / name).write_text("\n".join(rows) + "\n")


def csv_row(
    name: str, *, code: int | str, landmarks: str = "", box: str = f"{LEFT},{TOP},{SIZE},{SIZE}"
) -> str:
    """A row of a list of 2017."""
    return f"{name},{box},{landmarks},{code},-0.05,0.2"


def landmark_text() -> str:
    """68 points as the lists hold them: only the eyes (36 to 47) are where they are drawn."""
    points = np.tile([LEFT + SIZE / 2, TOP + SIZE / 2], (68, 1))
    points[36:42] = [LEFT + 0.33 * SIZE, TOP + 0.45 * SIZE]
    points[42:48] = [LEFT + 0.67 * SIZE, TOP + 0.45 * SIZE]
    return ";".join(f"{number:.2f}" for number in points.ravel())


def _write_picture(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (144, 112), (100, 90, 110))
    picture.paste(Image.fromarray(pixels), (LEFT, TOP))
    picture.save(path, format="JPEG", quality=90)


def _write_2021(root: Path, split: str, faces: list[tuple[int, np.ndarray]]) -> None:
    """Every third label file holds its number as text; the other label files are there as well."""
    for folder in ("images", "annotations"):
        (root / f"{split}_set" / folder).mkdir(parents=True)
    for number, (code, pixels) in enumerate(faces):
        crop = Image.fromarray(pixels).resize((112, 112)).convert("RGB")
        crop.save(root / f"{split}_set/images/{number}.jpg", quality=90)
        stem = f"{root}/{split}_set/annotations/{number}"
        np.save(f"{stem}_exp.npy", np.array(str(code) if number % 3 == 0 else code))
        np.save(f"{stem}_val.npy", np.array("0.25"))
