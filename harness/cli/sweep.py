"""`harness sweep`: one parameter of a search's chosen config varied, from flags to table. It decides nothing about runs."""

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
    chosen_backend,
    errors_told,
    read_search,
    silence_engines,
    stoppable,
)

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for Optuna or Ray
    from harness.sweep import PreparedSweep, SweepOutcome


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SEARCH.yaml", help="A search that was run.")],
    over: Annotated[
        str,
        typer.Option(
            metavar="NAME=V1,V2,...",
            help="What is varied, such as slices=1,2,4 or margin_range=0.1:0.3,0.1:0.8.",
        ),
    ],
    fixes: Annotated[
        list[str] | None,
        typer.Option(
            "--fix", metavar="NAME=VALUE", help="Held at this instead of the chosen config's value."
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(metavar="N", help="Trainings of each value.")] = "5",
    tested: Annotated[
        bool, typer.Option("--test", help="Open the test split; what is chosen by that is chosen on test.")
    ] = False,
    assignments: Assignments = None,
    results: Results = Path("results"),
    address: Address = None,
    backend: ChosenBackend = BackendName.RAY,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Vary one parameter of a search's chosen config, some seeds each, on validation. The same command again goes on."""
    with errors_told(debug=debug):
        import harness.sweep  # noqa: F401  Optuna sets its own level of messages when it is imported

        silence_engines(debug=debug)
        check_address(backend, address)
        console = printing.console(quiet=quiet)
        prepared = _prepared(
            file, console, over=over, fixes=fixes or [], seeds=seeds, tested=tested, assignments=assignments or [],
            results=results,
        )  # fmt: skip
        printing.sweep(console, prepared)
        if dry_run:
            return
        outcome = _run(prepared, console, results=results, backend=backend, address=address)
        printing.sweep_outcome(console, prepared, outcome)
    if not outcome.whole:
        raise SystemExit(UNFINISHED)


def _prepared(
    file: Path,
    console: Console,
    *,
    over: str,
    fixes: list[str],
    seeds: str,
    tested: bool,
    assignments: list[str],
    results: Path,
) -> PreparedSweep:
    from harness.sweep import prepare_sweep
    from harness.tuning.levels import parse_fixes, parse_over, parse_seeds

    spec = read_search(file, assignments)
    levels = parse_over(over)
    held, count = parse_fixes(fixes, over=levels), parse_seeds(seeds)
    command = printing.search_command(file, results=results, assignments=assignments)
    with printing.preparing(console, spec.dataset.name) as progress:
        return prepare_sweep(
            spec,
            over=levels,
            fixes=held,
            seeds=count,
            tested=tested,
            results=results,
            command=command,
            progress=progress,
        )


def _run(
    prepared: PreparedSweep, console: Console, *, results: Path, backend: BackendName, address: str | None
) -> SweepOutcome:
    from harness.reporting.progress import Progress
    from harness.sweep import run_sweep

    search = prepared.prepared
    progress = Progress(console, objective=search.spec.protocol.objective)
    with chosen_backend(backend, search, results=results, address=address) as running, stoppable(console):
        return run_sweep(prepared, running, results=results, progress=progress)
