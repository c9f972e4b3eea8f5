"""P x K batches: every class in each batch, every face in each epoch. It knows labels, not images.

Batch Hard needs positives and negatives of every class in each batch, so classes are balanced by drawing the faces of a
small class again. pytorch-metric-learning's MPerClassSampler cannot do this: with 7 classes and batch 128 it fails, or
leaves classes out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.errors import LossError


class BalancedBatches:
    """Index batches in which the classes' shares differ by at most one face.

    Args:
        labels: `[n]`, the label id of each training face.
        batch_size: B, at least two faces per class; need not be a multiple of the number of classes.

    Raises:
        LossError: If the batch is too small to hold a positive pair of every class.
    """

    def __init__(self, labels: NDArray[np.int64], *, batch_size: int) -> None:
        self.members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        self.batch_size = batch_size
        if batch_size < 2 * len(self.members):
            least = 2 * len(self.members)
            raise LossError(
                f"batch_size: {len(self.members)} classes need at least {least} (two of each), got {batch_size}"
            )

    def __len__(self) -> int:
        """Batches per epoch: as many as the largest class needs to be seen whole."""
        per_batch = self.batch_size // len(self.members)
        return max(-(-len(faces) // per_batch) for faces in self.members)

    def epoch(self, rng: np.random.Generator) -> list[NDArray[np.int64]]:
        """The batches of one epoch, each `[B]`, sorted by class.

        Args:
            rng: Decides the order; the same state gives the same epoch.
        """
        shares = self._shares()
        queues = [
            _refilled(faces, total=int(total), rng=rng)
            for faces, total in zip(self.members, shares.sum(0), strict=True)
        ]
        ends = shares.cumsum(0)
        return [
            np.concatenate(
                [q[end - share : end] for q, end, share in zip(queues, ends[b], shares[b], strict=True)]
            )
            for b in range(len(self))
        ]

    def _shares(self) -> NDArray[np.int64]:
        """`[batches, classes]`: B // C faces of each class, and the rest goes round from batch to batch."""
        classes = len(self.members)
        base, rest = divmod(self.batch_size, classes)
        slots = np.arange(len(self) * rest).reshape(len(self), rest) % classes
        return base + np.stack([np.bincount(row, minlength=classes) for row in slots])


def _refilled(faces: NDArray[np.int64], *, total: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`total` faces: one shuffle after another, so that no face comes again before all have come."""
    rounds = -(-total // len(faces))
    return np.concatenate([rng.permutation(faces) for _ in range(rounds)])[:total]
