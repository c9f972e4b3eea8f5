"""Center loss: each face is pulled to a learned centre of its class. It pushes nothing apart, so cross entropy must."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class CenterLoss(nn.Module):
    """Half the mean squared distance of the embeddings to their classes' centres; called as every loss of the adapter is.

    The paper sums over the batch and moves the centres by a rule and a rate of their own. Here it is the mean, so that the batch
    size is not a weight, and the centres are parameters that the optimiser trains with the network.

    Args:
        embedding_dim: D.
        classes: C.
        generator: Draws the first centres, uniformly in 1/sqrt(D) either way.

    Reference: Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition (2016), equation 2.
    """

    def __init__(self, *, embedding_dim: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = 1 / math.sqrt(embedding_dim)
        self.centers = nn.Parameter(torch.empty(classes, embedding_dim))
        nn.init.uniform_(self.centers, -bound, bound, generator=generator)

    def forward(self, embedding: Float[Tensor, "B D"], labels: Int[Tensor, " B"]) -> Float[Tensor, ""]:
        """The loss of a batch, at least 0."""
        return (embedding - self.centers[labels]).square().sum(1).mean() / 2
