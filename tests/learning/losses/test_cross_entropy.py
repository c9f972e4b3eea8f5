"""The softmax head."""

from __future__ import annotations

import math

import pytest
import torch

from harness.learning.losses.cross_entropy import SoftmaxHead


def head(seed: int = 0) -> SoftmaxHead:
    return SoftmaxHead(embedding_dim=6, classes=3, generator=torch.Generator().manual_seed(seed))


def test_the_loss_is_the_mean_negative_log_probability_of_the_true_class() -> None:
    embedding, labels = torch.rand(5, 6), torch.tensor([0, 1, 2, 2, 0])
    probabilities = head().logits(embedding).softmax(1)
    expected = -probabilities[torch.arange(5), labels].log().mean()
    torch.testing.assert_close(head()(embedding, labels), expected)


def test_with_class_weights_the_loss_is_the_weighted_mean() -> None:
    embedding, labels = torch.rand(5, 6), torch.tensor([0, 1, 2, 2, 0])
    weights = torch.tensor([0.5, 3.0, 1.0])
    losses = -head().logits(embedding).log_softmax(1)[torch.arange(5), labels]
    expected = (losses * weights[labels]).sum() / weights[labels].sum()
    torch.testing.assert_close(head()(embedding, labels, weights), expected)


def test_an_embedding_at_the_origin_costs_the_logarithm_of_the_classes() -> None:
    assert head()(torch.zeros(4, 6), torch.tensor([0, 1, 2, 0])).item() == pytest.approx(math.log(3))


def test_the_first_weights_follow_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    assert torch.equal(head(1).weight, head(1).weight)
    assert not torch.equal(head(1).weight, head(2).weight)
    assert torch.equal(torch.random.get_rng_state(), before)
