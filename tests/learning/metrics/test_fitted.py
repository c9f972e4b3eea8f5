"""Fitted classifiers: they predict what the evaluation predicts, from tensors alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from harness.errors import SearchFileError
from harness.learning.metrics import names
from harness.learning.metrics.classifiers import classify
from harness.learning.metrics.fitted import MEANS, PARTS, distances, fit, predict

MakeFaces = Callable[..., tuple[Tensor, Tensor]]


def test_every_classifier_says_which_tensors_it_keeps(faces: MakeFaces) -> None:
    assert tuple(PARTS) == names.CLASSIFIERS
    for name, parts in PARTS.items():
        assert set(fit(name, *faces(50), classes=5)) == set(parts)


@pytest.mark.parametrize("name", names.CLASSIFIERS)
@pytest.mark.parametrize("kept", [(0, 1, 2, 3, 4), (0, 2, 3), (1, 4), (3,)], ids=str)
def test_it_predicts_what_the_evaluation_does_whatever_classes_are_there(
    faces: MakeFaces, name: str, kept: tuple[int, ...]
) -> None:
    train, labels = faces(300, noise=2.0, seed=1)
    query, _ = faces(200, noise=2.0, seed=2)
    there = torch.isin(labels, torch.tensor(kept))
    fitted = fit(name, train[there], labels[there], classes=5)
    expected = classify(name, train[there], labels[there], query, classes=5)
    assert torch.equal(predict(name, fitted, query), expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 6))
def test_the_nearest_mean_is_the_one_at_the_smallest_distance(seed: int, count: int, classes: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(count, 4, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (count,), generator=generator)
    fitted = fit("nearest-mean", points, labels, classes=classes)
    apart = distances(fitted, points).nan_to_num(torch.inf)
    chosen = apart.gather(1, predict("nearest-mean", fitted, points)[:, None]).squeeze(1)
    torch.testing.assert_close(chosen, apart.amin(1))


def test_distances_are_euclidean_and_nan_to_a_class_without_faces() -> None:
    train, labels = torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 5.0]]), torch.tensor([0, 0, 2])
    fitted = fit("nearest-mean", train, labels, classes=3)
    assert set(fitted) == set(MEANS)
    found = distances(fitted, torch.tensor([[1.0, 1.0]]))
    expected = torch.tensor([[1.0, torch.nan, 4.0]])
    torch.testing.assert_close(found, expected, equal_nan=True)


def test_an_unknown_classifier_is_refused_with_the_known_ones(faces: MakeFaces) -> None:
    with pytest.raises(SearchFileError, match="unknown classifier 'svm': choose one of nearest-mean, knn"):
        fit("svm", *faces(4), classes=5)
