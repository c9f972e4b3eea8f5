"""Writes a small SFEW 2.0 as its archive of aligned faces unpacks: Train and Val with a folder per class, Test without."""

from __future__ import annotations

from pathlib import Path

from drawn import face
from PIL import Image

FOLDERS = {
    "Angry": ("anger", 1.5),
    "Disgust": ("disgust", 1),
    "Fear": ("fear", 1.25),
    "Happy": ("happiness", 2),
    "Neutral": ("neutral", 1.75),
    "Sad": ("sadness", 1.5),
    "Surprise": ("surprise", 1.25),
}
FILMS = ("Airheads", "AmericanHistoryX", "Bridesmaids", "21", "DecemberBoys", "FourWeddings", "Juno", "Hitch")
TRAIN_PEOPLE = 16  # of 24; the others are seen in Val


def write_tree(root: Path, *, faces: int = 12) -> None:
    """Twice as many faces in Train as in Val, where the rarest class has `faces`."""
    _write_part(root / "Train", faces=2 * faces, people=range(TRAIN_PEOPLE))
    _write_part(root / "Val", faces=faces, people=range(TRAIN_PEOPLE, 24))
    (root / "Test").mkdir()
    for number in range(3):
        Image.fromarray(face("fear", person=number)).save(root / "Test" / f"Unseen_{number:09d}_00000001.png")


def _write_part(folder: Path, *, faces: int, people: range) -> None:
    for name, (label, share) in FOLDERS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "Thumbs.db").touch()  # such files are in many copies
        for turn in range(round(faces * share)):
            person = people[turn % len(people)]
            pixels = face(label, person=person, take=turn // len(people))
            # A person plays in one film, and each film has a few people.
            stem = f"{FILMS[person % len(FILMS)]}_{1000 * turn + person:09d}_{turn:08d}"
            picture = Image.fromarray(pixels).resize((143, 181)).convert("RGB")
            picture.save(folder / name / f"{stem}.png", compress_level=1)
