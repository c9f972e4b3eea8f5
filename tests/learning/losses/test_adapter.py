"""Losses of pytorch-metric-learning by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
import pytorch_metric_learning.losses as pml
import torch
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.adapter import pml_loss
from harness.learning.losses.names import PML_LOSSES, PML_REFUSED

MakeBatch = Callable[..., tuple[Tensor, Tensor]]


def test_every_loss_of_the_library_is_either_offered_or_refused_with_a_reason() -> None:
    classes = {
        name for name, each in vars(pml).items() if inspect.isclass(each) and not name.endswith("Mixin")
    }
    assert classes == {*PML_LOSSES, *PML_REFUSED}


@pytest.mark.parametrize("name", PML_LOSSES)
def test_every_offered_loss_trains_an_embedding(batch: MakeBatch, name: str) -> None:
    embeddings, labels = batch(slices=1, faces=28, length=8, classes=7)
    embedding = embeddings[0].detach().float().requires_grad_()
    value = pml_loss(f"pml:{name}", embedding_dim=8, classes=7, seed=0)(embedding, labels)
    value.backward()
    assert value.shape == ()
    assert embedding.grad.isfinite().all()
    assert embedding.grad.any()


def test_losses_with_proxies_bring_them_as_parameters_of_the_right_size() -> None:
    (proxies,) = pml_loss("pml:ProxyAnchorLoss", embedding_dim=8, classes=7, seed=0).parameters()
    assert proxies.shape == (7, 8)


def test_proxies_follow_the_seed_and_leave_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        next(pml_loss("pml:ArcFaceLoss", embedding_dim=8, classes=7, seed=seed).parameters())
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pml:ArcfaceLos", "unknown loss of pytorch-metric-learning 'ArcfaceLos': did you mean ArcFaceLoss"),
        ("pml:Zzz", "unknown loss of pytorch-metric-learning 'Zzz': choose one of AngularLoss"),
        ("pml:CrossBatchMemory", "'pml:CrossBatchMemory' cannot be used: it wraps another loss"),
        ("duel-triplet", "unknown loss 'duel-triplet': did you mean dual-triplet"),
    ],
)
def test_losses_that_cannot_be_built_are_refused(*, name: str, message: str) -> None:
    with pytest.raises(LossError, match=message):
        pml_loss(name, embedding_dim=8, classes=7, seed=0)
