"""Distances within mined triplets, with gradient. It knows neither the miner nor the loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from harness.learning.losses.mining import Mined, PerAnchor, SharedTriplets
from harness.learning.losses.names import DISTANCES, check_name


class TripletDistances(NamedTuple):
    """Of anchor and positive, anchor and negative, positive and negative; T triplets in each of N slices."""

    ap: Float[Tensor, "N T"]
    an: Float[Tensor, "N T"]
    pn: Float[Tensor, "N T"]


def triplet_distances(
    embeddings: Float[Tensor, "N B K"], mined: Mined, *, distance: str = "euclidean"
) -> TripletDistances:
    """The three distances of each mined triplet.

    The gradient of the Euclidean distance of two equal points is taken as 0, its subgradient of least norm;
    never NaN.

    Args:
        embeddings: N slices of B embeddings.
        mined: Which triplets.
        distance: `euclidean`, in [0, 2] for unit vectors, or `squared-euclidean`, in [0, 4].

    Raises:
        LossError: If there is no such distance.
    """
    check_name("distance", distance, DISTANCES)
    euclidean = _per_anchor(embeddings, mined) if isinstance(mined, PerAnchor) else _shared(embeddings, mined)
    if distance == "euclidean":
        return euclidean
    return TripletDistances(*(each.square() for each in euclidean))


def _per_anchor(embeddings: Float[Tensor, "N B K"], mined: PerAnchor) -> TripletDistances:
    """Few triplets: gather the chosen rows, so that the way back never touches an [N, B, B] tensor."""
    others = _rows(embeddings, torch.stack((mined.positive, mined.negative), dim=1))
    ap, an = torch.linalg.vector_norm(embeddings[:, None] - others, dim=-1).unbind(1)
    pn = torch.linalg.vector_norm(others[:, 0] - others[:, 1], dim=-1)
    return TripletDistances(ap, an, pn)


def _rows(embeddings: Float[Tensor, "N B K"], index: Int[Tensor, "N two B"]) -> Float[Tensor, "N two B K"]:
    """`embeddings[n, index[n]]` for each slice n. One flat index_select; gather's way back takes 3x."""
    N, B, K = embeddings.shape
    first = torch.arange(N, device=index.device)[:, None, None] * B
    return embeddings.flatten(0, 1).index_select(0, (index + first).flatten()).view(*index.shape, K)


def _shared(embeddings: Float[Tensor, "N B K"], mined: SharedTriplets) -> TripletDistances:
    """Many triplets: each pair's distance is computed once, then looked up by every triplet that needs it."""
    # The short form |a|^2 + |b|^2 - 2 a.b loses all digits where points nearly coincide.
    matrix = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist").flatten(1)
    anchor, positive, negative = mined
    B = embeddings.shape[1]
    return TripletDistances(
        ap=matrix.index_select(1, anchor * B + positive),
        an=matrix.index_select(1, anchor * B + negative),
        pn=matrix.index_select(1, positive * B + negative),
    )
