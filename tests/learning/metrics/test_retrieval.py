"""P@1, R-precision and MAP@R: against pytorch-metric-learning, against plain loops, and in their corners."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from torch import Tensor

from harness.learning.metrics.retrieval import Retrieval, retrieval

MakeFaces = Callable[..., tuple[Tensor, Tensor]]


def calculator(query: Tensor, query_labels: Tensor, *reference: Tensor) -> Retrieval:
    """pytorch-metric-learning's numbers; without a reference the queries search among themselves."""
    names = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
    knn = CustomKNN(LpDistance(normalize_embeddings=False))
    device = torch.device("cpu")
    values = AccuracyCalculator(include=names, k="max_bin_count", device=device, knn_func=knn).get_accuracy(
        query, query_labels, *reference
    )
    return Retrieval(*(values[name] for name in names))


def plain_retrieval(
    query: Tensor, query_labels: Tensor, reference: Tensor, reference_labels: Tensor
) -> Retrieval:
    """The definitions, in Python loops."""
    rows = []
    for point, label in zip(query.tolist(), query_labels.tolist(), strict=True):
        ranked = sorted(
            (math.dist(point, other), other_label == label)
            for other, other_label in zip(reference.tolist(), reference_labels.tolist(), strict=True)
        )
        R = sum(hit for _, hit in ranked)
        if R == 0:
            continue
        hits = [hit for _, hit in ranked[:R]]
        precisions = [hit * sum(hits[: k + 1]) / (k + 1) for k, hit in enumerate(hits)]
        rows.append((float(hits[0]), sum(hits) / R, sum(precisions) / R))
    return Retrieval(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize("noise", [0.5, 1.5, 5.0])
@pytest.mark.parametrize("chunk", [1, 64, 1000])
def test_searching_among_themselves_equals_the_accuracy_calculator(
    faces: MakeFaces, *, noise: float, chunk: int
) -> None:
    points, labels = faces(300, noise=noise)
    ours = retrieval(points, labels, points, labels, exclude_self=True, chunk=chunk)
    assert ours == pytest.approx(calculator(points, labels), abs=1e-6)


@pytest.mark.parametrize("noise", [0.5, 1.5, 5.0])
def test_searching_in_a_reference_equals_the_accuracy_calculator(faces: MakeFaces, *, noise: float) -> None:
    query, reference = faces(120, noise=noise, seed=1), faces(400, noise=noise, seed=2)
    ours = retrieval(*query, *reference, exclude_self=False)
    assert ours == pytest.approx(calculator(*query, *reference), abs=1e-6)


def test_queries_without_a_reference_of_their_class_are_left_out_as_by_the_accuracy_calculator(
    faces: MakeFaces,
) -> None:
    points, labels = faces(100, noise=1.5)
    labels[0] = 17
    ours = retrieval(points, labels, points, labels, exclude_self=True)
    assert ours == pytest.approx(calculator(points, labels), abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_precisions_equal_plain_python_loops(faces: MakeFaces, dtype: torch.dtype) -> None:
    query, reference = faces(20, noise=1.5, seed=1), faces(60, noise=1.5, seed=2)
    ours = retrieval(query[0].to(dtype), query[1], reference[0].to(dtype), reference[1], exclude_self=False)
    assert ours == pytest.approx(plain_retrieval(*query, *reference), abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 10**6), count=st.integers(4, 40), classes=st.integers(1, 4), chunk=st.integers(1, 8)
)
def test_neither_order_nor_chunk_nor_motion_nor_scale_matters(
    *, seed: int, count: int, classes: int, chunk: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (count,), generator=generator)
    labels[:2] = 0
    once = retrieval(points, labels, points, labels, exclude_self=True)
    order = torch.randperm(count, generator=generator)
    moved, renamed = 3 * points[order] + 10, labels[order]
    again = retrieval(moved, renamed, moved, renamed, exclude_self=True, chunk=chunk)
    assert again == pytest.approx(once, abs=1e-9)
    assert all(0 <= each <= 1 for each in once)
    assert once.map_at_r <= once.r_precision + 1e-12


def test_one_class_is_retrieved_perfectly(faces: MakeFaces) -> None:
    points, labels = faces(10, classes=1)
    assert retrieval(points, labels, points, labels, exclude_self=True) == (1, 1, 1)


def test_one_sample_has_nothing_to_find(faces: MakeFaces) -> None:
    points, labels = faces(1)
    assert all(map(math.isnan, retrieval(points, labels, points, labels, exclude_self=True)))


def test_a_collapsed_embedding_earns_nothing_by_the_order_of_its_rows() -> None:
    points, labels = torch.ones(8, 3) / 3**0.5, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    assert retrieval(points, labels, points, labels, exclude_self=True) == (0, 0, 0)


def test_more_queries_than_references_cannot_exclude_themselves(faces: MakeFaces) -> None:
    points, labels = faces(6)
    with pytest.raises(ValueError, match="got 6 queries and 5 references"):
        retrieval(points, labels, points[:5], labels[:5], exclude_self=True)
