"""What the frames of a sequence decide together. It knows no network and no split."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

VOTE, MEAN_EMBEDDING = "vote", "mean-embedding"


def sequence_means(features: Float[Tensor, "n D"], sequences: Int[Tensor, " n"]) -> Float[Tensor, "S D"]:
    """The mean embedding of each sequence.

    Args:
        features: Embeddings of frames.
        sequences: Which sequence each frame is of, in [0, S), none of them empty.
    """
    count = int(sequences.max()) + 1
    sums = features.new_zeros(count, features.shape[1]).index_add_(0, sequences, features)
    return sums / torch.bincount(sequences, minlength=count)[:, None]


def sequence_votes(
    predictions: Int[Tensor, " n"],
    sequences: Int[Tensor, " n"],
    of_means: Int[Tensor, " S"],
    *,
    classes: int,
) -> Int[Tensor, " S"]:
    """The class that most frames of a sequence are predicted to be.

    Between classes of equally many votes the prediction for the mean embedding decides, if it is one of them; else the first.

    Args:
        predictions: Of the frames, in [0, C).
        sequences: Which sequence each frame is of, in [0, S).
        of_means: What is predicted for each sequence's mean embedding.
        classes: C.
    """
    votes = torch.zeros(len(of_means), classes, dtype=torch.float64)
    votes.index_put_(
        (sequences, predictions), torch.ones(len(predictions), dtype=torch.float64), accumulate=True
    )
    votes[torch.arange(len(of_means)), of_means] += 0.5
    return votes.argmax(1)


def sequence_labels(labels: Int[Tensor, " n"], sequences: Int[Tensor, " n"]) -> Int[Tensor, " S"]:
    """The label of each sequence, whose frames all have one."""
    found = labels.new_zeros(int(sequences.max()) + 1)
    found[sequences] = labels
    return found
