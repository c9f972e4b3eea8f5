"""How far apart the embeddings of a slice lie, and whether they have collapsed. It knows no loss.

That every triplet is active proves no collapse: with a share of cross entropy such trainings were the best
on real faces. What proves it is that the spread is gone and that nothing can be told from what is left.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

# For unit vectors the mean cosine of two faces is 1 - spread^2: below this spread it is above 0.99.
COLLAPSED_SPREAD = 0.1
# A UAR counts as chance up to this share of the way from 1/C to 1: with 7 classes up to 22.9 %.
CHANCE_SHARE = 0.1


def embedding_spread(slices: Float[Tensor, "n N K"]) -> Float[Tensor, " N"]:
    """Root mean square distance of each slice's embeddings from their mean.

    Returns:
        In [0, 1] for unit vectors: 0 for a single point, 1 where the mean is at the origin.
    """
    return (slices - slices.mean(0)).square().sum(-1).mean(0).sqrt()


def is_collapsed(spread: Float[Tensor, " N"], *, uar: float, classes: int) -> bool:
    """Whether every slice has lost its spread and the UAR is at chance.

    Args:
        spread: Of each slice, from `embedding_spread`.
        uar: Of the same embeddings, in [0, 1].
        classes: C, at least 2.
    """
    chance = 1 / classes
    at_chance = uar <= chance + CHANCE_SHARE * (1 - chance)
    return at_chance and bool((spread < COLLAPSED_SPREAD).all())
