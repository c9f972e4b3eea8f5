"""Standard output and error, and bars for what takes its time. It knows no search.

Names and reasons in a results folder may be a stranger's, so no sign of theirs reaches the terminal that would steer it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.segment import Segment

from harness.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd


PIPE_WIDTH = 100
"""Characters of a line where there is no terminal."""
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of writing."""


def harmless(text: str) -> str:
    """The text, with a replacement character for each sign that a terminal would obey instead of showing it."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


class Screen(Console):
    """A console that shows what it is given, and obeys nobody but rich."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The renderable's segments, with harmless text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def console(*, quiet: bool = False) -> Console:
    """Standard output, as wide as the terminal is."""
    return Screen(quiet=quiet, width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def plain(text: str) -> None:
    """Text to standard output as it is: no wrapping, no markup."""
    print(harmless(text))


def error(message: str) -> None:
    """Each line of an error message, to standard error."""
    stderr = Screen(stderr=True, highlight=False)
    for line in message.splitlines():
        stderr.print(f"[bold red]error:[/] {escape(line)}", soft_wrap=True)


def left_out(message: str) -> None:
    """A folder that could not be read, to standard error."""
    Screen(stderr=True, highlight=False).print(f"[yellow]left out:[/] {escape(message)}", soft_wrap=True)


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
        plain(frame.to_json(orient="records", indent=2, double_precision=15))
    elif format == "csv":
        from harness.reporting.escaping import csv

        plain(csv(frame))
    else:
        raise ResultsError(
            f"--format {format}: expected table, csv or json here; the leaderboard itself has all five"
        )
