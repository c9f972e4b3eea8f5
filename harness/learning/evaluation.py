"""Measures a network on faces: embeds them, classifies and retrieves them. It does not know training or losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from harness.datasets.faceset import FaceSet
from harness.learning.metrics.classification import Classification, classification, confusion_matrix
from harness.learning.metrics.classifiers import classify, slice_accuracy
from harness.learning.metrics.retrieval import retrieval
from harness.learning.metrics.sequence import VOTE, sequence_labels, sequence_means, sequence_votes
from harness.learning.metrics.spread import embedding_spread
from harness.learning.networks.embedding import FaceNetwork, side_by_side
from harness.learning.training.pixels import Pixels

Counts = tuple[tuple[int, ...], ...]
"""A confusion matrix as plain numbers, `[truth][prediction]`."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """n faces as the network sees them, on the CPU.

    Attributes:
        slices: Unit vectors.
        labels: Label ids.
    """

    slices: Float[Tensor, "n N K"]
    labels: Int64[Tensor, " n"]

    @property
    def features(self) -> Float[Tensor, "n D"]:
        """The slices side by side, of length one."""
        return side_by_side(self.slices)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the query faces say of a network.

    Attributes:
        metrics: `uar`, `accuracy`, `macro_f1`, `p_at_1`, `r_precision`, `map_at_r`, without a split's name; of sequences
            also `sequence_uar` and `sequence_accuracy`.
        confusion: `confusion[truth][prediction]`.
        sequence_confusion: The same, a count per sequence; empty for single pictures.
        spread: Spread of each slice over the query faces, N numbers in [0, 1].
        slice_accuracy: Accuracy of the nearest class mean on each slice alone, N numbers.
    """

    metrics: Mapping[str, float]
    confusion: Counts
    sequence_confusion: Counts
    spread: tuple[float, ...]
    slice_accuracy: tuple[float, ...]


@torch.no_grad()
def embed(network: FaceNetwork, pixels: Pixels, faces: FaceSet, *, indices: NDArray[np.int64]) -> Embedded:
    """Embeds the faces at these indices, in order, without augmentation and with the batch norm's running statistics."""
    network.eval()
    slices = torch.cat([network(images).slices.cpu() for images in pixels.in_order(indices)])
    return Embedded(slices=slices, labels=torch.from_numpy(faces.labels[indices]))


def sequence_ids(faces: FaceSet, indices: NDArray[np.int64]) -> Int64[Tensor, " n"] | None:
    """Which sequence each of the faces at these indices is a frame of, in [0, S); None for single pictures.

    A neutral first frame has another label than the rest: it counts as a sequence of its own.
    """
    if faces.sequences is None:
        return None
    labels = faces.labels[indices].astype(np.str_)
    names = np.char.add(np.char.add(faces.sequences[indices], " "), labels)
    return torch.from_numpy(np.unique(names, return_inverse=True)[1].astype(np.int64))


def evaluate(
    reference: Embedded,
    query: Embedded,
    *,
    classes: int,
    classifier: str,
    sequences: Int64[Tensor, " n"] | None = None,
    sequence_rule: str = VOTE,
) -> Evaluation:
    """Classifies and retrieves the query faces by the reference faces.

    Args:
        reference: Training faces; the classifier is fitted on them.
        query: Validation or test faces.
        classes: C.
        classifier: `nearest-mean`, `knn` or `logistic`.
        sequences: Of the query faces, as `sequence_ids` gives them.
        sequence_rule: How the frames of a sequence decide together, `vote` or `mean-embedding`.
    """
    predictions = classify(classifier, reference.features, reference.labels, query.features, classes=classes)
    confusion = confusion_matrix(query.labels, predictions, classes=classes)
    scores = classification(confusion)._asdict()
    found = retrieval(query.features, query.labels, reference.features, reference.labels, exclude_self=False)
    per_slice = slice_accuracy(
        reference.slices, reference.labels, query.slices, query.labels, classes=classes
    )
    sequence_confusion: Counts = ()
    if sequences is not None:
        of_means = classify(
            classifier,
            reference.features,
            reference.labels,
            sequence_means(query.features, sequences),
            classes=classes,
        )
        decided = (
            sequence_votes(predictions, sequences, of_means, classes=classes)
            if sequence_rule == VOTE
            else of_means
        )
        of_sequences = confusion_matrix(sequence_labels(query.labels, sequences), decided, classes=classes)
        scores |= _named(classification(of_sequences))
        sequence_confusion = _plain(of_sequences)
    return Evaluation(
        metrics={**scores, **found._asdict()},
        confusion=_plain(confusion),
        sequence_confusion=sequence_confusion,
        spread=tuple(embedding_spread(query.slices).tolist()),
        slice_accuracy=tuple(per_slice.tolist()),
    )


def _named(scores: Classification) -> dict[str, float]:
    return {"sequence_uar": scores.uar, "sequence_accuracy": scores.accuracy}


def _plain(confusion: Tensor) -> Counts:
    return tuple(tuple(row) for row in confusion.tolist())
