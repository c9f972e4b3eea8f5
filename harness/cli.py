"""Arguments and exit codes: the only module that exits. It decides nothing about trials, and leaves the words to `printing`.

`harness search`, `harness leaderboard`, `harness data`; the first two are also `python -m harness.search` and
`python -m harness.leaderboard`. Exit codes: 0 done; 1 trials are left, or none ran to its end; 2 the user must mend something;
130 Ctrl-C.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from harness import printing
from harness.errors import HarnessError, SearchFileError

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for Optuna or Ray
    from harness.search import Backend, Prepared
    from harness.tuning.search_file import Override
    from harness.tuning.spec import SearchSpec

UNFINISHED = 1
CANNOT = 2
INTERRUPTED = 130


class BackendName(StrEnum):
    """Where trials run."""

    RAY = "ray"
    SERIAL = "serial"


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
data_app = typer.Typer(no_args_is_help=True, help="Face sets: what is known, and what it looks like.")
app.add_typer(data_app, name="data")

Results = Annotated[Path, typer.Option("--results", help="Where results go.", metavar="DIR")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the engines' own messages.")]


@app.command()
def search(
    file: Annotated[Path, typer.Argument(metavar="SEARCH.yaml", help="What to search.")],
    trials: Annotated[
        str | None, typer.Option(metavar="N", help="Trials in all; more than before extends a search.")
    ] = None,
    time_budget: Annotated[str | None, typer.Option(help="Ends the search phase, such as 30m or 2h.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file, such as budget.epochs=5."),
    ] = None,
    results: Results = Path("results"),
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster, such as auto; default: this machine.")
    ] = None,
    backend: Annotated[
        BackendName, typer.Option(help="serial runs all trials in this process.")
    ] = BackendName.RAY,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, run nothing.")
    ] = False,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Seed of the search.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    debug: Debug = False,
) -> None:
    """Search, confirm, rank: the whole story of one search file. The same command again goes on where it stopped."""
    with _errors_told(debug=debug):
        _silence_engines(debug=debug)
        flags = {  # as words: the search file's own checks name the flag and the value
            "--trials": ("budget.trials", trials),
            "--time-budget": ("budget.time", time_budget),
            "--seed": ("seed", seed),
        }
        spec = _read(file, assignments or [], flags)
        console = printing.console(quiet=quiet)
        console.print(f"[bold]{spec.name}[/]  {spec.dataset.name}, {spec.budget.trials} trials")
        _run_or_describe(spec, console, results=results, backend=backend, address=address, dry_run=dry_run)


@app.command()
def leaderboard(
    results: Annotated[Path, typer.Argument(metavar="[RESULTS]", help="A results folder.")] = Path("results"),
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TABLE,
    dataset: Annotated[str | None, typer.Option(help="Rows of this dataset alone.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Write all tables again from the journals first.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Rank every search of a results folder."""
    with _errors_told(debug=debug):
        from harness import leaderboard as story

        problems = story.rebuild(results) if rebuild else []
        ranked = story.read(results)
        for problem in dict.fromkeys([*problems, *ranked.problems]):
            printing.left_out(problem)
        printing.leaderboard(printing.console(), ranked.frame, format=format.value, dataset=dataset)


@data_app.command("list")
def data_list() -> None:
    """List the face sets that a search file can name."""
    from harness.datasets.registry import KNOWN

    out = printing.console()
    for name, known in KNOWN.items():
        out.print(f"[bold]{name:24}[/]{known.kind:13}{known.description}", soft_wrap=True)


@data_app.command("show")
def data_show(
    file: Annotated[
        Path, typer.Argument(metavar="SEARCH.yaml", help="A search file, for its dataset section.")
    ],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PNG", help="Where to write it.")] = Path(
        "faces.png"
    ),
    debug: Debug = False,
) -> None:
    """Write a contact sheet of a search's faces, class by class."""
    with _errors_told(debug=debug):
        from harness.datasets.contact_sheet import contact_sheet
        from harness.search import prepare

        prepared = prepare(_read(file, assignments or [], {}))
        contact_sheet(prepared.faces).save(output)
        printing.console().print(f"{len(prepared.faces):,} faces: {escape(str(output))}", soft_wrap=True)


def main() -> None:
    """The console script."""
    app()


def search_alone() -> None:
    """`python -m harness.search`."""
    typer.main.get_command(_only(search))(prog_name="python -m harness.search")


def leaderboard_alone() -> None:
    """`python -m harness.leaderboard`."""
    typer.main.get_command(_only(leaderboard))(prog_name="python -m harness.leaderboard")


def _only(command: Callable[..., None]) -> typer.Typer:
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(command)
    return alone


def _read(file: Path, assignments: list[str], flags: dict[str, tuple[str, str | None]]) -> SearchSpec:
    from harness.tuning.search_file import Override, parse_set, read_search_file

    overrides: list[Override] = [parse_set(text) for text in assignments]
    overrides += [
        Override(f"{flag} {value}", key, value) for flag, (key, value) in flags.items() if value is not None
    ]
    return read_search_file(file, overrides=overrides)


def _run_or_describe(
    spec: SearchSpec,
    console: Console,
    *,
    results: Path,
    backend: BackendName,
    address: str | None,
    dry_run: bool,
) -> None:
    from harness.reporting.progress import Progress
    from harness.search import prepare, run_search

    prepared = prepare(spec)
    printing.faces(console, prepared)
    if dry_run:
        printing.plan(console, spec)
        return
    with _terminable(), _backend(backend, prepared, results=results, address=address) as running:
        try:
            outcome = run_search(
                prepared,
                running,
                results=results,
                progress=Progress(console, objective=spec.protocol.objective),
            )
        except KeyboardInterrupt:
            printing.stopped(console)
            raise SystemExit(INTERRUPTED) from None
    printing.outcome(console, outcome, results=results)
    if outcome.finished < outcome.total or outcome.complete == 0:
        raise SystemExit(UNFINISHED)


@contextmanager
def _backend(
    name: BackendName, prepared: Prepared, *, results: Path, address: str | None
) -> Iterator[Backend]:
    from harness.datasets.protocols import search_faces
    from harness.search import worker_settings

    settings = worker_settings(prepared, results=results)
    faces = search_faces(prepared.faces, prepared.division)
    if name is BackendName.SERIAL:
        if address:
            raise SearchFileError(
                f"--address {address}: the serial backend runs in this process; leave one out"
            )
        from harness.tuning.serial import SerialBackend

        yield SerialBackend(settings, faces)
        return
    from harness.tuning.ray_tune.backend import RayBackend

    with RayBackend(settings, faces, resources=prepared.spec.resources, address=address) as backend:
        yield backend


@contextmanager
def _errors_told(*, debug: bool) -> Iterator[None]:
    """What the user can mend ends in a message and exit code 2, without a traceback."""
    try:
        yield
    except HarnessError as error:
        if debug:
            traceback.print_exc()
        printing.error(str(error))
        raise SystemExit(CANNOT) from None


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM stops as cleanly as Ctrl-C."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _silence_engines(*, debug: bool) -> None:
    """Messages of Optuna, Ray and torch on which the user cannot act stay away, unless `--debug` asks for them."""
    import logging
    import warnings

    if debug:
        return
    warnings.simplefilter("ignore")
    for name in ("optuna", "ray", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
