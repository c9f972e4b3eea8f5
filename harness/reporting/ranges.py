"""Which margin range suits which dataset: trials by where their range lies and how wide it is. It runs nothing.

Ranges are cut into thirds (halves where trials are few) that hold equally many trials of all datasets together, so the same
part means the same thresholds on each dataset. Validation metrics alone: of trials that were not confirmed, the test split says
nothing. Methods of a suite draw the same ranges, so trials of one range are one trial here, by their mean: they are no
independent witnesses.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.reporting.statistics import NO_DIFFERENCE, bootstrap_interval, verdicts

ASPECTS = ("centre", "width")
"""Of a range: where it lies, and how wide it is."""

COLLAPSED = "collapsed"
SEED = 0
LEAST_TRIALS = 6
"""Of one dataset; fewer say nothing."""

ENOUGH_FOR_THIRDS = 15
"""Of one dataset: five to a third, the fewest that have an interval."""


def ranged_trials(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The trials that had a range of margins and ran to their end, or collapsed.

    A trial that early stopping ended is left out: its metric is that of fewer epochs.

    Args:
        frames: Rows of trials.parquet, a frame per search.

    Returns:
        `dataset`, `method`, `slices`, `low`, `high`, `centre`, `width`, `value` (the objective), `collapsed`.
    """
    parts = [part for frame in frames if not (part := _ranged(frame)).empty]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = [
    "dataset",
    "method",
    "slices",
    "low",
    "high",
    "centre",
    "width",
    "value",
    "collapsed",
]


def _ranged(trials: pd.DataFrame) -> pd.DataFrame:
    if trials.empty:
        return pd.DataFrame(columns=_COLUMNS)
    collapsed = trials["reason"] == COLLAPSED
    value = trials[str(trials["objective"].iloc[0])]
    kept = ((trials["state"] == "COMPLETE") | collapsed) & value.notna()
    kept &= (trials["slices"] > 1) & (trials["margin_max"] > trials["margin_min"])
    low, high = trials["margin_min"].astype(float), trials["margin_max"].astype(float)
    frame = trials[["dataset", "method", "slices"]].assign(
        low=low, high=high, centre=(low + high) / 2, width=high - low, value=value, collapsed=collapsed
    )
    return frame[kept]


def range_table(trials: pd.DataFrame) -> pd.DataFrame:
    """A row per dataset, aspect and part: how trials in it did, and against those outside it.

    Args:
        trials: From `ranged_trials`.

    Returns:
        `dataset`, `aspect`, `from`, `to`, `n`, `collapsed`, `mean`, `low`, `high` (bootstrap-t), `difference` to the other trials
        of the dataset, `p_holm` (Welch, Holm over the whole table), `shown`. Empty where a dataset has too few trials, or all
        ranges are alike.
    """
    ranges = _one_per_range(trials)
    counts = ranges.groupby("dataset").size()
    enough = ranges[ranges["dataset"].isin(list(counts[counts >= LEAST_TRIALS].index))]
    parts = 3 if counts[counts >= LEAST_TRIALS].min() >= ENOUGH_FOR_THIRDS else 2
    rows = [row for aspect in ASPECTS for row in _by_aspect(enough, aspect, parts=parts)]
    samples = {key: values for row in rows for key, values in row.pop("samples").items()}
    told = {each.dataset: each for each in verdicts(samples, baseline="outside")}
    for row in rows:
        verdict = told[_family(row)]
        row |= {"difference": verdict.difference, "p_holm": verdict.p_holm, "shown": verdict.shown}
    return (
        pd.DataFrame(rows).sort_values(["dataset", "aspect", "from"], ignore_index=True)
        if rows
        else pd.DataFrame()
    )


def _one_per_range(trials: pd.DataFrame) -> pd.DataFrame:
    same = trials.groupby(["dataset", "slices", "low", "high"], as_index=False)
    return same.agg({"centre": "first", "width": "first", "value": "mean", "collapsed": "any"})


def _by_aspect(trials: pd.DataFrame, aspect: str, *, parts: int) -> list[dict[str, Any]]:
    if trials.empty:
        return []
    edges = np.unique(np.quantile(trials[aspect], np.linspace(0, 1, parts + 1)))
    rows = []
    for dataset, mine in trials.groupby("dataset"):
        for place, (start, end) in enumerate(itertools.pairwise(edges)):
            last = place == len(edges) - 2
            inside = mine[aspect].between(start, end, inclusive="both" if last else "left")
            rows.append(_row(str(dataset), aspect, start, end, mine[inside], mine[~inside]))
    return rows


def _row(
    dataset: str, aspect: str, start: float, end: float, inside: pd.DataFrame, outside: pd.DataFrame
) -> dict[str, Any]:
    values = inside["value"].astype(float).tolist()
    row = {
        "dataset": dataset,
        "aspect": aspect,
        "from": float(start),
        "to": float(end),
        "n": len(inside),
        "collapsed": int(inside["collapsed"].sum()),
        **bootstrap_interval(values, seed=SEED)._asdict(),
    }
    pair = {"inside": values, "outside": outside["value"].astype(float).tolist()}
    return row | {"samples": {(_family(row), side): sample for side, sample in pair.items()}}


def _family(row: Mapping[Any, Any]) -> str:
    return f"{row['dataset']}/{row['aspect']}/{row['from']}"


def ranges_in_words(table: pd.DataFrame) -> str:
    """What the table shows, a line per dataset; `no difference shown` where it shows none."""
    if table.empty:
        return "No margin ranges can be compared: too few trials had one, or all had the same."
    return "\n".join(_of_dataset(str(name), rows) for name, rows in table.groupby("dataset"))


def _of_dataset(dataset: str, rows: pd.DataFrame) -> str:
    records = rows.to_dict("records")
    if apart := [row for row in records if row["shown"] != NO_DIFFERENCE]:
        return f"{dataset}: {'; '.join(map(_against_others, apart))}."
    best = max(records, key=lambda row: -math.inf if math.isnan(row["mean"]) else row["mean"])
    figures = f"{100 * best['mean']:.1f} % over {best['n']} trials"
    return f"{dataset}: {NO_DIFFERENCE} between margin ranges (the best has its {_part(best)}, {figures})."


def _against_others(row: Mapping[Hashable, Any]) -> str:
    return f"{_part(row)} is {row['shown']} than the others by {100 * abs(row['difference']):.1f} points"


def _part(row: Mapping[Hashable, Any]) -> str:
    return f"{row['aspect']} in {row['from']:.2f} to {row['to']:.2f}"
