"""A classifier fitted once and kept as named tensors, so that it can be stored beside a network. It knows no file.

It predicts what `classify` would from the same training embeddings. The class means are always among the tensors: the
distances to them say how sure a prediction is, whichever classifier made it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from harness.errors import SearchFileError
from harness.learning.metrics.classifiers import CLASSIFIERS, ClassMeans, class_means, knn, nearest_class

MEANS = ("centre", "means", "counts")
PARTS = {"nearest-mean": MEANS, "knn": (*MEANS, "train", "labels"), "logistic": (*MEANS, "weights", "biases")}
"""The tensors of each classifier."""

Fitted = Mapping[str, Tensor]
"""`centre` `[D]`, `means` `[C, D]` and `counts` `[C]`; of `knn` also `train` `[n, D]` and `labels` `[n]`, of `logistic` also
`weights` `[C, D]` and `biases` `[C]`.
"""


def fit(
    name: str, train: Float[Tensor, "n D"], labels: Int[Tensor, " n"], *, classes: int
) -> dict[str, Tensor]:
    """The classifier of that name, fitted.

    Args:
        name: A name of `names.CLASSIFIERS`.
        train: Embeddings to learn from, at least one.
        labels: Their classes, in [0, C).
        classes: C.

    Raises:
        SearchFileError: If there is no such classifier.
    """
    if name not in CLASSIFIERS:
        raise SearchFileError(f"unknown classifier {name!r}: choose one of {', '.join(CLASSIFIERS)}")
    known = class_means(train[:, None], labels, classes)
    fitted = {"centre": known.centre[0], "means": known.means[:, 0], "counts": known.counts}
    if name == "knn":
        fitted |= {"train": train, "labels": labels}
    elif name == "logistic":
        fitted |= _logistic(train, labels, classes)
    return fitted


def predict(name: str, fitted: Fitted, query: Float[Tensor, "q D"]) -> Int[Tensor, " q"]:
    """A class for each query, by a classifier that `fit` gave under the same name."""
    if name == "knn":
        return knn(fitted["train"], fitted["labels"], query, len(fitted["counts"]))
    if name == "logistic":
        return (query @ fitted["weights"].T + fitted["biases"]).argmax(1)
    return nearest_class(query[:, None], _means(fitted)).squeeze(1)


def distances(fitted: Fitted, query: Float[Tensor, "q D"]) -> Float[Tensor, "q C"]:
    """Euclidean distance of each query to each class mean; NaN to a class that had no training faces."""
    apart = torch.cdist(query - fitted["centre"], fitted["means"])
    return apart.masked_fill(fitted["counts"] == 0, torch.nan)


def _means(fitted: Fitted) -> ClassMeans:
    return ClassMeans(fitted["centre"][None], fitted["means"][:, None], fitted["counts"])


def _logistic(train: Float[Tensor, "n D"], labels: Int[Tensor, " n"], classes: int) -> dict[str, Tensor]:
    """The regression's weights and biases with a row per class; one that cannot be predicted has a bias of minus infinity."""
    from sklearn.linear_model import LogisticRegression

    weights, biases = torch.zeros(classes, train.shape[1]), torch.full((classes,), -torch.inf)
    present = labels.unique()
    biases[present] = 0.0
    if len(present) > 1:
        model = LogisticRegression(class_weight="balanced", max_iter=1000)
        model.fit(train.numpy(), labels.numpy())
        rows, offsets = torch.from_numpy(model.coef_), torch.from_numpy(model.intercept_)
        if len(present) == 2:  # scikit-learn keeps one row, whose sign decides: the first class wins at zero
            rows, offsets = torch.cat([-rows, rows]), torch.cat([-offsets, offsets])
        weights[present], biases[present] = rows.to(weights.dtype), offsets.to(biases.dtype)
    return {"weights": weights, "biases": biases}
