"""The triplet and the dual triplet loss with a margin per slice, all slices at once. They know no network.

Mine without gradient, measure the mined triplets, apply the hinge, reduce: four steps, each of them for
N slices together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.distances import TripletDistances, triplet_distances
from harness.learning.losses.mining import MINERS, Mined, PerAnchor
from harness.learning.losses.names import REDUCTIONS, check_name, look_up


class TripletOutcome(NamedTuple):
    """A loss, and what each slice did. All but `loss` are detached; a slice without triplets reads 0.

    Attributes:
        loss: Mean over the slices; call `backward` on it.
        active_share: Share of the mined triplets whose loss is above zero, in [0, 1].
        distance_ap: Mean distance of anchor and positive over the mined triplets.
        distance_an: Mean distance of anchor and negative over the mined triplets.
    """

    loss: Float[Tensor, ""]
    active_share: Float[Tensor, " N"]
    distance_ap: Float[Tensor, " N"]
    distance_an: Float[Tensor, " N"]


def triplet(
    embeddings: Float[Tensor, "N B K"],
    labels: Int[Tensor, " B"],
    margins: Float[Tensor, " N"],
    *,
    mining: str = "batch-hard",
    distance: str = "euclidean",
    reduction: str = "mean",
    weights: Float[Tensor, " B"] | None = None,
) -> TripletOutcome:
    """The mean over the slices of [d(a,p) - d(a,n) + tau_i]+, reduced over the mined triplets of each slice.

    Args:
        embeddings: N slices of B embeddings, each of length 1.
        labels: Class of each of the B.
        margins: tau_i, one per slice, in units of the distance.
        mining: A name of `names.MINERS`.
        distance: A name of `names.DISTANCES`.
        reduction: `mean` over a slice's mined triplets, or `nonzero`, the mean over those above zero alone,
            which is pytorch-metric-learning's default. A slice without any gives 0, with gradient 0.
        weights: One per embedding, at least 0, for a weighted mean: a triplet weighs what its anchor weighs. None
            weighs all alike. The telemetry is never weighted.

    Raises:
        LossError: If a name is unknown, or if there is not one margin per slice, and one label and, where there are
            weights, one weight per embedding.
    """
    return _outcome(
        embeddings,
        labels,
        margins,
        hinge=_hinge,
        mining=mining,
        distance=distance,
        reduction=reduction,
        weights=weights,
    )


def dual_triplet(
    embeddings: Float[Tensor, "N B K"],
    labels: Int[Tensor, " B"],
    margins: Float[Tensor, " N"],
    *,
    mining: str = "batch-hard",
    distance: str = "euclidean",
    reduction: str = "mean",
    weights: Float[Tensor, " B"] | None = None,
) -> TripletOutcome:
    """The triplet loss, with each triplet judged from its positive too.

    Per triplet: [d(a,p) - d(a,n) + tau_i]+ + [d(a,p) - d(p,n) + tau_i]+. Both terms use the triplets mined
    from the anchor. A triplet is active where the sum of the two is above zero. Arguments and errors are
    those of `triplet`.

    Reference:
        arXiv 2406.16434 introduces the dual triplet loss, because a triplet judged from its anchor alone is
        judged incompletely. Its formula was not at hand: the one above is our reading of that argument.
    """
    return _outcome(
        embeddings,
        labels,
        margins,
        hinge=_dual_hinge,
        mining=mining,
        distance=distance,
        reduction=reduction,
        weights=weights,
    )


TRIPLET_LOSSES = {"triplet": triplet, "dual-triplet": dual_triplet}


def _hinge(d: TripletDistances, margins: Float[Tensor, "N 1"]) -> Float[Tensor, "N T"]:
    return (d.ap - d.an + margins).relu()


def _dual_hinge(d: TripletDistances, margins: Float[Tensor, "N 1"]) -> Float[Tensor, "N T"]:
    return (d.ap - d.an + margins).relu() + (d.ap - d.pn + margins).relu()


def _outcome(
    embeddings: Float[Tensor, "N B K"],
    labels: Int[Tensor, " B"],
    margins: Float[Tensor, " N"],
    *,
    hinge: Callable[[TripletDistances, Tensor], Tensor],
    mining: str,
    distance: str,
    reduction: str,
    weights: Float[Tensor, " B"] | None,
) -> TripletOutcome:
    check_name("reduction", reduction, REDUCTIONS)
    _check_sizes(embeddings, labels, margins, weights=weights)
    mined = look_up("mining", mining, MINERS)(embeddings.detach(), labels)
    distances = triplet_distances(embeddings, mined, distance=distance)
    losses = hinge(distances, margins[:, None])
    valid = mined.valid if isinstance(mined, PerAnchor) else torch.ones_like(losses, dtype=torch.bool)
    active = (losses.detach() > 0) & valid
    shares = _shares(valid, losses.dtype)
    loss_shares = shares if reduction == "mean" else _shares(active, losses.dtype)
    if weights is not None:
        loss_shares = _weighted(loss_shares, _anchor_weights(weights, mined))
    telemetry = torch.stack((active.to(losses.dtype), distances.ap.detach(), distances.an.detach()))
    return TripletOutcome((losses * loss_shares).sum() / len(losses), *(telemetry * shares).sum(-1).unbind())


def _shares(chosen: Bool[Tensor, "N T"], dtype: torch.dtype) -> Float[Tensor, "N T"]:
    """Shares under which a sum over a slice is the mean of its chosen values, or 0 where none is chosen."""
    return chosen.to(dtype) / chosen.sum(1, keepdim=True).clamp(min=1)


def _weighted(shares: Float[Tensor, "N T"], weights: Float[Tensor, " T"]) -> Float[Tensor, "N T"]:
    """Shares of a weighted mean: in proportion to the weights, and again one in all, or 0 where none weighs anything."""
    weighted = shares * weights
    total = weighted.sum(1, keepdim=True)
    return weighted / torch.where(total > 0, total, 1)


def _anchor_weights(weights: Float[Tensor, " B"], mined: Mined) -> Float[Tensor, " T"]:
    return weights if isinstance(mined, PerAnchor) else weights[mined.anchor]


def _check_sizes(embeddings: Tensor, labels: Tensor, margins: Tensor, *, weights: Tensor | None) -> None:
    N, B, _ = embeddings.shape
    if margins.shape != (N,):
        raise LossError(
            f"expected one margin for each of {N} slices, got margins of shape {list(margins.shape)}"
        )
    if labels.shape != (B,):
        raise LossError(
            f"expected one label for each of {B} embeddings, got labels of shape {list(labels.shape)}"
        )
    if weights is not None and weights.shape != (B,):
        raise LossError(
            f"expected one weight for each of {B} embeddings, got weights of shape {list(weights.shape)}"
        )
