"""The sliced embedding: D numbers cut into N slices, each on the unit sphere. It does not know thresholds or losses.

Reference: multi-threshold deep metric learning, arXiv 2406.16434.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from harness.errors import NetworkError
from harness.learning.networks.names import valid_slices


class Embedding(NamedTuple):
    """What the network says of B faces.

    Attributes:
        raw: The embedding before normalisation, for softmax heads.
        slices: N unit vectors of D / N numbers per face.
    """

    raw: Float[Tensor, "B D"]
    slices: Float[Tensor, "B N K"]


def side_by_side(slices: Float[Tensor, "B N K"]) -> Float[Tensor, "B D"]:
    """The faces' features: their unit slices in a row, scaled by 1/sqrt(N) so that each has length one."""
    return slices.flatten(1) / slices.shape[1] ** 0.5


class SlicedEmbedding(nn.Module):
    """Dropout and a linear layer from features to D numbers, cut into N slices.

    Args:
        features: F, the length of the backbone's features.
        embedding_dim: D.
        slices: N, which divides D.
        dropout: Share of the features that is dropped in training.

    Raises:
        NetworkError: If N does not divide D; the message names every N that does.
    """

    def __init__(self, features: int, *, embedding_dim: int, slices: int, dropout: float = 0.0) -> None:
        super().__init__()
        if slices not in valid_slices(embedding_dim):
            valid = ", ".join(map(str, valid_slices(embedding_dim)))
            raise NetworkError(
                f"slices: {slices} does not divide embedding_dim {embedding_dim}; it can be {valid}"
            )
        self.slices = slices
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(features, embedding_dim)

    def forward(self, features: Float[Tensor, "B features"]) -> Embedding:
        """The embedding, raw and as unit slices."""
        raw = self.linear(self.dropout(features))
        return Embedding(raw, functional.normalize(raw.unflatten(1, (self.slices, -1)), dim=2))


class FaceNetwork(nn.Module):
    """A backbone and the sliced embedding on top of it."""

    def __init__(self, backbone: nn.Module, embedding: SlicedEmbedding) -> None:
        super().__init__()
        self.backbone = backbone
        self.embedding = embedding

    def forward(self, images: Float[Tensor, "B channels H W"]) -> Embedding:
        """The embedding of each face."""
        embedding: Embedding = self.embedding(self.backbone(images))
        return embedding
