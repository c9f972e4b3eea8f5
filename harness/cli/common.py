"""What every verb of the command line shares: exit codes, `--debug`, how an error ends, how a search file is read."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import printing
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.tuning.spec import SearchSpec

UNFINISHED = 1
CANNOT = 2
INTERRUPTED = 130


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the engines' own messages.")]


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
