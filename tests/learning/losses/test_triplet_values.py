"""The triplet losses' value and gradient: against loops, pytorch-metric-learning and finite differences."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchEasyHardMiner, BatchHardMiner
from pytorch_metric_learning.reducers import AvgNonZeroReducer, MeanReducer
from torch import Tensor

from harness.learning.losses.names import DISTANCES, MINERS, REDUCTIONS
from harness.learning.losses.triplet import TRIPLET_LOSSES, triplet

MakeBatch = Callable[..., tuple[Tensor, Tensor]]
SETTINGS = list(itertools.product(MINERS, DISTANCES, REDUCTIONS, (1, 4)))


def margins_of(slices: int) -> Tensor:
    return torch.linspace(0.1, 0.6, slices, dtype=torch.float64)


@pytest.mark.parametrize(("mining", "distance", "reduction", "slices"), SETTINGS)
@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
def test_the_loss_equals_plain_python_loops(
    batch: MakeBatch,
    plain_loss: Callable[..., float],
    *,
    loss: str,
    mining: str,
    distance: str,
    reduction: str,
    slices: int,
) -> None:
    embeddings, labels = batch(slices=slices)
    names = {"mining": mining, "distance": distance, "reduction": reduction}
    ours = TRIPLET_LOSSES[loss](embeddings, labels, margins_of(slices), **names).loss
    plain = (embeddings.tolist(), labels.tolist(), margins_of(slices).tolist())
    assert ours.item() == pytest.approx(plain_loss(*plain, dual=loss == "dual-triplet", **names), abs=1e-12)


@pytest.mark.parametrize(("mining", "distance", "reduction", "slices"), SETTINGS)
def test_value_and_gradient_equal_those_of_pytorch_metric_learning(
    batch: MakeBatch, *, mining: str, distance: str, reduction: str, slices: int
) -> None:
    embeddings, labels = batch(slices=slices, faces=24, length=8, seed=1)
    names = {"mining": mining, "distance": distance, "reduction": reduction}
    ours = triplet(embeddings, labels, margins_of(slices), **names).loss
    theirs = pml_loop(embeddings, labels, margins_of(slices), **names)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    (our_gradient,) = torch.autograd.grad(ours, embeddings)
    (their_gradient,) = torch.autograd.grad(theirs, embeddings)
    torch.testing.assert_close(our_gradient, their_gradient, rtol=0, atol=1e-12)


def pml_loop(
    embeddings: Tensor, labels: Tensor, margins: Tensor, *, mining: str, distance: str, reduction: str
) -> Tensor:
    measure = LpDistance(normalize_embeddings=False, power=2 if distance == "squared-euclidean" else 1)
    miners = {
        "batch-hard": BatchHardMiner(distance=measure),
        "semi-hard": BatchEasyHardMiner(pos_strategy="hard", neg_strategy="semihard", distance=measure),
        "batch-all": lambda points, labels: None,  # without a miner the loss takes all triplets
    }
    reducer = MeanReducer() if reduction == "mean" else AvgNonZeroReducer()
    losses = [
        TripletMarginLoss(margin=margin.item(), distance=measure, reducer=reducer)(
            points, labels, miners[mining](points, labels)
        )
        for points, margin in zip(embeddings, margins, strict=True)
    ]
    return torch.stack(losses).mean()


@pytest.mark.parametrize("mining", MINERS)
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
def test_the_gradient_equals_finite_differences(
    batch: MakeBatch, *, loss: str, mining: str, distance: str
) -> None:
    embeddings, labels = batch(slices=2, faces=7, length=3, classes=3)

    def of_embeddings(points: Tensor) -> Tensor:
        return TRIPLET_LOSSES[loss](points, labels, margins_of(2), mining=mining, distance=distance).loss

    assert torch.autograd.gradcheck(of_embeddings, (embeddings,))


def test_the_nonzero_reduction_is_larger_than_the_mean_where_some_triplets_are_inactive(
    batch: MakeBatch,
) -> None:
    embeddings, labels = batch(slices=1, faces=24, length=8)
    losses = {
        each: triplet(embeddings, labels, margins_of(1), mining="batch-all", reduction=each)
        for each in REDUCTIONS
    }
    share = losses["mean"].active_share.item()
    assert 0 < share < 1
    assert losses["nonzero"].loss.item() * share == pytest.approx(losses["mean"].loss.item())


def test_single_precision_agrees_with_double(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=4, faces=64, length=16)
    double = triplet(embeddings, labels, margins_of(4)).loss
    single = triplet(embeddings.float(), labels, margins_of(4).float()).loss
    assert single.item() == pytest.approx(double.item(), abs=1e-6)
