"""Faces for the made-up distributions of the tests: of a person, of an expression, at a strength. They come from the drawing of
`synthetic-posed`, so that what is learned on a made-up distribution can be far above chance.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.faceset import FaceSet
from harness.datasets.synthetic import draw_faces

TAKES = 4


@lru_cache(maxsize=4)
def _album(people: int, size: int, seed: int) -> FaceSet:
    return draw_faces("posed", images=28 * people, size=size, seed=seed)


def face(
    label: str,
    *,
    person: int,
    take: int = 0,
    strength: float = 1.0,
    people: int = 24,
    size: int = 64,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A grey face `[size, size]`.

    Args:
        label: A canonical class; contempt is a smile on one side.
        person: In [0, people).
        take: In [0, 4), another picture of the same.
        strength: 0 is the neutral face, 1 the whole expression; between them, as in the middle of a sequence.
        people: How many are drawn at once.
        size: Of the side, in pixels.
        seed: Of the drawing.
    """
    album = _album(people, size, seed)
    assert isinstance(album.images, np.ndarray)
    if label == "contempt":
        smile, rest = _picture(album, "happiness", person, take), _picture(album, "neutral", person, take)
        whole = np.concatenate([smile[:, : size // 2], rest[:, size // 2 :]], axis=1)
    else:
        whole = _picture(album, label, person, take)
    if strength >= 1:
        return whole
    rest = _picture(album, "neutral", person, take)
    return np.asarray((1 - strength) * rest + strength * whole).round().astype(np.uint8)


def _picture(album: FaceSet, label: str, person: int, take: int) -> NDArray[np.uint8]:
    assert album.subjects is not None
    people = np.unique(album.subjects)
    of_person = album.subjects == people[person % len(people)]
    found = np.flatnonzero(of_person & (album.labels == album.class_names.index(label)))
    return np.asarray(album.images[found[take % len(found)]])


def framed(
    label: str, *, person: int, take: int, width: int, height: int, strength: float = 1.0
) -> NDArray[np.uint8]:
    """A face in the middle of a larger grey picture `[height, width]`, three quarters as high as its shorter side."""
    side = min(width, height) * 3 // 4 // 2 * 2
    picture = np.full((height, width), 90, dtype=np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    drawing = face(label, person=person, take=take, strength=strength)
    small = np.asarray(Image.fromarray(drawing).resize((side, side), Image.Resampling.BILINEAR))
    picture[top : top + side, left : left + side] = small
    return picture
