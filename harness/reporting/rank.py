"""Means, intervals, choices and ranks, as pure functions of runs. It knows no file.

Nothing here chooses by the test split: it is read when the choice is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from harness.errors import ResultsError
from harness.records import HONEST
from harness.reporting.schemas import VAL_METRICS

# Rows that agree in these were measured on the same faces, split in the same way, by the same number.
COMPARABLE = ["dataset", "protocol", "fingerprint", "split_hash", "metric"]


ENOUGH_SEEDS = 3


class Interval(NamedTuple):
    """A mean with its confidence interval; the bounds are NaN where there are no two values."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """The mean over fresh seeds, with its interval by Student's t.

    Folds share faces, so they are no independent draws: they are averaged within a seed before they come
    here. The bounds are not cut to [0, 1]; a bound beyond says that there are too few seeds.

    Args:
        values: One finite number per fresh seed.
        confidence: Share of such intervals that hold the true mean, in (0, 1).

    Returns:
        All NaN without values, bounds NaN with a single one.

    Raises:
        ResultsError: If the confidence is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ResultsError(f"expected a confidence in (0, 1), such as 0.95, got {confidence}")
    sample = np.asarray(values, dtype=np.float64)
    mean = float(sample.mean()) if len(sample) else math.nan
    if len(sample) < 2:
        return Interval(mean, math.nan, math.nan)
    standard_error = float(sample.std(ddof=1)) / math.sqrt(len(sample))
    half = float(stdtrit(len(sample) - 1, (1 + confidence) / 2)) * standard_error
    return Interval(mean, mean - half, mean + half)


def choose_config(runs: pd.DataFrame, *, objective: str) -> int | None:
    """The confirmed trial with the best mean validation objective over its fresh seeds.

    Only trials with the most finished runs, or with three, are candidates: a config that failed on two of
    three seeds, or whose confirmation was interrupted, must not win by its one lucky seed; one that was
    confirmed on five seeds must not shut out those that came later with three. The smaller number wins a tie.

    Args:
        runs: Finished rows of runs.parquet of one search; `trial` and the objective's column are read.
        objective: A validation metric, such as `val_uar`.

    Returns:
        The trial's number; None where no run has the objective.

    Raises:
        ResultsError: If the objective is not a validation metric.
    """
    if objective not in VAL_METRICS:
        known = ", ".join(VAL_METRICS)
        raise ResultsError(f"a config is chosen by a validation metric out of {known}, got {objective!r}")
    finished = runs.dropna(subset=[objective]).groupby("trial")[objective].agg(["mean", "count"])
    if finished.empty:
        return None
    candidates = finished[finished["count"] >= min(finished["count"].max(), ENOUGH_SEEDS)]
    return int(candidates["mean"].idxmax())  # groupby sorts by number, and idxmax takes the first


def confirmed_trial(runs: pd.DataFrame, *, objective: str) -> int | None:
    """The trial whose confirmation a search's leaderboard rows show: chosen by the honest runs that ran to their end.

    A run that failed may have metrics of the epochs before: they are no result.

    Args:
        runs: Rows of runs.parquet of one search; `rule`, `state`, `trial` and the objective's column are read.
        objective: A validation metric, such as `val_uar`.

    Returns:
        The trial's number; None where nothing is confirmed.

    Raises:
        ResultsError: If the objective is not a validation metric.
    """
    return choose_config(runs[(runs["rule"] == HONEST) & (runs["state"] == "COMPLETE")], objective=objective)


def add_ranks(frame: pd.DataFrame) -> pd.DataFrame:
    """The leaderboard's rows with their `rank`, in the order in which they are read.

    Rows rank against rows of the same faces, split and metric alone; equal means share a rank; rows without
    a mean have none and come last in their group. Rows that a leaky rule measured have none, either, and
    come last in their dataset.
    """
    leaky = frame["rule"] != HONEST
    grouped = frame.assign(mean=frame["mean"].mask(leaky)).groupby(COMPARABLE, dropna=False)["mean"]
    ranked = frame.assign(rank=grouped.rank(method="min", ascending=False).astype("Int64"))
    order = ["dataset", "leaky", *COMPARABLE[1:], "rank", "method", "search"]
    ordered = ranked.assign(leaky=leaky).sort_values(order, na_position="last", ignore_index=True)
    return ordered.drop(columns="leaky")
