"""Cuts a share out of some faces, by what must stay together where that is known (subjects, groups, sequences), else by class.

It does not know which part is validation and which is test, nor that there are official splits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet

Indices = NDArray[np.int64]

# Random orders of the subjects that are tried for each cut, and passes over each: more gave no nearer
# proportions on the 885 subjects of a real set, fewer did not reach them.
ATTEMPTS, PASSES = 32, 2


def carve(
    pool: Indices, share: float, *, faces: FaceSet, keep: int, generator: np.random.Generator
) -> tuple[Indices, Indices]:
    """Cuts a share out of a pool, with the pool's class proportions.

    Both sides get every class wherever that can be, which neither `train_test_split` nor
    `StratifiedGroupKFold` promises.

    Args:
        pool: Sorted indices.
        share: In (0, 1), of each class.
        faces: Where the indices point to.
        keep: Into how many parts the rest will be cut: so many subjects (or faces) of each class it keeps.
        generator: Draws the order.

    Returns:
        The part and the rest, both sorted.
    """
    labels = faces.labels[pool]
    if faces.together is None:
        taken = _taken_faces(labels, share, keep=keep, generator=generator)
    else:
        subjects, owner = np.unique(faces.together[pool], return_inverse=True)
        counts = np.zeros((len(subjects), len(faces.class_names)), dtype=np.int64)
        np.add.at(counts, (owner, labels), 1)
        taken = _taken_subjects(counts, share, keep=keep, generator=generator)[owner]
    return pool[taken], pool[~taken]


def _taken_faces(
    labels: NDArray[np.int64], share: float, *, keep: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Which of n faces are taken: the share of each class, at least one and with `keep` left."""
    taken = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        number = min(max(round(share * len(members)), 1), max(len(members) - keep, 0))
        taken[members[:number]] = True
    return taken


def _taken_subjects(
    counts: NDArray[np.int64], share: float, *, keep: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Which of G subjects are taken, greedily, in the best of several random orders.

    In a few passes a subject is taken, or given back, if that brings the taken faces nearer to the share of
    each class. Far above that in weight: each class must be taken from somebody, and be left with `keep`
    subjects.

    Args:
        counts: `[G, C]`, faces per subject and class.
        share: In (0, 1), of each class.
        keep: Subjects of each class that must be left.
        generator: Draws the orders.

    Returns:
        `[G]`, true for the taken.
    """
    holds = counts > 0
    totals, holders = np.maximum(counts.sum(axis=0), 1), holds.sum(axis=0)

    def error(faces: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.float64]:
        missing = np.maximum(1 - people, 0) + np.maximum(keep - (holders - people), 0)
        return np.asarray(missing.sum(axis=1) + np.square(faces / totals - share).mean(axis=1))

    orders = generator.permuted(np.tile(np.arange(len(counts)), (ATTEMPTS, 1)), axis=1)
    attempts = np.arange(ATTEMPTS)
    taken = np.zeros(orders.shape, dtype=np.bool_)
    faces = np.zeros((ATTEMPTS, counts.shape[1]), dtype=np.int64)
    people = np.zeros_like(faces)
    for subject in np.tile(orders.T, (PASSES, 1)):  # one subject of each order at a time
        sign = np.where(taken[attempts, subject], -1, 1)[:, None]
        new_faces, new_people = faces + sign * counts[subject], people + sign * holds[subject]
        better = error(new_faces, new_people) < error(faces, people)
        faces[better], people[better] = new_faces[better], new_people[better]
        taken[attempts, subject] ^= better
    return np.asarray(taken[error(faces, people).argmin()])
