"""The center loss against a plain loop, and what it does to a batch."""

from __future__ import annotations

import pytest
import torch

from harness.learning.losses.center import CenterLoss


def loss(seed: int = 0) -> CenterLoss:
    return CenterLoss(embedding_dim=6, classes=3, generator=torch.Generator().manual_seed(seed)).double()


def test_it_is_half_the_mean_squared_distance_to_the_classs_centre() -> None:
    center = loss()
    embedding, labels = torch.rand(5, 6, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 0])
    total = 0.0
    for face, label in zip(embedding, labels, strict=True):
        total += sum(
            (float(x) - float(c)) ** 2 for x, c in zip(face, center.centers[label].detach(), strict=True)
        )
    assert center(embedding, labels).item() == pytest.approx(total / 10)


def test_its_gradients_are_those_of_finite_differences() -> None:
    center = loss()
    embedding = torch.rand(4, 6, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 0])
    assert torch.autograd.gradcheck(lambda given: center(given, labels), (embedding,))


def test_at_the_centres_it_is_zero_and_classes_that_are_not_there_stay() -> None:
    center = loss()
    assert center(center.centers[[0, 1]], torch.tensor([0, 1])).item() == 0
    center(torch.rand(2, 6, dtype=torch.float64), torch.tensor([0, 1])).backward()
    assert center.centers.grad is not None
    assert center.centers.grad[2].abs().sum() == 0
    assert center.centers.grad[:2].abs().sum() > 0


def test_the_first_centres_follow_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    assert torch.equal(loss(1).centers, loss(1).centers)
    assert not torch.equal(loss(1).centers, loss(2).centers)
    assert torch.equal(torch.random.get_rng_state(), before)
