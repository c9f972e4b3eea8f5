"""Standard output and error, and bars for what takes its time. It knows no search."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from harness.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd


PIPE_WIDTH = 100
"""Characters of a line where there is no terminal."""


def console(*, quiet: bool = False) -> Console:
    """Standard output, as wide as the terminal is."""
    return Console(quiet=quiet, width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def error(message: str) -> None:
    """Each line of an error message, to standard error."""
    stderr = Console(stderr=True, highlight=False)
    for line in message.splitlines():
        stderr.print(f"[bold red]error:[/] {escape(line)}", soft_wrap=True)


def left_out(message: str) -> None:
    """A folder that could not be read, to standard error."""
    Console(stderr=True, highlight=False).print(f"[yellow]left out:[/] {escape(message)}", soft_wrap=True)


@contextmanager
def counting(out: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told what is done and how much there is in all; it is not there before the first time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Bars(*columns, console=out, transient=True, disable=not out.is_terminal)
    tasks: list[TaskID] = []

    def show(done: int, total: int) -> None:
        if not tasks:
            bars.start()
            tasks.append(bars.add_task(what, total=total))
        bars.update(tasks[0], completed=done)

    try:
        yield show
    finally:
        if tasks:
            bars.stop()


def table_or_text(out: Console, frame: pd.DataFrame, view: RenderableType, *, format: str) -> None:
    """A frame as it is for programs, its view for people; both are wide, so Markdown and LaTeX get the plain frame, too."""
    if format == "table":
        out.print(view)
    elif format == "json":
        print(frame.to_json(orient="records", indent=2, double_precision=15))
    elif format == "csv":
        print(frame.to_csv(index=False).rstrip("\n"))
    else:
        raise ResultsError(
            f"--format {format}: expected table, csv or json here; the leaderboard itself has all five"
        )
