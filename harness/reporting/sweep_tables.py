"""A sweep as Parquet, and as the question that it asks: each level, and against the chosen config's own. It knows no screen.

The runs of all levels have the same seeds, so levels are compared run by run: what a seed does to both falls out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow as pa

from harness.records import RunRecord, SearchRecord, SweepRun
from harness.reporting import schemas
from harness.reporting.gaps import paired
from harness.reporting.parquet import to_frame, write_table
from harness.reporting.statistics import NO_DIFFERENCE, bootstrap_interval, holm, shown
from harness.reporting.tables import runs_table
from harness.reporting.wording import MISSING

SEED = 0
"""Of every resampling: the same runs give the same table."""


def file_name(text: str) -> str:
    """A sweep's name or a level as a part of a path: `slices,margin_range=0.05-0.8`."""
    return quote(text.replace(", ", ",").replace(":", "-"), safe="=,+")


def sweep_path(folder: Path, name: str) -> Path:
    """Where a sweep's table lies in a search folder."""
    return folder / "sweeps" / f"{file_name(name)}.parquet"


def write_sweeps(runs: Iterable[SweepRun], folder: Path) -> None:
    """Writes a table for each sweep that the runs are of.

    Args:
        runs: Of one search.
        folder: The search's folder under results/.

    Raises:
        ResultsError: If a metric has no column, or the file system refuses.
    """
    sweeps: dict[str, list[SweepRun]] = {}
    for run in runs:
        sweeps.setdefault(run.sweep, []).append(run)
    for name, its in sweeps.items():
        write_table(sweep_table(its), sweep_path(folder, name))


def sweep_table(runs: Sequence[SweepRun]) -> pa.Table:
    """A row per run of a sweep, in the order given."""
    return pa.Table.from_pylist([_run_row(run) for run in runs], schema=schemas.SWEEP)


def _run_row(run: SweepRun) -> dict[str, Any]:
    (row,) = runs_table(SearchRecord(trials=(), runs=(run.run,))).to_pylist()
    return {
        "sweep": run.sweep,
        "parameter": run.sweep.partition(", ")[0],
        "level": run.level,
        "tested": run.tested,
        "collapsed": _collapsed(run.run),
        **row,
    }


def _collapsed(run: RunRecord) -> bool:
    """Whether the last epoch of a fold was one of collapse."""
    last = {report.fold: report.collapsed for report in sorted(run.reports, key=lambda each: each.epoch)}
    return any(last.values())


def level_table(
    runs: Sequence[SweepRun], *, levels: Sequence[str], reference: str, metric: str
) -> pd.DataFrame:
    """A row per level, in the order given.

    Args:
        runs: Of these levels, on equal seeds.
        levels: As text.
        reference: The level that the others are compared with, over the seeds that both have.
        metric: Such as `val_uar`.

    Returns:
        `level`, `n` (complete runs), `failed`, `collapsed`; `mean`, `low`, `high` (95 % bootstrap-t); of all but the
        reference `pairs`, `difference` with `_low` and `_high` (95 % Student's t), `p_value` (paired t-test), `p_holm` and
        `shown`.
    """
    frame = to_frame(sweep_table(runs))
    rows = [_level_row(frame[frame["level"] == level], level=level, metric=metric) for level in levels]
    base = _values(frame[frame["level"] == reference], metric=metric)
    compared = [row for row in rows if row["level"] != reference]
    for row in compared:
        row |= _compared(_values(frame[frame["level"] == row["level"]], metric=metric), base)
    for row, p_holm in zip(compared, holm([row["p_value"] for row in compared]), strict=True):
        row |= {"p_holm": p_holm, "shown": shown(row["difference"], p_holm)}
    return pd.DataFrame(rows)


def _values(runs: pd.DataFrame, *, metric: str) -> dict[int, float]:
    """The metric of each seed whose run is complete."""
    complete = runs[runs["state"] == "COMPLETE"]
    return dict(zip(complete["repeat"].tolist(), complete[metric].tolist(), strict=True))


def _level_row(runs: pd.DataFrame, *, level: str, metric: str) -> dict[str, Any]:
    values = list(_values(runs, metric=metric).values())
    return {
        "level": level,
        "n": len(values),
        "failed": len(runs) - len(values),
        "collapsed": int(runs["collapsed"].sum()),
        **bootstrap_interval(values, seed=SEED)._asdict(),
    }


def _compared(ours: Mapping[int, float], base: Mapping[int, float]) -> dict[str, Any]:
    both = sorted(ours.keys() & base.keys())
    # Student's: of five differences the resamples are often nearly equal, and bootstrap-t explodes.
    interval, p_value, _ = paired(
        [ours[seed] for seed in both], [base[seed] for seed in both], pairing="seeds"
    )
    return {
        "pairs": len(both),
        "difference": interval.mean,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "p_value": p_value,
    }


def answer(table: pd.DataFrame, *, parameter: str, reference: str) -> str:
    """What the table shows, in a sentence; `no difference shown` where it shows none."""
    rows = table[table["level"] != reference].to_dict("records")
    known = [row for row in rows if row["pairs"]]
    if not known:
        needed = "it takes complete runs of both it and another level on the same seeds"
        return f"{parameter}: nothing can be compared with {reference} yet; {needed}."
    parts = [
        f"{row['level']} is {row['shown']} by {points(row)}" for row in known if row["shown"] != NO_DIFFERENCE
    ]
    silent = [row for row in known if row["shown"] == NO_DIFFERENCE]
    if silent:
        largest = max(silent, key=lambda row: abs(row["difference"]))
        names = ", ".join(row["level"] for row in silent)
        parts.append(
            f"no difference shown for {names} (the largest is {largest['level']}'s, {points(largest)})"
        )
    return f"{parameter}, against {reference}: {'; '.join(parts)}."


def points(row: Mapping[Hashable, Any]) -> str:
    """A difference in points with its interval, such as `-1.2 points [-3.0, +0.6]`."""
    low, high = 100 * row["difference_low"], 100 * row["difference_high"]
    interval = f"{low:+.1f}, {high:+.1f}" if low == low else MISSING
    return f"{100 * row['difference']:+.1f} points [{interval}]"
