"""Every search under results/ as one ranked table. It knows no journal, and not how the table is shown.

It reads trials.parquet and runs.parquet only, so folders that were copied together from several machines
merge. A search is named by its folder. A folder that cannot be read is told, and does not stop the others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from harness.errors import ResultsError
from harness.records import HONEST
from harness.reporting import schemas
from harness.reporting.parquet import read_frame, to_frame, write_table
from harness.reporting.rank import add_ranks, confirmed_trial, mean_interval
from harness.reporting.suite_file import is_suite

_FROM_PROVENANCE = (
    "dataset",
    "protocol",
    "method",
    "fingerprint",
    "split_hash",
    "skipped_images",
    "git_commit",
    "git_dirty",
)
_FROM_CONFIG = [column.name for column in schemas.CONFIG if column.name != "seed"]
RULE_MARKS = {
    "oracle-best-epoch": "ORACLE: epoch chosen on test",
    "leaky-random-images": "LEAKY: random images",
}
"""What stands behind the protocol of rows that never rank."""

_STATES = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}


class Leaderboard(NamedTuple):
    """The ranked rows (columns: `schemas.LEADERBOARD`), and a line for each folder that could not be read."""

    frame: pd.DataFrame
    problems: tuple[str, ...]


def leaderboard(results: Path) -> Leaderboard:
    """Ranks every search under a results folder.

    Args:
        results: The folder of search folders; hidden folders are left out, and suites, which rank among themselves.

    Raises:
        ResultsError: If there is no such folder.
    """
    if not results.is_dir():
        raise ResultsError(f"expected a folder of searches, got {results}, which is none; run a search first")
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    for folder in search_folders(results):
        try:
            rows += _rows(folder)
        except ResultsError as error:
            problems.append(str(error))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems.append(
                f"{folder}/: its tables are damaged: {error}; --rebuild makes them from the journal"
            )
    table = pa.Table.from_pylist(rows, schema=schemas.LEADERBOARD)
    return Leaderboard(add_ranks(to_frame(table)), tuple(problems))


def search_folders(results: Path) -> list[Path]:
    """The folders of a results folder that hold a search, or should."""
    folders = (path for path in results.iterdir() if path.is_dir() and path.name[0] != ".")
    return sorted(path for path in folders if not is_suite(path))


def write_leaderboard(results: Path) -> Path:
    """Writes `leaderboard.parquet` into a results folder and returns its path.

    Raises:
        ResultsError: If there is no such folder, or the file system refuses.
    """
    frame = leaderboard(results).frame
    path = results / "leaderboard.parquet"
    write_table(pa.Table.from_pandas(frame, schema=schemas.LEADERBOARD, preserve_index=False), path)
    return path


def _rows(folder: Path) -> list[dict[str, Any]]:
    """The search's row, and one for each leaky rule under which the same config was measured; those never rank."""
    trials = read_frame(folder / "trials.parquet")
    runs = read_frame(folder / "runs.parquet")
    if trials.empty:
        raise ResultsError(f"{folder / 'trials.parquet'} has no trial yet; run the search first")
    objective = str(trials.iloc[0]["objective"])
    honest = runs[runs["rule"] == HONEST]
    confirmed = confirmed_trial(runs, objective=objective)
    chosen = _best_trial(trials, objective=objective) if confirmed is None else confirmed
    rows = [_row(folder, trials, honest, chosen=chosen, objective=objective)]
    for rule in sorted(set(runs["rule"]) - {HONEST}):
        leaky = runs[(runs["rule"] == rule) & (runs["trial"] == chosen)]
        if (leaky["state"] == "COMPLETE").any():
            rows.append(_row(folder, trials, leaky, chosen=chosen, objective=objective))
    return rows


def _row(
    folder: Path, trials: pd.DataFrame, runs: pd.DataFrame, *, chosen: int | None, objective: str
) -> dict[str, Any]:
    of_chosen = runs[runs["trial"] == chosen]
    measured = of_chosen[of_chosen["state"] == "COMPLETE"]
    origin = (trials if measured.empty else measured).iloc[-1]  # whose code gave the number
    rule = HONEST if measured.empty else str(measured.iloc[0]["rule"])
    return {
        **{name: _value(origin[name]) for name in _FROM_PROVENANCE},
        "protocol": _marked(str(origin["protocol"]), rule=rule),
        "search": folder.name,
        **_measured(measured, objective=objective),
        "runs_failed": int((of_chosen["state"] != "COMPLETE").sum()),
        "trial": chosen,
        **_chosen(trials[trials["number"] == chosen], objective=objective),
        "rule": rule,
        **{f"trials_{word}": int((trials["state"] == state).sum()) for word, state in _STATES.items()},
        "compute_seconds": float(trials["seconds"].sum() + runs["seconds"].sum()),
    }


def _marked(protocol: str, *, rule: str) -> str:
    """The protocol's name; under a leaky rule with what leaks, so that such rows are a group of their own."""
    return protocol if rule == HONEST else f"{protocol} [{RULE_MARKS.get(rule, f'LEAKY: {rule}')}]"


def _measured(runs: pd.DataFrame, *, objective: str) -> dict[str, Any]:
    metric = "test_" + objective.removeprefix("val_")
    interval = mean_interval(runs[metric].tolist())
    names = (
        "test_uar", "test_accuracy", "test_macro_f1", "test_sequence_uar", "test_sequence_accuracy", *schemas.POOLED,
    )  # fmt: skip
    return {
        "metric": metric,
        **interval._asdict(),
        "n": len(runs),
        "folds": None if runs.empty else int(runs["folds"].max()),
        "fold_sd": _fold_sd(runs, metric=metric),
        **{name: float(runs[name].mean()) for name in names},
        "val_mean": float(runs[objective].mean()),
    }


def _fold_sd(runs: pd.DataFrame, *, metric: str) -> float | None:
    """Standard deviation over the folds, averaged over the seeds; None with one fold, or of a metric that is not kept by fold."""
    if (column := f"fold_{metric}") not in runs:
        return None
    by_run = [np.asarray(folds, dtype=np.float64) for folds in runs[column] if folds is not None]
    spreads = [folds.std(ddof=1) for folds in by_run if len(folds) > 1]
    return float(np.mean(spreads)) if spreads else None


def _chosen(trial: pd.DataFrame, *, objective: str) -> dict[str, Any]:
    if trial.empty:  # no trial was completed
        return {}
    row = trial.iloc[0]
    return {"search_val": _value(row[objective]), **{name: _value(row[name]) for name in _FROM_CONFIG}}


def _best_trial(trials: pd.DataFrame, *, objective: str) -> int | None:
    complete = trials[(trials["state"] == "COMPLETE") & trials[objective].notna()]
    if complete.empty:
        return None
    ordered = complete.sort_values([objective, "number"], ascending=[False, True])
    return int(ordered["number"].iloc[0])


def _value(cell: Any) -> Any:
    # pandas' missing values differ by column type; arrow knows None alone.
    return None if pd.isna(cell) else cell.item() if hasattr(cell, "item") else cell
