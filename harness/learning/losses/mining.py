"""Chooses the triplets of a batch, in every slice at once, without gradient. It knows no margin and no loss.

A batch has N slices of B embeddings. An anchor without a positive or without a negative in the batch takes
part in nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class PerAnchor(NamedTuple):
    """One triplet per slice and anchor; the anchor is the place in the batch.

    Attributes:
        positive: Index of the positive, in [0, B).
        negative: Index of the negative, in [0, B).
        valid: False where that anchor has no triplet; its indices then mean nothing.
    """

    positive: Int[Tensor, "N B"]
    negative: Int[Tensor, "N B"]
    valid: Bool[Tensor, "N B"]


class SharedTriplets(NamedTuple):
    """T triplets, the same ones in every slice. Indices lie in [0, B)."""

    anchor: Int[Tensor, " T"]
    positive: Int[Tensor, " T"]
    negative: Int[Tensor, " T"]


@torch.no_grad()
def batch_hard(embeddings: Float[Tensor, "N B K"], labels: Int[Tensor, " B"]) -> PerAnchor:
    """The farthest positive and the nearest negative of each anchor, per slice.

    Reference:
        Hermans, Beyer, Leibe: In Defense of the Triplet Loss for Person Re-Identification, 2017, equation 5.
    """
    positives, negatives = _pairs(labels)
    ranks = _distance_ranks(embeddings)
    return PerAnchor(
        positive=_argmax(ranks + _minus_infinity_unless(positives)),
        # In place, for this is the last use of the ranks: a fresh [N, B, B] costs more than the subtraction.
        negative=_argmax(torch.sub(_minus_infinity_unless(negatives), ranks, out=ranks)),
        valid=(positives.any(-1) & negatives.any(-1)).expand(ranks.shape[:2]),
    )


@torch.no_grad()
def semi_hard(embeddings: Float[Tensor, "N B K"], labels: Int[Tensor, " B"]) -> PerAnchor:
    """The farthest positive, and the nearest negative that is farther still, per slice.

    An anchor whose negatives all lie nearer than its farthest positive is left out of that slice. Both are
    as in pytorch-metric-learning's `BatchEasyHardMiner(pos_strategy="hard", neg_strategy="semihard")`.
    Whether the negative lies inside the margin is not asked: outside of it the triplet loss is zero.

    Reference:
        Schroff, Kalenichenko, Philbin: FaceNet, 2015, equation 4. There every positive is used; here the
        farthest.
    """
    positives, negatives = _pairs(labels)
    ranks = _distance_ranks(embeddings)
    positive = _argmax(ranks + _minus_infinity_unless(positives))
    beyond = negatives & (ranks > ranks.gather(-1, positive[..., None]))
    return PerAnchor(
        positive=positive,
        negative=_argmax(torch.sub(_minus_infinity_unless(beyond), ranks, out=ranks)),
        valid=positives.any(-1) & beyond.any(-1),
    )


@torch.no_grad()
def batch_all(embeddings: Float[Tensor, "N B K"], labels: Int[Tensor, " B"]) -> SharedTriplets:
    """Every triplet of the batch: about B * B/C * B of them. The embeddings do not matter."""
    positives, negatives = _pairs(labels)
    return SharedTriplets(*torch.nonzero(positives[:, :, None] & negatives[:, None, :], as_tuple=True))


Mined = PerAnchor | SharedTriplets
MINERS: dict[str, Callable[[Tensor, Tensor], Mined]] = {
    "batch-hard": batch_hard,
    "semi-hard": semi_hard,
    "batch-all": batch_all,
}


def _pairs(labels: Int[Tensor, " B"]) -> tuple[Bool[Tensor, "B B"], Bool[Tensor, "B B"]]:
    """Which (anchor, other) are positive and which are negative pairs."""
    same = labels[:, None] == labels[None, :]
    return same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~same


def _distance_ranks(embeddings: Float[Tensor, "N B K"]) -> Float[Tensor, "N B B"]:
    """Numbers that order each anchor's row as the distances do: |x|^2 - 2 a.x, the squared one less |a|^2.

    The embeddings are centred first. That changes no distance, but the rounding error then scales with the
    spread of a slice and not with its length of 1: the order is right even in a slice that has nearly
    collapsed. For the same reason half precision, given or by autocast, is left here.
    """
    full = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
    centred = full - full.mean(1, keepdim=True)
    with torch.autocast(embeddings.device.type, enabled=False):
        return torch.baddbmm(centred.square().sum(-1)[:, None, :], centred, centred.mT, alpha=-2)


def _minus_infinity_unless(allowed: Bool[Tensor, "*N B B"]) -> Float[Tensor, "*N B B"]:
    """0 where allowed. Added to ranks it hides the rest, at a fifth of the time of `masked_fill`."""
    return torch.zeros(allowed.shape, device=allowed.device).masked_fill_(~allowed, -torch.inf)


def _argmax(values: Float[Tensor, "N B B"]) -> Int[Tensor, "N B"]:
    """The place of each row's maximum. On a CPU numpy finds it, eight times as fast as torch."""
    if values.device.type == "cpu":
        return torch.from_numpy(values.numpy().argmax(-1))
    return values.argmax(-1)
