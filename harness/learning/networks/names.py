"""Names of the backbones and valid slice counts, for search files. It imports no torch, so that checking one takes no second."""

SMALL_CNN = "small-cnn"
TIMM = "timm:"
"""What a timm model's name comes after."""


def valid_slices(embedding_dim: int) -> tuple[int, ...]:
    """Every N that divides D, ascending."""
    return tuple(n for n in range(1, embedding_dim + 1) if embedding_dim % n == 0)
