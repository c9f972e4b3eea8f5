"""The thresholds sampled from a range."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LossError
from harness.learning.losses.margins import sample_margins
from harness.learning.losses.names import SAMPLINGS


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_even_margins_have_equal_steps() -> None:
    margins = sample_margins(6, low=0.1, high=0.6, sampling="even")
    torch.testing.assert_close(margins, torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))


def test_log_margins_have_equal_ratios() -> None:
    margins = sample_margins(4, low=0.05, high=0.4, sampling="log")
    torch.testing.assert_close(margins, torch.tensor([0.05, 0.1, 0.2, 0.4]))


def test_random_margins_repeat_with_their_seed_alone() -> None:
    draws = [sample_margins(8, low=0.1, high=0.6, sampling="random", generator=seeded(s)) for s in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@given(
    count=st.integers(1, 64),
    low=st.floats(1e-3, 2),
    width=st.floats(0, 2),
    sampling=st.sampled_from(SAMPLINGS),
)
def test_margins_ascend_within_their_range(*, count: int, low: float, width: float, sampling: str) -> None:
    margins = sample_margins(count, low=low, high=low + width, sampling=sampling, generator=seeded())
    assert margins.shape == (count,)
    assert (margins.diff() >= 0).all()
    assert margins[0] >= low - 1e-6
    assert margins[-1] <= low + width + 1e-6


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_one_margin_is_the_low_end(sampling: str) -> None:
    assert sample_margins(1, low=0.25, high=0.6, sampling=sampling).tolist() == [0.25]


@pytest.mark.parametrize(
    ("count", "low", "high", "sampling", "message"),
    [
        (0, 0.1, 0.6, "even", "at least 1 margin, got 0"),
        (4, 0.6, 0.1, "even", "margin_min <= margin_max, got 0.6 and 0.1"),
        (4, float("nan"), 0.1, "even", "margin_min <= margin_max, got nan and 0.1"),
        (4, -0.1, 0.6, "even", "margin_min of at least 0, got -0.1"),
        (4, 0.0, 0.6, "log", "'log' needs margin_min above 0, got 0.0"),
        (4, 0.1, 0.6, "logg", "unknown margin sampling 'logg': did you mean log"),
        (4, 0.1, 0.6, "random", "'random' of 4 margins needs a torch.Generator, got None"),
    ],
)
def test_margins_that_cannot_be_are_refused(
    *, count: int, low: float, high: float, sampling: str, message: str
) -> None:
    with pytest.raises(LossError, match=message):
        sample_margins(count, low=low, high=high, sampling=sampling)
