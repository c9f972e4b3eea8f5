"""Arguments and exit codes: the only folder that exits. It decides nothing about trials, and leaves the words to `printing`.

Every verb is `harness VERB`; search, benchmark, leaderboard and report are also `python -m harness.VERB`. Exit codes: 0 done;
1 trainings are left, none ran to its end, none could be confirmed, a count of `harness data check` differs, a number of
`harness reproduce` does, a cluster file is wrong, or a doctor cannot mend; 2 the user must mend something; 130 Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from harness import printing
from harness.cli.benchmark import benchmark
from harness.cli.cluster import app as cluster_app
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
    chosen_backend,
    errors_told,
    silence_engines,
    stoppable,
)
from harness.cli.compare import compare
from harness.cli.data import app as data_app
from harness.cli.doctor import doctor
from harness.cli.embed import embed
from harness.cli.export import export
from harness.cli.report import report
from harness.cli.reproduce import reproduce
from harness.cli.sweep import sweep

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for Optuna or Ray
    from harness.search import Prepared
    from harness.tuning.spec import SearchSpec


class Format(StrEnum):
    """How a leaderboard is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"
    LATEX = "latex"


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Searches slice counts and margin ranges of multi-threshold deep metric learning on facial expressions.",
)
app.add_typer(data_app, name="data")
app.add_typer(cluster_app, name="cluster")
app.command()(benchmark)
app.command()(report)
app.command()(compare)
app.command()(export)
app.command()(embed)
app.command()(reproduce)
app.command()(sweep)
app.command()(doctor)


@app.command()
def search(
    file: Annotated[Path, typer.Argument(metavar="SEARCH.yaml", help="What to search.")],
    trials: Annotated[
        str | None, typer.Option(metavar="N", help="Trials in all; more than before extends a search.")
    ] = None,
    time_budget: Annotated[str | None, typer.Option(help="Ends the search phase, such as 30m or 2h.")] = None,
    assignments: Assignments = None,
    results: Results = Path("results"),
    address: Address = None,
    backend: ChosenBackend = BackendName.RAY,
    dry_run: DryRun = False,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Seed of the search.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Search, confirm, rank: the whole story of one search file. The same command again goes on where it stopped."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        flags = {  # as words: the search file's own checks name the flag and the value
            "--trials": ("budget.trials", trials),
            "--time-budget": ("budget.time", time_budget),
            "--seed": ("seed", seed),
        }
        specs = _read_all(file, assignments or [], flags)
        console = printing.console(quiet=quiet)
        prepared = [_prepared(spec, console) for spec in specs]
        if dry_run:
            for each in prepared:
                printing.plan(console, each.spec)
            return
        finished = [
            _run(each, console, results=results, backend=backend, address=address) for each in prepared
        ]
    if not all(finished):
        raise SystemExit(UNFINISHED)


@app.command()
def leaderboard(
    results: Annotated[Path, typer.Argument(metavar="[RESULTS]", help="A results folder.")] = Path("results"),
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TABLE,
    dataset: Annotated[str | None, typer.Option(help="Rows of this dataset alone.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Write all tables again from the journals first.")
    ] = False,
    inflation: Annotated[
        bool,
        typer.Option("--inflation", help="What the literature's leaky rules would have claimed instead."),
    ] = False,
    published: Annotated[
        bool,
        typer.Option("--published", help="Published numbers below ours (csv, json: alone); never in a rank."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Rank every search of a results folder."""
    with errors_told(debug=debug):
        from harness import leaderboard as story

        problems = story.rebuild(results) if rebuild else []
        ranked = story.read(results)
        for problem in dict.fromkeys([*problems, *ranked.problems]):
            printing.left_out(problem)
        out = printing.console()
        if inflation:
            printing.inflation(out, ranked.frame, format=format.value, dataset=dataset)
            return
        one_document = format in (Format.CSV, Format.JSON)  # two of them could not be parsed
        if not published or not (ranked.frame.empty or one_document):
            printing.leaderboard(out, ranked.frame, format=format.value, dataset=dataset)
        if published:
            known = [dataset] if dataset else sorted(set(ranked.frame["dataset"]))
            printing.published(out, story.published(results, datasets=known), format=format.value)


def main() -> None:
    """The console script."""
    app()


def search_alone() -> None:
    """`python -m harness.search`."""
    typer.main.get_command(_only(search))(prog_name="python -m harness.search")


def benchmark_alone() -> None:
    """`python -m harness.benchmark`."""
    typer.main.get_command(_only(benchmark))(prog_name="python -m harness.benchmark")


def report_alone() -> None:
    """`python -m harness.report`."""
    typer.main.get_command(_only(report))(prog_name="python -m harness.report")


def leaderboard_alone() -> None:
    """`python -m harness.leaderboard`."""
    typer.main.get_command(_only(leaderboard))(prog_name="python -m harness.leaderboard")


def _only(command: Callable[..., None]) -> typer.Typer:
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(command)
    return alone


def _read_all(
    file: Path, assignments: list[str], flags: dict[str, tuple[str, str | None]]
) -> tuple[SearchSpec, ...]:
    from harness.tuning.search_file import read_searches
    from harness.tuning.yaml_file import Override, parse_set

    overrides: list[Override] = [parse_set(text) for text in assignments]
    overrides += [
        Override(f"{flag} {value}", key, value) for flag, (key, value) in flags.items() if value is not None
    ]
    return read_searches(file, overrides=overrides)


def _prepared(spec: SearchSpec, console: Console) -> Prepared:
    """A search with its faces, told as it goes."""
    from harness.search import prepare

    console.print(f"[bold]{spec.name}[/]  {spec.dataset.name}, {spec.budget.trials} trials")
    with printing.preparing(console, spec.dataset.name) as progress:
        prepared = prepare(spec, progress=progress)
    printing.faces(console, prepared)
    return prepared


def _run(
    prepared: Prepared, console: Console, *, results: Path, backend: BackendName, address: str | None
) -> bool:
    """Runs a search to its leaderboard; tells whether all its trials are done and one was completed and confirmed."""
    from harness.reporting.progress import Progress
    from harness.search import run_search

    progress = Progress(console, objective=prepared.spec.protocol.objective)
    with chosen_backend(backend, prepared, results=results, address=address) as running, stoppable(console):
        outcome = run_search(prepared, running, results=results, progress=progress)
    printing.outcome(console, outcome, results=results)
    return outcome.whole
