"""Measures a network on faces: embeds them, classifies and retrieves them. It does not know training or losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from harness.learning.metrics.classification import classification, confusion_matrix
from harness.learning.metrics.classifiers import classify, slice_accuracy
from harness.learning.metrics.retrieval import retrieval
from harness.learning.metrics.spread import embedding_spread
from harness.learning.networks.embedding import FaceNetwork, side_by_side
from harness.learning.training.pixels import Pixels


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
        metrics: `uar`, `accuracy`, `macro_f1`, `p_at_1`, `r_precision`, `map_at_r`, without a split's name.
        confusion: `confusion[truth][prediction]`.
        spread: Spread of each slice over the query faces, N numbers in [0, 1].
        slice_accuracy: Accuracy of the nearest class mean on each slice alone, N numbers.
    """

    metrics: Mapping[str, float]
    confusion: tuple[tuple[int, ...], ...]
    spread: tuple[float, ...]
    slice_accuracy: tuple[float, ...]


@torch.no_grad()
def embed(
    network: FaceNetwork, pixels: Pixels, *, indices: NDArray[np.int64], labels: NDArray[np.int64]
) -> Embedded:
    """Embeds the faces at these indices, in order, without augmentation and with the batch norm's running statistics."""
    network.eval()
    slices = torch.cat([network(images).slices.cpu() for images in pixels.in_order(indices)])
    return Embedded(slices=slices, labels=torch.from_numpy(labels[indices]))


def evaluate(reference: Embedded, query: Embedded, *, classes: int, classifier: str) -> Evaluation:
    """Classifies and retrieves the query faces by the reference faces.

    Args:
        reference: Training faces; the classifier is fitted on them.
        query: Validation or test faces.
        classes: C.
        classifier: `nearest-mean`, `knn` or `logistic`.
    """
    predictions = classify(classifier, reference.features, reference.labels, query.features, classes=classes)
    confusion = confusion_matrix(query.labels, predictions, classes=classes)
    scores = classification(confusion)
    found = retrieval(query.features, query.labels, reference.features, reference.labels, exclude_self=False)
    per_slice = slice_accuracy(
        reference.slices, reference.labels, query.slices, query.labels, classes=classes
    )
    return Evaluation(
        metrics={**scores._asdict(), **found._asdict()},
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        spread=tuple(embedding_spread(query.slices).tolist()),
        slice_accuracy=tuple(per_slice.tolist()),
    )
