"""A weight per class from the number of its training faces. It does not know which loss uses them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.names import CLASS_WEIGHTS, check_name

POWERS = {"inverse": 1.0, "sqrt-inverse": 0.5}
"""A class of n faces weighs n to the minus this, before scaling."""


def class_weights(name: str, counts: Sequence[int] | None, *, classes: int) -> Float[Tensor, " C"] | None:
    """Weights per class, whose mean over the training faces is 1.

    Args:
        name: `none`, `inverse` (each class weighs as much as any other in all) or `sqrt-inverse` (half-way there).
        counts: Training faces of each class. `none` needs none of them. A class without faces weighs 0.
        classes: C.

    Returns:
        None for `none`, so that nothing is multiplied by one.

    Raises:
        LossError: If there is no such weighting, or it has no counts, or not one at least 0 for each class.
    """
    check_name("class_weight", name, CLASS_WEIGHTS)
    if name == "none":
        return None
    if counts is None:
        raise LossError(
            f"class_weight {name!r} expected the training faces of each of {classes} classes, got None: pass "
            "class_counts, or choose class_weight 'none'"
        )
    if len(counts) != classes or min(counts) < 0 or not any(counts):
        raise LossError(
            f"class_weight {name!r} expected a count of training faces for each of {classes} classes, got "
            f"{list(counts)}: count the labels of the training faces"
        )
    faces = torch.tensor(counts, dtype=torch.float64)
    weights = torch.where(faces > 0, faces.clamp(min=1) ** -POWERS[name], 0)
    return (weights * faces.sum() / (weights * faces).sum()).float()
