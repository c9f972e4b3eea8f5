"""Classifiers on embeddings: nearest mean, nearest neighbours, logistic regression. They know no network.

Each is fitted on training embeddings and predicts a class for each query; nothing is random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from harness.errors import SearchFileError

NEIGHBOURS = 5


class ClassMeans(NamedTuple):
    """The mean of each class in each slice. They are kept relative to the mean of all, which loses fewer digits.

    Attributes:
        centre: Mean of all training embeddings.
        means: Of each class, less the centre; zero where a class has none.
        counts: Training embeddings of each class.
    """

    centre: Float[Tensor, "N K"]
    means: Float[Tensor, "C N K"]
    counts: Float[Tensor, " C"]


def classify(
    name: str,
    train: Float[Tensor, "n D"],
    train_labels: Int[Tensor, " n"],
    query: Float[Tensor, "q D"],
    *,
    classes: int,
) -> Int[Tensor, " q"]:
    """A class for each query, by the classifier of that name.

    Args:
        name: A name of `names.CLASSIFIERS`.
        train: Embeddings to learn from, at least one.
        train_labels: Their classes, in [0, C). A class without any is never predicted.
        query: Embeddings to classify.
        classes: C.

    Raises:
        SearchFileError: If there is no such classifier.
    """
    if name not in CLASSIFIERS:
        raise SearchFileError(f"unknown classifier {name!r}: choose one of {', '.join(CLASSIFIERS)}")
    return CLASSIFIERS[name](train, train_labels, query, classes)


def slice_accuracy(
    train: Float[Tensor, "n N K"],
    train_labels: Int[Tensor, " n"],
    query: Float[Tensor, "q N K"],
    query_labels: Int[Tensor, " q"],
    *,
    classes: int,
) -> Float[Tensor, " N"]:
    """Accuracy of the nearest class mean on each slice alone, in [0, 1]."""
    predicted = nearest_class(query, class_means(train, train_labels, classes))
    return (predicted == query_labels[:, None]).to(query.dtype).mean(0)


def nearest_mean(
    train: Float[Tensor, "n D"], train_labels: Int[Tensor, " n"], query: Float[Tensor, "q D"], classes: int
) -> Int[Tensor, " q"]:
    """The class whose mean is nearest. The means are not normalised: a loose class has a shorter one."""
    return nearest_class(query[:, None], class_means(train[:, None], train_labels, classes)).squeeze(1)


def knn(
    train: Float[Tensor, "n D"],
    train_labels: Int[Tensor, " n"],
    query: Float[Tensor, "q D"],
    classes: int,
    *,
    neighbours: int = NEIGHBOURS,
    chunk: int = 1024,
) -> Int[Tensor, " q"]:
    """The majority among the nearest neighbours.

    Of classes with equally many votes, the one with the smaller sum of distances wins.

    Args:
        train: Embeddings to learn from.
        train_labels: Their classes.
        query: Embeddings to classify.
        classes: C.
        neighbours: How many vote; all of `train` where it has fewer.
        chunk: Queries at a time; the peak of memory is about chunk x n x 4 bytes.
    """
    centre = train.mean(0)
    parts = [
        _vote(torch.cdist(part - centre, train - centre), train_labels, classes, min(neighbours, len(train)))
        for part in query.split(chunk)
    ]
    return torch.cat(parts)


def logistic(
    train: Float[Tensor, "n D"], train_labels: Int[Tensor, " n"], query: Float[Tensor, "q D"], classes: int
) -> Int[Tensor, " q"]:
    """scikit-learn's logistic regression (L2, C = 1) with each class weighing the same, as UAR does."""
    from sklearn.linear_model import LogisticRegression

    if len(train_labels.unique()) == 1:  # nothing to tell apart, which scikit-learn refuses
        return train_labels[:1].expand(len(query))
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    model.fit(train.cpu().numpy(), train_labels.cpu().numpy())
    return torch.from_numpy(model.predict(query.cpu().numpy())).to(query.device)


Classifier = Callable[[Tensor, Tensor, Tensor, int], Tensor]
CLASSIFIERS: dict[str, Classifier] = {"nearest-mean": nearest_mean, "knn": knn, "logistic": logistic}


def class_means(train: Float[Tensor, "n N K"], train_labels: Int[Tensor, " n"], classes: int) -> ClassMeans:
    """The mean of each class in each slice."""
    members = functional.one_hot(train_labels, classes).to(train.dtype)
    counts = members.sum(0)
    centre = train.mean(0)
    means = torch.einsum("nc,nsk->csk", members, train - centre) / counts.clamp(min=1)[:, None, None]
    return ClassMeans(centre, means, counts)


def nearest_class(query: Float[Tensor, "q N K"], known: ClassMeans) -> Int[Tensor, "q N"]:
    """The class whose mean is nearest in each slice: the largest q.m - |m|^2 / 2. One without members is never it."""
    affinity = torch.einsum("qsk,csk->qsc", query - known.centre, known.means)
    affinity = affinity - known.means.square().sum(-1).T / 2
    return affinity.masked_fill(known.counts == 0, -torch.inf).argmax(-1)


def _vote(
    distances: Float[Tensor, "c n"], train_labels: Int[Tensor, " n"], classes: int, neighbours: int
) -> Int[Tensor, " c"]:
    nearest = distances.topk(neighbours, largest=False)
    labels = train_labels[nearest.indices]
    zeros = distances.new_zeros(len(distances), classes)
    votes = zeros.scatter_add(1, labels, torch.ones_like(nearest.values))
    summed = zeros.scatter_add(1, labels, nearest.values)
    return summed.masked_fill(votes < votes.amax(1, keepdim=True), torch.inf).argmin(1)
