"""Weighted triplet losses: a triplet weighs what its anchor weighs. Against loops, and as laws."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.names import MINERS, REDUCTIONS
from harness.learning.losses.triplet import TRIPLET_LOSSES, dual_triplet, triplet

MakeBatch = Callable[..., tuple[Tensor, Tensor]]
MARGINS = torch.tensor([0.1, 0.4, 0.8], dtype=torch.float64)
SETTINGS = list(itertools.product(TRIPLET_LOSSES, MINERS, REDUCTIONS))


def by_class(labels: Tensor) -> Tensor:
    return torch.tensor([0.3, 2.0, 0.7, 1.4], dtype=torch.float64)[labels]


@pytest.mark.parametrize(("loss", "mining", "reduction"), SETTINGS)
def test_the_weighted_loss_equals_plain_python_loops(
    batch: MakeBatch, plain_loss: Callable[..., float], *, loss: str, mining: str, reduction: str
) -> None:
    embeddings, labels = batch(slices=3)
    names = {"mining": mining, "reduction": reduction}
    ours = TRIPLET_LOSSES[loss](embeddings, labels, MARGINS, weights=by_class(labels), **names)
    plain = plain_loss(
        embeddings.tolist(),
        labels.tolist(),
        MARGINS.tolist(),
        dual=loss == "dual-triplet",
        distance="euclidean",
        weights=by_class(labels).tolist(),
        **names,
    )
    assert ours.loss.item() == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize(("loss", "mining", "reduction"), SETTINGS)
def test_equal_weights_of_any_size_change_neither_loss_nor_telemetry(
    batch: MakeBatch, *, loss: str, mining: str, reduction: str
) -> None:
    embeddings, labels = batch(slices=3)
    names = {"mining": mining, "reduction": reduction}
    plain = TRIPLET_LOSSES[loss](embeddings, labels, MARGINS, **names)
    weights = torch.full((len(labels),), 3.0, dtype=torch.float64)
    for ours, expected in zip(
        TRIPLET_LOSSES[loss](embeddings, labels, MARGINS, weights=weights, **names), plain, strict=True
    ):
        torch.testing.assert_close(ours, expected)


def test_the_telemetry_is_not_weighted(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=3)
    plain = dual_triplet(embeddings, labels, MARGINS)
    weighted = dual_triplet(embeddings, labels, MARGINS, weights=by_class(labels))
    assert not torch.isclose(weighted.loss, plain.loss)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(weighted[1:], plain[1:], strict=True))


@pytest.mark.parametrize("mining", MINERS)
def test_anchors_that_weigh_nothing_leave_a_loss_of_zero_with_gradient_zero(
    batch: MakeBatch, mining: str
) -> None:
    embeddings, labels = batch(slices=3)
    loss = triplet(embeddings, labels, MARGINS, mining=mining, weights=torch.zeros(len(labels))).loss
    (gradient,) = torch.autograd.grad(loss, embeddings)
    assert loss.item() == 0
    assert not gradient.any()


def test_the_gradient_of_a_weighted_loss_equals_finite_differences(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=3, faces=8)
    weights = by_class(labels)

    def loss(points: Tensor) -> Tensor:
        return dual_triplet(points, labels, MARGINS, weights=weights).loss

    assert torch.autograd.gradcheck(loss, embeddings)


@pytest.mark.usefixtures("without_shape_checks")
def test_a_weight_too_few_is_refused(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=3, faces=4)
    with pytest.raises(LossError, match=r"one weight for each of 4 embeddings, got weights of shape \[3\]"):
        triplet(embeddings, labels, MARGINS, weights=torch.ones(3))
