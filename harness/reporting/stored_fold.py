"""One fold of a confirmation run as the tables hold it, and what the leaderboard says of its config. It trains nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ResultsError
from harness.records import HONEST, Provenance, TrialConfig
from harness.reporting import schemas
from harness.reporting.leaderboard import leaderboard
from harness.reporting.named import find_search
from harness.reporting.stored_runs import StoredRun, read_runs_of_row


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
class StoredFold:
    """One fold of a confirmation run of the config that the leaderboard shows.

    Attributes:
        search: Name of the search folder.
        run: The whole run.
        fold: Which of its folds, from 0.
        ranked: The leaderboard's row.
    """

    search: str
    run: StoredRun
    fold: int
    ranked: Ranked

    @property
    def config(self) -> TrialConfig:
        """As it was trained."""
        return self.run.config

    @property
    def provenance(self) -> Provenance:
        """Where the run was done, on what, by which code."""
        return self.run.provenance

    @property
    def trial(self) -> int:
        """Whose config it is."""
        return self.run.trial

    @property
    def repeat(self) -> int:
        """Which fresh seed."""
        return self.run.repeat

    @property
    def folds(self) -> int:
        """How many the run has."""
        return int(self.run.row["folds"])

    @property
    def device(self) -> str:
        """Where it was trained."""
        return str(self.run.row["device"])

    @property
    def chosen_epoch(self) -> int:
        """Of this fold."""
        return int(self.run.row["chosen_epochs"][self.fold])

    @property
    def metrics(self) -> dict[str, float]:
        """`test_*` and `val_*` of this fold: those that are kept by fold; of a run with one fold, all."""
        row, fold = self.run.row, self.fold
        by_fold = {name: (row[f"fold_{name}"] or {fold: None})[fold] for name in schemas.BY_FOLD}
        if self.folds == 1:
            by_fold |= {name: row[name] for name in schemas.VAL_METRICS + schemas.TEST_METRICS}
        return {name: value for name, value in by_fold.items() if value is not None}


def stored_fold(results: Path, search: str, *, repeat: int | None = None, fold: int = 0) -> StoredFold:
    """A fold of a confirmation run of the config that the leaderboard shows for a search.

    Args:
        results: The folder of search folders.
        search: A folder's name, as in the leaderboard's column `search`, or what else `find_search` takes.
        repeat: Which fresh seed, from 0; None takes the first that ran to its end.
        fold: Which fold, from 0.

    Raises:
        ResultsError: If there is no such search, run or fold, or its tables cannot be read.
    """
    folder = find_search(search, results=results)
    ranked = _ranked(folder)
    objective = "val_" + ranked.metric.removeprefix("test_")
    runs = read_runs_of_row(folder / "runs.parquet", objective=objective, rule=HONEST)
    stored = StoredFold(
        search=folder.name, run=_chosen(runs, repeat=repeat, search=folder.name), fold=fold, ranked=ranked
    )
    if not 0 <= fold < stored.folds:
        raise ResultsError(f"--fold {fold}: the runs of {search} have {stored.folds} folds, counted from 0")
    return stored


def _ranked(folder: Path) -> Ranked:
    board = leaderboard(folder.parent)
    rows = board.frame[(board.frame["search"] == folder.name) & (board.frame["rule"] == HONEST)]
    if rows.empty:
        raise ResultsError("\n".join(told for told in board.problems if f"{folder}/" in told))
    row = rows.iloc[0]
    return Ranked(**{field.name: row[field.name] for field in dataclasses.fields(Ranked)})


def _chosen(runs: Sequence[StoredRun], *, repeat: int | None, search: str) -> StoredRun:
    """The run of that repeat, or the first."""
    known = {run.repeat: run for run in runs}
    if (number := min(known) if repeat is None else repeat) not in known:
        words = ", ".join(map(str, sorted(known)))
        raise ResultsError(f"--repeat {number}: {search} has no such run that ran to its end; it has {words}")
    return known[number]
