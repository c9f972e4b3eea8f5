"""A softmax head on the embedding, trained by cross entropy. It knows no slices and no margins."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional


class SoftmaxHead(nn.Module):
    """A linear layer from D to C with its cross entropy; called as every loss of the adapter is.

    Args:
        embedding_dim: D.
        classes: C.
        generator: Draws the first weights, uniformly in 1/sqrt(D) either way as `nn.Linear` does.
    """

    def __init__(self, *, embedding_dim: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = 1 / math.sqrt(embedding_dim)
        self.weight = nn.Parameter(torch.empty(classes, embedding_dim))
        self.bias = nn.Parameter(torch.zeros(classes))
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)

    def forward(
        self,
        embedding: Float[Tensor, "B D"],
        labels: Int[Tensor, " B"],
        class_weights: Float[Tensor, " C"] | None = None,
    ) -> Float[Tensor, ""]:
        """Mean cross entropy of the batch, at least 0; the weighted mean where classes have weights."""
        return functional.cross_entropy(self.logits(embedding), labels, weight=class_weights)

    def logits(self, embedding: Float[Tensor, "B D"]) -> Float[Tensor, "B C"]:
        """Scores before the softmax."""
        return functional.linear(embedding, self.weight, self.bias)
