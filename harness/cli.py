"""Arguments and exit codes: the only module that exits. It decides nothing about trials, and leaves the words to `printing`.

`harness search`, `harness leaderboard`, `harness data`; the first two are also `python -m harness.search` and
`python -m harness.leaderboard`. Exit codes: 0 done; 1 trials are left, none ran to its end, none could be confirmed, or a
count of `harness data check` differs; 2 the user must mend something; 130 Ctrl-C.
"""

from __future__ import annotations

import difflib
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
from harness.errors import DatasetError, HarnessError, SearchFileError

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for Optuna or Ray
    from harness.datasets.distribution import Preparation
    from harness.datasets.faceset import FaceSet
    from harness.search import Backend, Prepared
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
Name = Annotated[str, typer.Argument(metavar="NAME", help="A dataset of `harness data list`.")]
Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="DIR", help="Where it lies; by default $HARNESS_DATA/NAME, or data/NAME."),
]
DataOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="OPTION=VALUE", help="An option of the dataset, such as contempt=false."),
]
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
    with _errors_told(debug=debug):
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


@data_app.command("list")
def data_list() -> None:
    """List the face sets that a search file can name: their kind, their page, and where they are looked for."""
    from harness.datasets.distribution import default_root
    from harness.datasets.registry import DRAWN, FOLDER
    from harness.datasets.sources import NAMES, source_named

    out = printing.console()
    printing.drawn_sets(out, DRAWN, folder=FOLDER)
    sources = [source_named(name) for name in NAMES]
    printing.sources(out, sources, roots=[default_root(source.name) for source in sources])


@data_app.command("check")
def data_check(
    name: Name,
    root: Root = None,
    assignments: DataOptions = None,
    strict: Annotated[
        bool, typer.Option("--strict/--no-strict", help="Exit with 1 where a count differs.")
    ] = True,
    debug: Debug = False,
) -> None:
    """Compare a distribution with the literature: found against expected per class, subject and split."""
    with _errors_told(debug=debug):
        from harness.datasets.distribution import list_distribution

        preparation = _preparation(
            name, root=root, assignments=assignments, size=64, color="gray", strict=False
        )
        listing, report = list_distribution(preparation)
        printing.check(printing.console(), preparation, listing, report)
    if strict and report.differs:
        raise SystemExit(UNFINISHED)


@data_app.command("prepare")
def data_prepare(
    name: Name,
    root: Root = None,
    size: Annotated[int, typer.Option(min=16, max=512, help="Width and height in pixels.")] = 64,
    gray: Annotated[bool, typer.Option("--gray/--rgb", help="Grey or colour.")] = True,
    assignments: DataOptions = None,
    undetected: Annotated[
        str, typer.Option(help="keep crops the centre where no face is found, drop leaves it out.")
    ] = "keep",
    on_bad_image: Annotated[str, typer.Option(help="error, or skip what cannot be read.")] = "error",
    strict: Annotated[
        bool, typer.Option("--strict/--no-strict", help="Refuse a copy whose counts differ.")
    ] = True,
    debug: Debug = False,
) -> None:
    """Decode, align and pack a distribution once. Started again, it goes on where it stopped."""
    with _errors_told(debug=debug):
        from harness.datasets.distribution import pack_distribution
        from harness.datasets.pack.arrow import load_pack, undetected_faces
        from harness.search import cache_folder

        preparation = _preparation(
            name,
            root=root,
            assignments=assignments,
            size=size,
            color="gray" if gray else "rgb",
            strict=strict,
            undetected=undetected,
            on_bad_image=on_bad_image,
        )
        out = printing.console()
        with printing.preparing(out, name) as progress:
            pack = pack_distribution(preparation, cache=cache_folder(), progress=progress)
        printing.packed(out, load_pack(pack), pack, undetected=undetected_faces(pack))


@data_app.command("show")
def data_show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|SEARCH.yaml", help="A dataset, or a search file for its dataset section."
        ),
    ],
    root: Root = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file, or any option of the dataset."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PNG", help="Where to write it.")] = Path(
        "faces.png"
    ),
    debug: Debug = False,
) -> None:
    """Write a contact sheet of faces, class by class."""
    with _errors_told(debug=debug):
        from harness.datasets.contact_sheet import contact_sheet

        faces = _faces_of(what, root=root, assignments=assignments)
        contact_sheet(faces).save(output)
        printing.console().print(f"{len(faces):,} faces: {escape(str(output))}", soft_wrap=True)


@data_app.command("folds")
def data_folds(
    file: Annotated[Path, typer.Argument(metavar="SEARCH.yaml", help="What to divide.")],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="CSV", help="Where to write it.")] = Path(
        "folds.csv"
    ),
    debug: Debug = False,
) -> None:
    """Write a search's folds as a CSV that --set protocol.split=list --set protocol.fold_list=CSV reads back."""
    with _errors_told(debug=debug):
        from harness.datasets.protocols import export_folds
        from harness.search import prepare

        prepared = prepare(_read(file, assignments or []))
        export_folds(prepared.faces, prepared.division, output)
        folds = len(prepared.division.confirm_folds)
        printing.console().print(
            f"{folds} folds, split {prepared.division.split_hash}: {escape(str(output))}", soft_wrap=True
        )


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


def _read(file: Path, assignments: list[str]) -> SearchSpec:
    from harness.tuning.search_file import parse_set, read_search_file

    return read_search_file(file, overrides=[parse_set(text) for text in assignments])


def _read_all(
    file: Path, assignments: list[str], flags: dict[str, tuple[str, str | None]]
) -> tuple[SearchSpec, ...]:
    from harness.tuning.search_file import Override, parse_set, read_searches

    overrides: list[Override] = [parse_set(text) for text in assignments]
    overrides += [
        Override(f"{flag} {value}", key, value) for flag, (key, value) in flags.items() if value is not None
    ]
    return read_searches(file, overrides=overrides)


def _preparation(
    name: str,
    *,
    root: Path | None,
    assignments: list[str] | None,
    size: int,
    color: str,
    strict: bool,
    undetected: str = "keep",
    on_bad_image: str = "error",
) -> Preparation:
    """A distribution as the verbs of `harness data` name it."""
    from harness.datasets.registry import DatasetSettings, preparation
    from harness.datasets.sources import NAMES
    from harness.tuning.search_file import parse_set

    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DatasetError(f"NAME: expected one of {', '.join(NAMES)}, got {name!r}{hint}")
    overrides = [parse_set(text) for text in assignments or []]
    return preparation(
        DatasetSettings(
            name=name,
            path=root,
            size=size,
            color=color,
            options={override.key: override.value for override in overrides},
            strict=strict,
            undetected=undetected,
            on_bad_image=on_bad_image,
        )
    )


def _faces_of(what: str, *, root: Path | None, assignments: list[str] | None) -> FaceSet:
    """The faces of a dataset's distribution, or those of a search file."""
    from harness.datasets.distribution import load_distribution
    from harness.search import cache_folder, prepare

    if Path(what).suffix in (".yaml", ".yml"):
        paths = [] if root is None else [f"dataset.path={root}"]
        return prepare(_read(Path(what), [*(assignments or []), *paths])).faces
    wanted = _preparation(what, root=root, assignments=assignments, size=64, color="gray", strict=False)
    with printing.preparing(printing.console(), what) as progress:
        return load_distribution(wanted, cache=cache_folder(), progress=progress)


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
    with _terminable(), _backend(backend, prepared, results=results, address=address) as running:
        try:
            outcome = run_search(prepared, running, results=results, progress=progress)
        except KeyboardInterrupt:
            printing.stopped(console)
            raise SystemExit(INTERRUPTED) from None
    printing.outcome(console, outcome, results=results)
    confirmed = outcome.runs_complete > 0 or outcome.runs == 0
    return outcome.finished >= outcome.total and outcome.complete > 0 and confirmed


@contextmanager
def _backend(
    name: BackendName, prepared: Prepared, *, results: Path, address: str | None
) -> Iterator[Backend]:
    from harness.search import worker_settings

    settings = worker_settings(prepared, results=results)
    if name is BackendName.SERIAL:
        if address:
            raise SearchFileError(
                f"--address {address}: the serial backend runs in this process; leave one out"
            )
        from harness.tuning.serial import SerialBackend

        yield SerialBackend(settings)
        return
    from harness.tuning.ray_tune.backend import RayBackend

    with RayBackend(settings, resources=prepared.spec.resources, address=address) as backend:
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
