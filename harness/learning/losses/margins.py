"""Thresholds tau_1 <= ... <= tau_N, sampled from a range. It does not know what a slice does with its own."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.names import SAMPLINGS, check_name


def sample_margins(
    count: int, *, low: float, high: float, sampling: str, generator: torch.Generator | None = None
) -> Float[Tensor, " N"]:
    """N margins in ascending order. One margin alone is always `low`.

    Args:
        count: N, at least 1.
        low: tau_min, in units of the distance; above 0 for `log`, else at least 0.
        high: tau_max, at least `low`.
        sampling: `even` has equal steps and both ends, `log` equal ratios and both ends, `random` sorts
            uniform draws.
        generator: Where `random` draws from; the others need none.

    Raises:
        LossError: If the sampling is unknown, the range is empty or leaves its domain, or `random` has no
            generator.

    Reference:
        arXiv 2406.16434 samples the thresholds of the slices from [tau_min, tau_max].
    """
    check_name("margin sampling", sampling, SAMPLINGS)
    _check_range(count, low, high, sampling)
    if count == 1:
        return torch.tensor([low])
    if sampling == "even":
        return torch.linspace(low, high, count)
    if sampling == "log":
        return _pinned(torch.linspace(math.log(low), math.log(high), count).exp(), low, high)
    if generator is None:
        raise LossError(
            f"sampling 'random' of {count} margins needs a torch.Generator, got None: pass a seeded one"
        )
    return (low + (high - low) * torch.rand(count, generator=generator)).sort().values


def _check_range(count: int, low: float, high: float, sampling: str) -> None:
    if count < 1:
        raise LossError(f"expected at least 1 margin, got {count}: ask for one per slice")
    if not low <= high:
        raise LossError(f"expected margin_min <= margin_max, got {low} and {high}: exchange or widen them")
    if low < 0:
        raise LossError(f"expected margin_min of at least 0, got {low}: raise it")
    if low == 0 and sampling == "log":
        raise LossError(f"sampling 'log' needs margin_min above 0, got {low}: raise it or choose 'even'")


def _pinned(margins: Float[Tensor, " N"], low: float, high: float) -> Float[Tensor, " N"]:
    """The ends set exactly, for a logarithm and its inverse round them away."""
    margins[0], margins[-1] = low, high
    return margins.clamp(low, high)
