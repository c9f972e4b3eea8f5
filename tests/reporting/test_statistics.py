"""Intervals, effects and verdicts against SciPy, against their definitions, and by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import bootstrap, mannwhitneyu, ttest_ind

from harness.reporting.statistics import (
    bootstrap_interval,
    difference,
    expected_best,
    hedges_g,
    holm,
    interquartile_mean,
    probability_of_improvement,
    verdicts,
)

OURS = [0.71, 0.74, 0.69, 0.75, 0.72]
THEIRS = [0.66, 0.70, 0.68, 0.65, 0.69]


def test_equal_seeds_give_the_equal_interval_and_others_nearly() -> None:
    values = np.random.default_rng(0).normal(0.7, 0.05, 20).tolist()
    first = bootstrap_interval(values, seed=3)
    assert first == bootstrap_interval(values, seed=3)
    other = bootstrap_interval(values, seed=4)
    assert first.low != other.low
    assert first.low == pytest.approx(other.low, abs=0.01)


def test_the_interval_agrees_with_scipys_for_many_values() -> None:
    values = np.random.default_rng(0).normal(0.7, 0.05, 60)
    ours = bootstrap_interval(values.tolist(), seed=0)
    scipys = bootstrap((values,), np.mean, method="BCa", rng=np.random.default_rng(0)).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((scipys.low, scipys.high), abs=0.003)


@pytest.mark.parametrize("n", [5, 8])
def test_the_interval_covers_the_truth_in_93_to_97_of_100_simulated_benchmarks(n: int) -> None:
    rng = np.random.default_rng(n)
    benchmarks = rng.normal(0.7, 0.03, (2_000, n))
    intervals = [bootstrap_interval(b, seed=i, resamples=500) for i, b in enumerate(benchmarks.tolist())]
    covered = np.mean([low <= 0.7 <= high for _, low, high in intervals])
    assert 0.93 <= covered <= 0.97


def test_four_seeds_have_a_mean_and_no_interval() -> None:
    mean, low, high = bootstrap_interval(OURS[:4], seed=0)
    assert mean == pytest.approx(np.mean(OURS[:4]))
    assert math.isnan(low)
    assert math.isnan(high)
    assert math.isnan(bootstrap_interval([], seed=0).mean)
    assert math.isnan(difference(OURS[:4], THEIRS, seed=0).low)


def test_values_that_do_not_vary_have_an_interval_of_no_width() -> None:
    assert bootstrap_interval([0.5] * 5, seed=0) == (0.5, 0.5, 0.5)
    assert difference([0.75] * 5, [0.5] * 5, seed=0) == (0.25, 0.25, 0.25)


def test_a_difference_is_turned_round_with_its_sides() -> None:
    ours, theirs = difference(OURS, THEIRS, seed=0), difference(THEIRS, OURS, seed=0)
    assert ours.mean == pytest.approx(np.mean(OURS) - np.mean(THEIRS))
    assert ours.low < ours.mean < ours.high
    assert theirs.mean == -ours.mean
    assert theirs.low == pytest.approx(-ours.high, abs=0.01)


def test_the_interquartile_mean_leaves_out_a_quarter_at_each_end() -> None:
    assert interquartile_mean([0, 10, 1, 3, 2, 100, -50, 4]) == np.mean([1, 2, 3, 4])
    assert math.isnan(interquartile_mean([]))


def test_hedges_g_is_the_corrected_difference_in_standard_deviations() -> None:
    pooled = math.sqrt((np.var(OURS, ddof=1) + np.var(THEIRS, ddof=1)) / 2)
    effect = hedges_g(OURS, THEIRS)
    assert effect.mean == pytest.approx((1 - 3 / 31) * (np.mean(OURS) - np.mean(THEIRS)) / pooled)
    assert effect.low < effect.mean < effect.high
    assert math.isnan(hedges_g([0.5, 0.5], [0.5, 0.5]).mean)
    assert math.isnan(hedges_g([0.5], THEIRS).mean)


def test_the_probability_of_improvement_is_mann_whitneys_u_as_a_share() -> None:
    ours, theirs = [0.7, 0.7, 0.8, 0.6, 0.9], [0.7, 0.5, 0.6, 0.65, 0.7]
    share = probability_of_improvement(ours, theirs, seed=0)
    assert share.mean == pytest.approx(mannwhitneyu(ours, theirs).statistic / 25)
    assert 0 <= share.low < share.mean < share.high <= 1
    assert math.isnan(probability_of_improvement([], theirs, seed=0).mean)
    assert math.isnan(probability_of_improvement(ours[:2], theirs, seed=0).low)


def test_holms_correction_is_that_of_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, math.nan, 0.005]) == pytest.approx(
        [0.03, 0.06, 0.06, math.nan, 0.02], nan_ok=True
    )


def test_a_verdict_is_welchs_test_and_its_direction() -> None:
    samples = {("ck", "many"): OURS, ("ck", "one"): THEIRS, ("rafdb", "many"): THEIRS, ("rafdb", "one"): OURS}
    better, worse = verdicts(samples, baseline="one")
    p_value = ttest_ind(OURS, THEIRS, equal_var=False).pvalue
    assert (better.dataset, better.method, better.shown) == ("ck", "many", "better")
    assert better.p_value == pytest.approx(p_value)
    assert better.p_holm == pytest.approx(2 * p_value)
    assert worse.shown == "worse"


def test_without_a_second_value_or_a_baseline_no_difference_is_claimed() -> None:
    samples = {("ck", "many"): [0.9], ("ck", "one"): THEIRS, ("rafdb", "many"): OURS}
    (only,) = verdicts(samples, baseline="one")
    assert only.shown == "no difference shown"
    assert math.isnan(only.p_holm)


def test_values_that_do_not_vary_are_equal_or_are_not() -> None:
    samples = {("a", "one"): [0.5, 0.5], ("a", "same"): [0.5, 0.5], ("a", "more"): [0.75, 0.75]}
    same, more = verdicts(samples, baseline="one")
    assert (same.p_holm, same.shown) == (1.0, "no difference shown")
    assert (more.p_holm, more.shown) == (0.0, "better")


def test_where_there_is_no_difference_one_is_claimed_in_at_most_5_of_100_benchmarks() -> None:
    rng = np.random.default_rng(0)
    claimed = 0
    for benchmark in rng.normal(0.7, 0.03, (2_000, 2, 5, 5)):
        samples = {(f"set {d}", f"method {m}"): benchmark[d, m].tolist() for d in range(2) for m in range(5)}
        claimed += any(each.shown != "no difference shown" for each in verdicts(samples, baseline="method 0"))
    assert claimed / 2_000 <= 0.05


def test_the_expected_best_is_the_mean_over_all_orders() -> None:
    values = [0.3, 0.9, 0.5, 0.7]
    orders = list(itertools.permutations(values))
    by_hand = [np.mean([max(order[:k]) for order in orders]) for k in range(1, 5)]
    assert expected_best(values) == pytest.approx(by_hand)


def test_a_trial_that_gave_nothing_is_a_trial_that_was_spent() -> None:
    expected = expected_best([0.5, math.nan, 0.7])
    assert math.isnan(expected[0])  # the one trial could be the one that gave nothing
    assert expected[1:] == pytest.approx([(0.5 + 0.7 + 0.7) / 3, 0.7])
    assert np.isnan(expected_best([math.nan])).all()


def test_the_expected_best_of_thousands_of_trials_is_finite_and_rises() -> None:
    expected = expected_best(np.random.default_rng(0).uniform(size=2_000).tolist())
    assert (np.diff(expected) > -1e-12).all()
    assert expected[0] == pytest.approx(0.5, abs=0.02)
