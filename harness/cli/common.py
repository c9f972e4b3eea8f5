"""What every verb of the command line shares: exit codes, `--debug`, how an error ends, how a search file is read."""

from __future__ import annotations

import logging
import signal
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from harness import printing
from harness.errors import HarnessError, SearchFileError

if TYPE_CHECKING:
    from harness.search import Backend, Prepared
    from harness.tuning.spec import SearchSpec

UNFINISHED = 1
CANNOT = 2
INTERRUPTED = 130


class BackendName(StrEnum):
    """Where trials run."""

    RAY = "ray"
    SERIAL = "serial"


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the engines' own messages.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, run nothing.")]
Results = Annotated[Path, typer.Option("--results", help="Where results go.", metavar="DIR")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file, such as budget.epochs=5."),
]
Address = Annotated[
    str | None, typer.Option(help="A running Ray cluster, such as auto; default: this machine.")
]
ChosenBackend = Annotated[
    BackendName, typer.Option("--backend", help="serial runs all trials in this process.")
]


@contextmanager
def errors_told(*, debug: bool) -> Iterator[None]:
    """What the user can mend ends in a message and exit code 2, without a traceback."""
    try:
        yield
    except HarnessError as error:
        if debug:
            traceback.print_exc()
        printing.error(str(error))
        raise SystemExit(CANNOT) from None


def read_search(file: Path, assignments: list[str]) -> SearchSpec:
    """The one search of a file, with what `--set` says."""
    from harness.tuning.search_file import read_search_file
    from harness.tuning.yaml_file import parse_set

    return read_search_file(file, overrides=[parse_set(text) for text in assignments])


def check_address(backend: BackendName, address: str | None) -> None:
    """Refuses a cluster for a backend that needs none.

    Raises:
        SearchFileError: If there is one.
    """
    if backend is BackendName.SERIAL and address:
        raise SearchFileError(f"--address {address}: the serial backend runs in this process; leave one out")


@contextmanager
def open_backend(
    name: BackendName, prepared: Prepared, *, results: Path, address: str | None
) -> Iterator[Backend]:
    """The backend of one search, between `with` and its end."""
    from harness.search import worker_settings

    settings = worker_settings(prepared, results=results)
    check_address(name, address)
    if name is BackendName.SERIAL:
        from harness.tuning.serial import SerialBackend

        yield SerialBackend(settings)
        return
    from harness.tuning.ray_tune.backend import RayBackend

    with RayBackend(settings, resources=prepared.spec.resources, address=address) as backend:
        yield backend


@contextmanager
def stoppable(console: Console) -> Iterator[None]:
    """Ctrl-C, or SIGTERM as cleanly, ends in the command that goes on and exit code 130."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        printing.stopped(console)
        raise SystemExit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def silence_engines(*, debug: bool) -> None:
    """Messages of Optuna, Ray and torch on which the user cannot act stay away, unless `--debug` asks for them."""
    if debug:
        return
    warnings.simplefilter("ignore")
    for name in ("optuna", "ray", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
