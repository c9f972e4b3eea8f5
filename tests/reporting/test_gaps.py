"""Differences of two samples, paired and not, against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

from harness.reporting.gaps import paired, unpaired
from harness.reporting.statistics import difference, verdicts

RNG = np.random.default_rng(7)
A = [float(value) for value in RNG.normal(0.80, 0.03, size=10)]
B = [float(value) for value in RNG.normal(0.75, 0.05, size=10)]


def bounds(interval: tuple[float, float, float]) -> tuple[float, float]:
    return interval[1], interval[2]


@pytest.mark.parametrize("count", [2, 3, 10])
def test_pairs_without_overlap_are_the_paired_t_test_of_scipy(count: int) -> None:
    gap = paired(A[:count], B[:count], pairing="seeds")
    expected = ttest_rel(A[:count], B[:count])
    assert gap.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert bounds(gap.interval) == pytest.approx(expected.confidence_interval(0.95))
    assert gap.interval.mean == pytest.approx(np.mean(A[:count]) - np.mean(B[:count]))


def test_shared_training_faces_widen_the_interval_as_nadeau_and_bengio_say() -> None:
    """Ten folds whose test part is an eighth of the training part: the variance is s2 (1/10 + 1/8)."""
    plain = paired(A, B, pairing="folds")
    corrected = paired(A, B, pairing="folds", overlap=1 / 8)
    wider = (corrected.interval.high - corrected.interval.low) / (plain.interval.high - plain.interval.low)
    assert wider == pytest.approx(math.sqrt((1 / 10 + 1 / 8) / (1 / 10)))
    assert corrected.interval.mean == plain.interval.mean
    assert corrected.p_value > plain.p_value


def test_few_independent_seeds_get_the_interval_and_p_of_welch() -> None:
    gap = unpaired(A[:3], B[:4])
    expected = ttest_ind(A[:3], B[:4], equal_var=False)
    assert gap.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert bounds(gap.interval) == pytest.approx(expected.confidence_interval(0.95))


def test_enough_independent_seeds_get_the_interval_and_p_of_a_suite() -> None:
    gap = unpaired(A, B[:8])
    assert gap.interval == difference(A, B[:8], seed=0)
    (verdict,) = verdicts({("d", "a"): A, ("d", "b"): B[:8]}, baseline="b")
    assert gap.p_value == pytest.approx(verdict.p_value, rel=1e-9)
    assert gap.shown == verdict.shown


@pytest.mark.parametrize("count", [2, 8])
def test_a_side_that_does_not_vary_is_a_variance_of_zero(count: int) -> None:
    gap = unpaired([0.9] * count, B[:count])
    assert gap.interval.low < gap.interval.mean < gap.interval.high
    assert 0 < gap.p_value < 1


@pytest.mark.parametrize("count", [2, 8])
def test_equal_values_have_a_difference_of_zero_that_is_not_shown(count: int) -> None:
    for gap in (paired(A[:count], A[:count], pairing="seeds"), unpaired([0.7] * count, [0.7] * count)):
        assert gap.interval == (0, 0, 0)
        assert (gap.p_value, gap.shown) == (1, "no difference shown")


def test_a_difference_that_never_varies_is_shown() -> None:
    assert paired([0.8, 0.9, 0.7], [0.7, 0.8, 0.6], pairing="folds", overlap=0.5).shown == "better"
    assert unpaired([0.6, 0.6], [0.7, 0.7]).shown == "worse"


@pytest.mark.parametrize(("a", "b"), [([0.8], [0.7]), ([0.8], B)])
def test_one_value_has_a_difference_without_interval_that_is_never_shown(
    a: list[float], b: list[float]
) -> None:
    gap = unpaired(a, b)
    assert gap.interval.mean == pytest.approx(0.8 - np.mean(b))
    assert math.isnan(gap.interval.low)
    assert math.isnan(gap.p_value)
    assert gap.shown == "no difference shown"
    assert math.isnan(paired([0.8], [0.7], pairing="seeds").p_value)


def test_no_values_have_no_difference() -> None:
    assert math.isnan(unpaired([], B).interval.mean)
    assert math.isnan(paired([], [], pairing="folds").interval.mean)


def test_swapping_the_sides_turns_the_sign_and_nothing_else() -> None:
    for ours, theirs in (
        (paired(A, B, pairing="folds", overlap=0.2), paired(B, A, pairing="folds", overlap=0.2)),
        (unpaired(A[:4], B[:4]), unpaired(B[:4], A[:4])),
    ):
        assert ours.p_value == pytest.approx(theirs.p_value)
        assert bounds(ours.interval) == pytest.approx((-theirs.interval.high, -theirs.interval.low))
    assert (paired(A, B, pairing="folds").shown, paired(B, A, pairing="folds").shown) == ("better", "worse")


def test_independent_seeds_of_one_distribution_are_told_apart_in_at_most_the_level() -> None:
    """600 pairs of searches without a difference; three standard errors above 5 % are 7.7 %."""
    rng = np.random.default_rng(0)
    draws = rng.normal(0.8, 0.03, size=(600, 2, 4))
    claimed = np.mean([unpaired(list(a), list(b)).shown != "no difference shown" for a, b in draws])
    assert claimed <= 0.077
