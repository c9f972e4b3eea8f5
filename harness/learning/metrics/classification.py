"""Accuracy, UAR, macro F1 and the confusion matrix. It does not know which classifier predicted."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Classification(NamedTuple):
    """How predictions fit the truth, in [0, 1]; NaN where there is no face at all.

    Attributes:
        accuracy: Share of faces whose class is predicted.
        uar: Unweighted average recall: the mean over the classes of the share that is found. A class
            without a face in the truth has no recall and is left out, as in scikit-learn's
            `balanced_accuracy_score`.
        macro_f1: Mean over the classes of their F1. A class that is neither in the truth nor predicted is
            left out, one that is only predicted counts 0, as in scikit-learn's `f1_score(average="macro")`.
    """

    accuracy: float
    uar: float
    macro_f1: float


def confusion_matrix(
    truth: Int[Tensor, " n"], predicted: Int[Tensor, " n"], *, classes: int
) -> Int[Tensor, "C C"]:
    """Counts of faces by class (row) and predicted class (column); both in [0, C)."""
    pairs = torch.bincount(truth * classes + predicted, minlength=classes * classes)
    return pairs.view(classes, classes)


def classification(confusion: Int[Tensor, "C C"]) -> Classification:
    """The metrics of a confusion matrix, `confusion[truth][prediction]`."""
    counts = confusion.double()
    hits, truths, predictions = counts.diagonal(), counts.sum(1), counts.sum(0)
    occurrences = truths + predictions
    return Classification(
        accuracy=(hits.sum() / counts.sum()).item(),
        uar=_mean_where(truths > 0, hits / truths),
        macro_f1=_mean_where(occurrences > 0, 2 * hits / occurrences),
    )


def _mean_where(chosen: Tensor, values: Float[Tensor, " C"]) -> float:
    return values[chosen].mean().item()
