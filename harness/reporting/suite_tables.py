"""The question of a suite as a table: each method on each dataset, and against the baseline. It knows no screen and no file."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from harness.reporting.statistics import (
    NO_DIFFERENCE,
    Verdict,
    bootstrap_interval,
    difference,
    hedges_g,
    interquartile_mean,
    probability_of_improvement,
    verdicts,
)

Samples = dict[tuple[str, str], list[float]]
"""By dataset and method: the metric of each fresh seed."""

SEED = 0
"""Of every resampling: the same runs give the same table."""


def question_table(samples: Samples, *, baseline: str) -> pd.DataFrame:
    """A row per dataset and method, best mean first within a dataset.

    Returns:
        `dataset`, `method`, `n`; `mean`, `low`, `high` (95 % bootstrap-t); `iqm`; of what is no baseline `difference`,
        `g` and `improvement`, each with `_low` and `_high`, `p_value`, `p_holm` and `shown`.
    """
    told = {(each.dataset, each.method): each for each in verdicts(samples, baseline=baseline)}
    rows = [_row(key, samples, baseline=baseline, verdict=told.get(key)) for key in samples]
    frame = pd.DataFrame(rows)
    return (
        frame.sort_values(["dataset", "mean"], ascending=[True, False], ignore_index=True) if rows else frame
    )


def _row(
    key: tuple[str, str], samples: Samples, *, baseline: str, verdict: Verdict | None
) -> dict[str, object]:
    dataset, method = key
    values = samples[key]
    row: dict[str, object] = {
        "dataset": dataset,
        "method": method,
        "n": len(values),
        **bootstrap_interval(values, seed=SEED)._asdict(),
        "iqm": interquartile_mean(values),
    }
    if verdict is None:
        return row
    theirs = samples[dataset, baseline]
    parts = {
        "difference": difference(values, theirs, seed=SEED),
        "g": hedges_g(values, theirs),
        "improvement": probability_of_improvement(values, theirs, seed=SEED),
    }
    for name, interval in parts.items():
        row |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return row | {"p_value": verdict.p_value, "p_holm": verdict.p_holm, "shown": verdict.shown}


def answer(table: pd.DataFrame, *, baseline: str) -> str:
    """What the table shows, in words; `no difference shown` where it shows none."""
    if table.empty or "shown" not in table:
        return f"Nothing can be compared yet: it takes the baseline {baseline} and another method, both confirmed."
    return "\n".join(_of_dataset(name, rows, baseline=baseline) for name, rows in table.groupby("dataset"))


def _of_dataset(dataset: object, rows: pd.DataFrame, *, baseline: str) -> str:
    compared = rows.dropna(subset=["shown"])
    if compared.empty:
        return f"{dataset}: the baseline {baseline} was not confirmed, so nothing can be compared."
    parts = [
        f"{row['method']} is {row['shown']} by {_points(row)}"
        for row in compared.to_dict("records")
        if row["shown"] != NO_DIFFERENCE
    ]
    silent = compared[compared["shown"] == NO_DIFFERENCE]
    if len(silent):
        largest = max(silent.to_dict("records"), key=lambda row: abs(row["difference"]))
        names = ", ".join(silent["method"])
        most = f" (the largest is {largest['method']}'s, {_points(largest)})"
        parts.append(f"no difference shown for {names}{most}")
    return f"{dataset}, against {baseline}: {'; '.join(parts)}."


def _points(row: Mapping[Hashable, Any]) -> str:
    gap, low, high = (100 * row[name] for name in ("difference", "difference_low", "difference_high"))
    return f"{gap:+.1f} points [{low:+.1f}, {high:+.1f}]"
