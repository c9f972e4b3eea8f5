"""The spread of a slice's embeddings, and what counts as collapse."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.learning.metrics.spread import embedding_spread, is_collapsed


@settings(deadline=None)
@given(
    seed=st.integers(0, 10**6), count=st.integers(1, 20), slices=st.integers(1, 4), length=st.integers(1, 5)
)
def test_the_spread_of_unit_vectors_is_one_less_the_squared_mean(
    *, seed: int, count: int, slices: int, length: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randn(count, slices, length, generator=generator, dtype=torch.float64)
    vectors = torch.nn.functional.normalize(raw, dim=-1)
    spread = embedding_spread(vectors)
    assert ((spread >= 0) & (spread <= 1 + 1e-12)).all()
    torch.testing.assert_close(spread.square(), 1 - vectors.mean(0).square().sum(-1), rtol=0, atol=1e-12)


def test_equal_embeddings_have_no_spread() -> None:
    spread = embedding_spread(torch.tensor([0.6, 0.8]).repeat(16, 2, 1))
    assert spread.tolist() == pytest.approx([0, 0], abs=1e-6)


def test_opposite_embeddings_have_the_full_spread() -> None:
    assert embedding_spread(torch.tensor([[[1.0, 0.0]], [[-1.0, 0.0]]])).tolist() == [1]


@pytest.mark.parametrize(
    ("spread", "uar", "collapsed"),
    [
        ([0.01, 0.09], 0.20, True),
        ([0.01, 0.11], 0.20, False),  # one slice lives
        ([0.01, 0.09], 0.24, False),  # what spread is left still tells classes apart
        ([0.90, 0.90], 0.14, False),  # spread, but nothing learned yet
    ],
)
def test_collapse_needs_both_no_spread_and_a_uar_at_chance(
    *, spread: list[float], uar: float, collapsed: bool
) -> None:
    assert is_collapsed(torch.tensor(spread), uar=uar, classes=7) is collapsed


def test_with_two_classes_a_uar_of_60_percent_is_not_chance() -> None:
    assert not is_collapsed(torch.zeros(4), uar=0.6, classes=2)
    assert is_collapsed(torch.zeros(4), uar=0.5, classes=2)
