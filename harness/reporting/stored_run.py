"""A confirmation run as the tables hold it: what it was told and what it gave, to be done again. It trains nothing."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ResultsError
from harness.records import HONEST, Provenance, TrialConfig, TrialState
from harness.reporting import schemas
from harness.reporting.leaderboard import leaderboard, search_folders
from harness.reporting.parquet import read_rows

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What the leaderboard says of a search: a metric of the test split over fresh seeds.

    Attributes:
        metric: Such as `test_uar`.
        mean: Over the seeds.
        low: Of its interval; NaN with one seed.
        high: Of its interval; NaN with one seed.
        n: Fresh seeds.
    """

    metric: str
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """One fold of a confirmation run of the config that the leaderboard shows.

    Attributes:
        search: Name of the search folder.
        trial: Whose config it is.
        repeat: Which fresh seed.
        fold: Which fold, from 0.
        folds: How many the run has.
        config: As it was trained.
        chosen_epoch: Of this fold.
        metrics: `test_*` and `val_*` of this fold, as far as the tables keep them by fold.
        ranked: The leaderboard's row.
        provenance: Where the run was done, on what, by which code.
        device: Where it was trained.
    """

    search: str
    trial: int
    repeat: int
    fold: int
    folds: int
    config: TrialConfig
    chosen_epoch: int
    metrics: Mapping[str, float]
    ranked: Ranked
    provenance: Provenance
    device: str


def stored_run(results: Path, search: str, *, repeat: int | None = None, fold: int = 0) -> StoredRun:
    """A confirmation run of the config that the leaderboard shows for a search.

    Args:
        results: The folder of search folders.
        search: A folder's name, as in the leaderboard's column `search`.
        repeat: Which fresh seed, from 0; None takes the first that ran to its end.
        fold: Which fold, from 0.

    Raises:
        ResultsError: If there is no such search, run or fold, or its tables cannot be read.
    """
    ranked = _ranked_row(results, search)
    runs = [
        row
        for row in read_rows(results / search / "runs.parquet")
        if row["rule"] == HONEST and row["state"] == TrialState.COMPLETE and row["trial"] == ranked["trial"]
    ]
    row = _chosen(runs, repeat=repeat, search=search)
    if not 0 <= fold < row["folds"]:
        raise ResultsError(f"--fold {fold}: the runs of {search} have {row['folds']} folds, counted from 0")
    objective = row["objective"]
    return StoredRun(
        search=search,
        trial=row["trial"],
        repeat=row["repeat"],
        fold=fold,
        folds=row["folds"],
        config=TrialConfig(
            **{column.name: row[column.name] for column in schemas.CONFIG}, objective=objective
        ),
        chosen_epoch=row["chosen_epochs"][fold],
        metrics=_metrics(row, fold),
        ranked=Ranked(**{field.name: ranked[field.name] for field in dataclasses.fields(Ranked)}),
        provenance=_provenance(row),
        device=row["device"],
    )


def _ranked_row(results: Path, search: str) -> dict[str, Any]:
    board = leaderboard(results)
    rows = board.frame[(board.frame["search"] == search) & (board.frame["rule"] == HONEST)]
    if not rows.empty:
        return {str(name): value for name, value in rows.iloc[0].items()}
    known = [folder.name for folder in search_folders(results)]
    if search in known:
        raise ResultsError("\n".join(told for told in board.problems if f"{results / search}/" in told))
    near = difflib.get_close_matches(search, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known) or 'none'}"
    raise ResultsError(f"{results}: expected a search of the leaderboard, got {search!r}{hint}")


def _chosen(runs: Sequence[Row], *, repeat: int | None, search: str) -> Row:
    """The run of that repeat, or the first."""
    if not runs:
        raise ResultsError(
            f"{search}: expected a confirmation run that ran to its end, got none; run the search to its end, "
            "with confirm.top of 1 or more"
        )
    known = {row["repeat"]: row for row in runs}
    if (number := min(known) if repeat is None else repeat) not in known:
        words = ", ".join(map(str, sorted(known)))
        raise ResultsError(f"--repeat {number}: {search} has no such run that ran to its end; it has {words}")
    return known[number]


def _metrics(row: Row, fold: int) -> dict[str, float]:
    """Of this fold: those that are kept by fold; of a run with one fold, all."""
    by_fold = {name: (row[f"fold_{name}"] or {fold: None})[fold] for name in schemas.BY_FOLD}
    if row["folds"] == 1:
        by_fold |= {name: row[name] for name in schemas.VAL_METRICS + schemas.TEST_METRICS}
    return {name: value for name, value in by_fold.items() if value is not None}


def _provenance(row: Row) -> Provenance:
    columns = {column.name: row[column.name] for column in schemas.PROVENANCE}
    texts = {name: json.loads(columns[name]) for name in ("faces", "packages", "hardware")}
    return Provenance.from_dict({**columns, **texts})
