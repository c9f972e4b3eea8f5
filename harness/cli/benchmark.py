"""`harness benchmark`: a suite from its file to its tables and its report. It decides nothing about searches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from harness import printing
from harness.cli.common import (
    UNFINISHED,
    Address,
    Assignments,
    BackendName,
    ChosenBackend,
    Debug,
    DryRun,
    Quiet,
    Results,
    check_address,
    errors_told,
    silence_engines,
    stoppable,
)

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for torch or Ray
    from harness.benchmark import CellOutcome, PreparedCell
    from harness.tuning.suite import SuiteSpec


def benchmark(
    file: Annotated[Path, typer.Argument(metavar="SUITE.yaml", help="Methods and datasets to compare.")],
    assignments: Assignments = None,
    results: Results = Path("results"),
    address: Address = None,
    backend: ChosenBackend = BackendName.RAY,
    lanes: Annotated[
        int, typer.Option("--cells", min=1, metavar="N", help="Cells at work at a time, on Ray.")
    ] = 3,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare methods on datasets under equal conditions. The same command again goes on where it stopped."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.benchmark import prepare_suite, suite_results
        from harness.report import REPORT_FILE, write_report
        from harness.tuning.suite import read_suite
        from harness.tuning.yaml_file import parse_set

        suite = read_suite(file, overrides=[parse_set(text) for text in assignments or []])
        console = printing.console(quiet=quiet)
        with printing.preparing(console, suite.name) as progress:
            prepared = prepare_suite(suite, progress=progress)
        printing.suite(console, suite, prepared)
        if dry_run:
            _estimate(console, suite, prepared)
            return
        folder = suite_results(results, suite)
        outcomes = _run(
            suite, prepared, console, folder=folder, backend=backend, address=address, lanes=lanes
        )
        printing.cell_errors(outcomes)
        with console.status("draws the figures of the report"):
            written = write_report(folder, folder / REPORT_FILE)
        printing.suite_outcome(console, suite, outcomes, written, folder=folder)
    if not all(outcome.whole for outcome in outcomes):
        raise SystemExit(UNFINISHED)


def _estimate(console: Console, suite: SuiteSpec, prepared: tuple[PreparedCell, ...]) -> None:
    from harness.benchmark import estimate

    with console.status("two epochs of each cell, to see what they cost"):
        estimates = [estimate(each) for each in prepared]
    printing.estimates(console, suite, estimates)


def _run(
    suite: SuiteSpec,
    prepared: tuple[PreparedCell, ...],
    console: Console,
    *,
    folder: Path,
    backend: BackendName,
    address: str | None,
    lanes: int,
) -> list[CellOutcome]:
    from harness.benchmark import describe, run_in_order, run_side_by_side
    from harness.reporting.grid import Grid

    totals = {(each.cell.dataset, each.cell.method): each.trainings for each in prepared}
    check_address(backend, address)
    describe(suite, folder)
    with stoppable(console), Grid(console, totals=totals, objective=suite.protocol.objective) as grid:
        if backend is BackendName.SERIAL:
            return run_in_order(prepared, results=folder, grid=grid)
        from harness.tuning.ray_tune.backend import RayPool

        with RayPool(resources=suite.resources, address=address) as pool:
            return run_side_by_side(prepared, pool, results=folder, grid=grid, lanes=lanes)
