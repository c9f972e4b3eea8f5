"""Draws whole face sets: people, expressions, poses, pictures. It does not know disks or splits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet
from harness.datasets.synthetic.anatomy import fold_skin, place_landmarks
from harness.datasets.synthetic.cast import Cast, posed_cast, spontaneous_cast
from harness.datasets.synthetic.conditions import draw_conditions, expose
from harness.datasets.synthetic.difficulty import POSED, SPONTANEOUS, Difficulty
from harness.datasets.synthetic.expressions import draw_units
from harness.datasets.synthetic.facs import CLASS_NAMES
from harness.datasets.synthetic.portrait import paint_faces
from harness.datasets.synthetic.pose import draw_poses, project
from harness.datasets.synthetic.shapes import blank
from harness.datasets.synthetic.sitters import Sitters
from harness.datasets.synthetic.subjects import draw_subjects
from harness.errors import DatasetError
from harness.seeding import derive_seed

Kind = Literal["posed", "spontaneous"]
SMALLEST_SIZE: Final = 16
BLOCK_PIXELS: Final = 64 * 48 * 48  # a block's windows stay in a core's cache, and numpy's calls stay few


def draw_faces(kind: Kind, *, images: int, size: int, seed: int) -> FaceSet:
    """Draw a set of faces. Equal arguments give equal faces, on any number of cores.

    Another version of numpy, or another family of processors, may round a few pixels differently.

    Args:
        kind: `posed` (clear, complete, frontal) or `spontaneous` (weak, partial, turned, badly lit, covered).
        images: n, at least 7: one of each class. The first faces of a longer set are other faces.
        size: Side of the square images, pixels, at least 16.
        seed: Decides everything that is left to chance.

    Returns:
        Grey faces `[n, size, size]` of 7 classes, named `synthetic-KIND`, with subjects, without splits.

    Raises:
        DatasetError: If the kind is unknown, or a number too small.
    """
    _check(kind, images=images, size=size)
    difficulty = POSED if kind == "posed" else SPONTANEOUS
    cast = _draw_cast(kind, images=images, difficulty=difficulty, seed=seed)
    return FaceSet(
        name=f"synthetic-{kind}",
        images=_draw_images(cast, difficulty=difficulty, size=size, seed=derive_seed(seed, kind)),
        labels=cast.labels,
        class_names=CLASS_NAMES,
        subjects=np.array([f"P{subject + 1:03d}" for subject in cast.subjects]),
    )


def _check(kind: str, *, images: int, size: int) -> None:
    if kind not in get_args(Kind):
        raise DatasetError(f"drawn faces: kind must be one of {', '.join(get_args(Kind))}, got {kind!r}")
    if images < len(CLASS_NAMES):
        raise DatasetError(
            f"synthetic-{kind}: images must be {len(CLASS_NAMES)} or more, one per class, got {images}"
        )
    if size < SMALLEST_SIZE:
        raise DatasetError(f"synthetic-{kind}: size must be {SMALLEST_SIZE} pixels or more, got {size}")


def _draw_cast(kind: Kind, *, images: int, difficulty: Difficulty, seed: int) -> Cast:
    if kind == "posed":
        return posed_cast(images)
    rng = np.random.default_rng(derive_seed(seed, kind, "cast"))
    return spontaneous_cast(images, imbalance=difficulty.imbalance, rng=rng)


def _draw_images(cast: Cast, *, difficulty: Difficulty, size: int, seed: int) -> NDArray[np.uint8]:
    """Pictures of a cast, uint8 `[n, size, size]`."""
    sitters = _seat(cast, difficulty=difficulty, size=size, seed=seed)
    rng = np.random.default_rng(derive_seed(seed, "conditions"))
    conditions = draw_conditions(len(cast.labels), difficulty=difficulty, rng=rng)
    images = np.empty((len(cast.labels), size, size), dtype=np.uint8)
    block_size = max(1, BLOCK_PIXELS // size**2)

    def draw_block(first: int) -> None:
        block = slice(first, first + block_size)
        taken = conditions.take(block)
        patch = blank(len(taken.backdrop), size=size, tone=taken.backdrop)
        paint_faces(patch, sitters.take(block))
        images[block] = expose(patch, taken, rng=np.random.default_rng(derive_seed(seed, "noise", first)))

    # Threads, not processes: numpy lets go of the interpreter while it works on an array.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(draw_block, range(0, len(images), block_size)))
    return images


def _seat(cast: Cast, *, difficulty: Difficulty, size: int, seed: int) -> Sitters:
    """The cast before the painter. Each purpose has its own generator, so that none shifts another's."""

    def rng(purpose: str) -> np.random.Generator:
        return np.random.default_rng(derive_seed(seed, purpose))

    look = draw_subjects(cast.people, rng("subjects")).take(cast.subjects)
    units = draw_units(cast.labels, difficulty=difficulty, rng=rng("expressions"))
    pose = draw_poses(len(cast.labels), difficulty=difficulty, rng=rng("poses"))
    marks, unit = project(place_landmarks(look, units), pose, size=size)
    return Sitters(look=look, marks=marks, folds=fold_skin(look, units), unit=unit)
