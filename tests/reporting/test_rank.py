"""Intervals, the choice of a config, and ranks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.errors import ResultsError
from harness.reporting.rank import COMPARABLE, add_ranks, choose_config, mean_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_is_scipys_t_interval(confidence: float) -> None:
    values = [0.61, 0.70, 0.66, 0.64, 0.71]
    mean, low, high = mean_interval(values, confidence=confidence)
    expected = stats.t.interval(confidence, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected)
    assert mean == pytest.approx(np.mean(values))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.randoms(use_true_random=False))
def test_the_interval_holds_its_mean_and_forgets_the_order(values: list[float], random) -> None:
    interval = mean_interval(values)
    assert interval.low <= interval.mean <= interval.high
    turned = random.sample(values, k=len(values))
    assert mean_interval(turned) == pytest.approx(interval)


def test_one_seed_has_a_mean_but_no_interval() -> None:
    mean, low, high = mean_interval([0.7])
    assert mean == 0.7
    assert math.isnan(low)
    assert math.isnan(high)


def test_no_seed_has_no_mean() -> None:
    assert all(map(math.isnan, mean_interval([])))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_confidence_outside_of_zero_and_one_is_refused(confidence: float) -> None:
    with pytest.raises(ResultsError, match=rf"confidence in \(0, 1\).* got {confidence}"):
        mean_interval([0.1, 0.2], confidence=confidence)


def runs(**objectives: list[float | None]) -> pd.DataFrame:
    rows = [
        {"trial": int(name[1:]), "val_uar": value, "test_uar": 1 - (value or 0)}
        for name, values in objectives.items()
        for value in values
    ]
    return pd.DataFrame(rows, columns=["trial", "val_uar", "test_uar"])


def test_the_config_is_chosen_by_validation_though_the_test_split_says_otherwise() -> None:
    assert choose_config(runs(t3=[0.6, 0.8], t5=[0.5, 0.7]), objective="val_uar") == 3


def test_the_smaller_trial_number_wins_a_tie() -> None:
    assert choose_config(runs(t9=[0.7, 0.7], t4=[0.7, 0.7]), objective="val_uar") == 4


def test_one_lucky_seed_of_three_does_not_win() -> None:
    assert choose_config(runs(t1=[0.9, None, None], t2=[0.5, 0.6, 0.5]), objective="val_uar") == 2


def test_nothing_is_chosen_where_nothing_was_confirmed() -> None:
    assert choose_config(runs(), objective="val_uar") is None
    assert choose_config(runs(t1=[None]), objective="val_uar") is None


@pytest.mark.parametrize("objective", ["test_uar", "val_luck"])
def test_choosing_by_the_test_split_or_an_unknown_metric_is_refused(objective: str) -> None:
    with pytest.raises(ResultsError, match=rf"validation metric out of val_uar, .* got '{objective}'"):
        choose_config(runs(t1=[0.5]), objective=objective)


def rows(*means: float, **changes: str) -> pd.DataFrame:
    same = dict.fromkeys(COMPARABLE, "same") | {"method": "m", "rule": "honest"} | changes
    return pd.DataFrame([{**same, "search": f"s{index}", "mean": mean} for index, mean in enumerate(means)])


def test_rows_rank_by_mean_with_ties_shared_and_missing_last() -> None:
    ranked = add_ranks(rows(0.5, math.nan, 0.9, 0.9))
    assert ranked["search"].tolist() == ["s2", "s3", "s0", "s1"]
    assert ranked["rank"].tolist()[:3] == [1, 1, 3]
    assert ranked["rank"].isna().tolist() == [False, False, False, True]


def test_rows_of_a_leaky_rule_have_no_rank_however_high() -> None:
    both = pd.concat([rows(0.5), rows(0.9, rule="oracle-best-epoch")])
    ranked = add_ranks(both)
    assert ranked["rank"].tolist()[:1] == [1]
    assert ranked.loc[ranked["rule"] != "honest", "rank"].isna().all()


def test_rows_of_a_leaky_rule_come_last_in_their_dataset() -> None:
    leaky = rows(0.9, rule="oracle-best-epoch", dataset="a", protocol="kfold [ORACLE]")
    honest = rows(0.5, dataset="a", protocol="kfold of three")
    ranked = add_ranks(pd.concat([leaky, rows(0.5, dataset="b"), honest]))
    assert ranked[["dataset", "rule"]].to_numpy().tolist() == [
        ["a", "honest"],
        ["a", "oracle-best-epoch"],
        ["b", "honest"],
    ]
    assert list(ranked.columns) == [*leaky.columns, "rank"]


@pytest.mark.parametrize("column", COMPARABLE)
def test_rows_of_other_faces_splits_or_metrics_do_not_rank_against_each_other(column: str) -> None:
    ranked = add_ranks(pd.concat([rows(0.5, 0.6), rows(0.9, **{column: "other"})]))
    assert sorted(ranked["rank"]) == [1, 1, 2]


def test_a_config_of_three_seeds_can_win_against_one_of_five() -> None:
    assert choose_config(runs(t1=[0.5] * 5, t2=[0.6] * 3), objective="val_uar") == 2
