"""Intervals, effects and verdicts against SciPy, against their definitions, and by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, friedmanchisquare, mannwhitneyu, ttest_ind, wilcoxon

from harness.reporting.statistics import (
    Summary,
    average_ranks,
    bootstrap_interval,
    budgets,
    critical_difference,
    difference,
    expected_best,
    expected_best_band,
    hedges_g,
    holm,
    in_words,
    interquartile_mean,
    not_worse_than_best,
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


@pytest.mark.parametrize("value", [0.1, 0.7, 1 / 3])
def test_equal_values_whose_sum_is_rounded_do_not_vary_either(value: float) -> None:
    assert np.std([value] * 6) > 0 or value != 0.1  # the rounding that was once taken for a spread
    assert bootstrap_interval([value] * 6, seed=0) == pytest.approx((value,) * 3)
    assert difference([value] * 6, [0.2] * 6, seed=0) == pytest.approx((value - 0.2,) * 3)
    assert math.isnan(hedges_g([value] * 6, [0.2] * 6).mean)
    samples = {("a", "one"): [0.2] * 6, ("a", "same"): [0.1 + 0.1] * 6, ("a", "more"): [0.2 + value] * 6}
    same, more = verdicts(samples, baseline="one")
    assert (same.p_holm, more.p_holm) == (1.0, 0.0)


def test_a_side_that_hardly_varies_is_tested_without_a_warning() -> None:
    samples = {("a", "one"): [0.1] * 6, ("a", "more"): OURS}
    (more,) = verdicts(samples, baseline="one")
    assert more.shown == "better"
    assert 0 < more.p_value < 1e-4


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


def test_the_expected_best_is_asked_at_chosen_budgets_alone() -> None:
    values = np.random.default_rng(0).uniform(size=50).tolist()
    assert expected_best(values, at=[1, 7, 50]) == pytest.approx(expected_best(values)[[0, 6, 49]])
    assert budgets(0) == []
    assert budgets(4) == [1, 2, 3, 4]
    assert budgets(10_000)[-1] == 10_000
    assert len(budgets(10_000)) <= 61


def test_the_band_of_the_expected_best_holds_the_curve_and_narrows_with_trials() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.uniform(size=20).tolist(), rng.uniform(size=500).tolist()
    (low, high), curve = expected_best_band(few, at=[1, 5, 10], seed=0), expected_best(few, at=[1, 5, 10])
    assert (low < curve).all()
    assert (curve < high).all()
    other = expected_best_band(many, at=[5], seed=0)
    assert other[1] - other[0] < high[1] - low[1]
    assert np.isnan(expected_best_band([math.nan, math.nan], at=[1, 2], seed=0)).all()


def test_the_band_covers_the_truth_in_about_nine_of_ten_at_a_tenth_of_the_trials() -> None:
    rng = np.random.default_rng(2)
    inside = [  # the best of 5 uniform trials is expected at 5/6
        low[0] <= 5 / 6 <= high[0]
        for seed, drawn in enumerate(rng.uniform(size=(400, 60)).tolist())
        for low, high in [expected_best_band(drawn, at=[5], seed=seed)]
    ]
    assert 0.85 <= np.mean(inside) <= 0.95


# Demsar (2006), table 2: accuracy of C4.5 without and with tuning of m, cf, and both, on 14 datasets.
DEMSAR = pd.DataFrame(
    {
        "C4.5": [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.000, 0.940, 0.619, 0.972, 0.957],
        "C4.5+m": [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.000, 0.962, 0.666, 0.981, 0.978],
        "C4.5+cf": [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.000, 0.965, 0.614, 0.9751, 0.946],
        "C4.5+m+cf": [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.000, 0.962, 0.669, 0.975, 0.970],
    }
)  # fmt: skip


def test_average_ranks_and_the_critical_difference_are_those_of_demsars_example() -> None:
    ranks = average_ranks(DEMSAR)
    assert ranks is not None
    assert ranks.average == pytest.approx(
        {"C4.5+m+cf": 1.964, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5": 3.143}, abs=5e-4
    )
    assert critical_difference(4, 14, level=0.10) == pytest.approx(1.12, abs=0.005)
    assert ranks.critical_difference == pytest.approx(1.25, abs=0.005)
    assert ranks.groups == (("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"),)
    assert "no difference shown between any two methods" in in_words(ranks)
    assert (
        friedmanchisquare(*DEMSAR.to_numpy().T).pvalue < 0.05
    )  # where the pairs are silent, the whole is not


def test_wilcoxons_p_values_are_scipys_with_holms_correction() -> None:
    means = pd.DataFrame(np.random.default_rng(3).normal([0.0, 0.5, 1.5], size=(9, 3)), columns=list("abc"))
    ranks = average_ranks(means)
    assert ranks is not None
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    expected = holm([wilcoxon(means[x], means[y]).pvalue for x, y in pairs])
    assert [ranks.wilcoxon.loc[x, y] for x, y in pairs] == pytest.approx(expected)


def test_methods_that_always_win_are_told_apart_once_the_datasets_are_enough() -> None:
    always = np.tile([0.9, 0.7, 0.5, 0.3], (14, 1)) + np.random.default_rng(0).normal(0, 0.01, (14, 4))
    ranks = average_ranks(pd.DataFrame(always, columns=list("abcd")))
    assert ranks is not None
    assert ranks.average == {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
    assert ranks.groups == (("a", "b"), ("b", "c"), ("c", "d"))
    assert "a ranks above c" in in_words(ranks)
    two = average_ranks(pd.DataFrame(always[:2], columns=list("abcd")))
    assert two is not None
    assert len(two.groups) == 1  # the same order on two datasets shows nothing
    assert two.wilcoxon.isna().all(axis=None)


def test_one_dataset_or_one_method_has_no_ranks() -> None:
    assert average_ranks(DEMSAR.head(1)) is None
    assert average_ranks(DEMSAR[["C4.5"]]) is None
    lacking = DEMSAR.copy()
    lacking.loc[1:, "C4.5"] = np.nan
    assert average_ranks(lacking) is None


def summary(values: list[float]) -> Summary:
    return Summary(float(np.mean(values)), float(np.std(values, ddof=1)), len(values))


def test_whoever_is_not_shown_to_be_worse_than_the_best_is_told() -> None:
    near = [value - 0.01 for value in OURS]
    assert not_worse_than_best([summary(THEIRS), summary(OURS), summary(near)]) == [False, True, True]
    assert ttest_ind(THEIRS, OURS, equal_var=False).pvalue < 0.025  # Holm's first step of two
    assert not_worse_than_best([summary(OURS), Summary(0.1, math.nan, 1)]) == [
        True,
        True,
    ]  # one seed shows nothing
    assert not_worse_than_best([]) == []
