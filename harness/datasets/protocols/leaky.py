"""The literature's rules that leak, under names that say so. They exist to measure what they inflate, and serve no search.

`oracle-best-epoch` keeps the epoch that is best on the test part; it divides nothing, the training knows it.
`leaky-random-images` deals pictures to the folds at random, so that one person, and one sequence, is on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols.division import Division, Fold, Indices, make_division
from harness.seeding import derive_seed

ORACLE_BEST_EPOCH = "oracle-best-epoch"
LEAKY_RANDOM_IMAGES = "leaky-random-images"
LEAKY_RULES = (ORACLE_BEST_EPOCH, LEAKY_RANDOM_IMAGES)


def deal_random_images(faces: FaceSet, division: Division, *, seed: int) -> Division:
    """Folds of the same sizes, dealt at random over pictures, each class by itself.

    Args:
        faces: The whole set.
        division: The honest one; its folds' sizes are kept.
        seed: Of the dealing.
    """
    generator = np.random.default_rng(derive_seed(seed, LEAKY_RANDOM_IMAGES))
    dealt = [
        _deal(faces, fold, test, generator=generator)
        for fold, test in zip(division.confirm_folds, division._tests, strict=True)
    ]
    folds = [Fold(train, validation) for train, validation, _ in dealt]
    return make_division(
        faces,
        search=folds,
        confirm=folds,
        tests=[test for _, _, test in dealt],
        words=f"{division.words}, dealt by pictures",
        every_class=False,
        torn=True,
    )


def _deal(faces: FaceSet, fold: Fold, test: Indices, *, generator: np.random.Generator) -> Sequence[Indices]:
    """Training, validation and test parts of a fold's sizes, with each class spread evenly over them."""
    pool = np.concatenate([fold.train, fold.validation, test])
    shuffled = generator.permutation(pool)
    by_class = shuffled[np.argsort(faces.labels[shuffled], kind="stable")]
    # Neighbours in this order are of one class; a golden-ratio walk gives each part its share of every stretch.
    places = np.argsort((np.arange(len(pool)) * 0.6180339887498949) % 1.0, kind="stable")
    bounds = np.cumsum([len(fold.train), len(fold.validation)])
    return [np.sort(by_class[part]) for part in np.split(places, bounds)]
