"""Embeddings about a centre per class, shared by the tests of the metrics."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


@pytest.fixture
def faces() -> Callable[..., tuple[Tensor, Tensor]]:
    """Makes unit vectors [n, D] and labels [n]; the noise decides how well the classes are told apart."""
    return make_faces


def make_faces(
    count: int, *, classes: int = 5, length: int = 8, noise: float = 1.0, seed: int = 0
) -> tuple[Tensor, Tensor]:
    centres = torch.eye(max(classes, length))[:classes, :length]
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (count,), generator=generator)
    spread = noise * torch.randn(count, length, generator=generator) / length**0.5
    return torch.nn.functional.normalize(centres[labels] + spread, dim=-1), labels
