"""`python -m harness.benchmark SUITE.yaml`: methods side by side on datasets, each pair a search; readable from top to bottom.

It does not know how anything is printed. A suite is resumed as its searches are: the same command again runs what is missing.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import yaml

from harness.atomic import whole_file
from harness.datasets.distribution import no_progress
from harness.datasets.faceset import FaceSet
from harness.datasets.pack.shards import Progress as PackProgress
from harness.datasets.protocols import search_faces
from harness.datasets.registry import load_faces
from harness.errors import DatasetError, HarnessError, ResultsError
from harness.learning.trial import Trial
from harness.reporting.grid import Grid
from harness.reporting.suite_file import SUITE_FILE, read_suite_file
from harness.search import Backend, Outcome, Prepared, cache_folder, prepare, run_search, worker_settings
from harness.tuning.jobs import Jobs, Lane
from harness.tuning.provenance import to_dataset
from harness.tuning.serial import SerialBackend
from harness.tuning.space import typical_config
from harness.tuning.suite import Cell, SuiteSpec, cells


@dataclass(frozen=True, kw_only=True)
class PreparedCell:
    """A method on a dataset, its faces loaded and divided."""

    cell: Cell
    prepared: Prepared

    @property
    def trainings(self) -> int:
        """Trials and confirmation runs that it is to have."""
        spec = self.cell.search
        rules = 1 + len(spec.confirm.leaky)
        return spec.budget.trials + rules * min(spec.confirm.top, spec.budget.trials) * spec.confirm.seeds


@dataclass(frozen=True, kw_only=True)
class CellOutcome:
    """How a cell stands: its search's outcome, or the error that ended it."""

    cell: Cell
    outcome: Outcome | None
    error: HarnessError | None

    @property
    def whole(self) -> bool:
        """Whether its search is."""
        return self.outcome is not None and self.outcome.whole


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a cell will cost, by its second epoch.

    Attributes:
        cell: The method and its dataset.
        trainings: Trials and confirmation runs.
        epoch_seconds: Of one epoch of one fold, on one core.
        seconds: Of all its trainings, one after another.
    """

    cell: Cell
    trainings: int
    epoch_seconds: float
    seconds: float


class Pool(Protocol):
    """Where trainings of many searches run: `RayPool`."""

    def run_jobs(self, jobs: Jobs) -> None:
        """Runs a queue until no training is left, here or to come."""


def prepare_suite(suite: SuiteSpec, *, progress: PackProgress = no_progress) -> tuple[PreparedCell, ...]:
    """Loads each dataset once, and divides it for every method.

    Args:
        suite: The suite.
        progress: Told of a distribution that is being packed.

    Raises:
        HarnessError: If faces are not what the suite says.
    """
    loaded: dict[str, FaceSet] = {}
    prepared = []
    for cell in cells(suite):
        if cell.dataset not in loaded:
            loaded[cell.dataset] = _load(cell, progress=progress)
        faces = loaded[cell.dataset]
        prepared.append(
            PreparedCell(cell=cell, prepared=prepare(cell.search, faces=faces, progress=progress))
        )
    return tuple(prepared)


def _load(cell: Cell, *, progress: PackProgress) -> FaceSet:
    try:
        return load_faces(to_dataset(cell.search.dataset), cache=cache_folder(), progress=progress)
    except DatasetError as error:  # its advice is for a search file
        raise type(error)(f"{error} (in a suite `dataset.` is `datasets.{cell.dataset}.`)") from error


def suite_results(results: Path, suite: SuiteSpec) -> Path:
    """The results folder of a suite: its searches rank among themselves."""
    return results / suite.name


def run_side_by_side(
    prepared: tuple[PreparedCell, ...], pool: Pool, *, results: Path, grid: Grid, lanes: int
) -> list[CellOutcome]:
    """Runs what is missing of all cells on one pool; while one cell has nothing to hand out, the next ones do.

    Args:
        prepared: The cells.
        pool: Runs the trainings of all.
        results: The suite's own results folder.
        grid: Is told how it goes on.
        lanes: Cells at work at a time.

    Raises:
        KeyboardInterrupt: On Ctrl-C, after the tables are written.
    """
    jobs = Jobs(lanes=len(prepared))

    def lane(rank: int) -> CellOutcome:
        try:
            each = prepared[rank]
            settings = worker_settings(each.prepared, results=results)
            return _run_cell(each, Lane(jobs, settings, rank=rank), results=results, grid=grid)
        finally:
            jobs.lane_ended()

    with ThreadPoolExecutor(min(lanes, len(prepared)), thread_name_prefix="cell") as threads:
        futures = [threads.submit(lane, rank) for rank in range(len(prepared))]
        try:
            if jobs.wait_for_work():
                pool.run_jobs(jobs)
        except BaseException:  # leaving the block waits until every lane has written its tables
            for future in futures:
                future.cancel()
            jobs.give_up()
            raise
    return [future.result() for future in futures]


def run_in_order(prepared: tuple[PreparedCell, ...], *, results: Path, grid: Grid) -> list[CellOutcome]:
    """Runs what is missing of all cells in this process, one after another."""
    return [
        _run_cell(
            each, SerialBackend(worker_settings(each.prepared, results=results)), results=results, grid=grid
        )
        for each in prepared
    ]


def describe(suite: SuiteSpec, results: Path) -> None:
    """Writes what the folder is, before the first cell.

    Raises:
        ResultsError: If it holds a suite of another name or a damaged one, or cannot be written.
    """
    before = read_suite_file(results)
    if before is not None and before.name != suite.name:
        raise ResultsError(
            f"{results} holds the suite {before.name}, expected {suite.name}; name another --results"
        )
    with whole_file(results / SUITE_FILE) as temporary:
        temporary.write_text(yaml.safe_dump(suite.model_dump(mode="json"), sort_keys=False))


def estimate(each: PreparedCell) -> Estimate:
    """What a cell will cost: the second epoch of a typical config, times epochs, folds and trainings."""
    spec = each.cell.search
    seen = search_faces(each.prepared.faces, each.prepared.division)
    trial = Trial(replace(typical_config(spec, epochs=2), backbone_checkpoint=None), seen)
    trial.step()  # the first epoch holds what is done once
    start = time.perf_counter()
    trial.step()
    epoch_seconds = time.perf_counter() - start
    folds = len(seen.folds)
    return Estimate(
        cell=each.cell,
        trainings=each.trainings,
        epoch_seconds=epoch_seconds,
        seconds=epoch_seconds * spec.budget.epochs * folds * each.trainings,
    )


def _run_cell(each: PreparedCell, backend: Backend, *, results: Path, grid: Grid) -> CellOutcome:
    shown = grid.cell(each.cell.dataset, each.cell.method)
    try:
        outcome = run_search(each.prepared, backend, results=results, progress=shown)
    except HarnessError as error:  # one cell's trouble is not the others'
        shown.failed(str(error))
        return CellOutcome(cell=each.cell, outcome=None, error=error)
    shown.ended(confirmed=outcome.confirmed)
    return CellOutcome(cell=each.cell, outcome=outcome, error=None)


if __name__ == "__main__":
    from harness.cli import benchmark_alone

    benchmark_alone()
