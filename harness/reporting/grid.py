"""The live view of a suite: a grid of methods and datasets, what is done and what is to come. It knows no search."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.records import EpochReport, TrialConfig, TrialResult, TrialState
from harness.reporting.progress_view import bar
from harness.reporting.wording import MISSING, percent

Place = tuple[str, str]
"""A dataset and a method."""


class GridCell:
    """One cell, told as a search is told.

    Args:
        total: Trainings that it is to have, trials and confirmation runs.
        objective: The validation metric of which the best is shown.
        tell: Takes a line for whoever has no terminal.
    """

    def __init__(self, *, total: int, objective: str, tell: Callable[[str], None]) -> None:
        self.total, self.objective, self._tell = total, objective, tell
        self.state = "to come"
        self.done = self.found = self.failures = 0
        self.best: float | None = None

    def waiting(self, why: str) -> None:
        """The cell cannot begin yet."""
        self._tell(why)

    def start(self, phase: str, *, total: int, slots: int) -> None:
        """A phase begins."""
        self.state = phase
        self._tell(f"{phase} begins, {total} trainings")

    def trial_found(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """An earlier run has ended a training."""
        self.found += 1
        self._count(result)

    def trial_started(self, number: int, config: TrialConfig) -> None:
        """The grid shows what has ended."""

    def epoch(self, number: int, report: EpochReport) -> None:
        """An epoch is too small for a grid."""

    def trial_ended(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """A training has ended."""
        self._count(result)

    def close(self) -> None:
        """The last phase has ended; `ended` or `failed` says how."""

    def ended(self, *, confirmed: bool) -> None:
        """The whole cell has ended."""
        self.done = self.total if confirmed else self.done
        self.state = "done" if confirmed else "nothing confirmed"
        self._tell(f"{self.state}, best {self.objective} {percent(self.best)} %" if self.best else self.state)

    def failed(self, reason: str) -> None:
        """The cell could not go on."""
        self.state = "error"
        self._tell(f"error: {reason}")

    def _count(self, result: TrialResult) -> None:
        self.done += 1
        self.failures += result.state is TrialState.FAIL
        value = result.metrics.get(self.objective)
        if result.state is TrialState.COMPLETE and value is not None:
            self.best = value if self.best is None else max(self.best, value)


class Grid:
    """Shows all cells; a context manager, which leaves the terminal whole.

    Args:
        console: Where to write; it says whether it is a terminal.
        totals: Trainings by dataset and method, in the order in which they are shown.
        objective: The validation metric of which each cell's best is shown.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        console: Console,
        *,
        totals: Mapping[Place, int],
        objective: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._clock = console, clock
        self._objective = objective
        self._cells = {
            place: GridCell(total=total, objective=objective, tell=self._line_of(place))
            for place, total in totals.items()
        }
        self._live: Live | None = None

    def __enter__(self) -> Grid:
        self._since = self._clock()
        if self._console.is_terminal and not self._console.quiet:
            self._live = Live(
                get_renderable=self._view, console=self._console, refresh_per_second=2, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def cell(self, dataset: str, method: str) -> GridCell:
        """The cell of a method on a dataset."""
        return self._cells[dataset, method]

    def _line_of(self, place: Place) -> Callable[[str], None]:
        def tell(words: str) -> None:
            if self._live is None:
                line = f"{' / '.join(place)}: {words}  ({self._done}/{self._total} trainings)"
                self._console.print(line, soft_wrap=True, markup=False, highlight=False)

        return tell

    @property
    def _total(self) -> int:
        return sum(cell.total for cell in self._cells.values())

    @property
    def _done(self) -> int:
        return sum(cell.done for cell in self._cells.values())

    def _view(self) -> RenderableType:
        return Group(
            Panel(
                Group(self._bar(), self._table()), title=Text("suite"), title_align="left", border_style="dim"
            ),
            "",
        )

    def _bar(self) -> Table:
        elapsed = self._clock() - self._since
        fresh = self._done - sum(cell.found for cell in self._cells.values())
        left = elapsed / fresh * (self._total - self._done) if fresh else None
        return bar(done=self._done, total=self._total, elapsed=elapsed, left=left)

    def _table(self) -> Table:
        datasets = list(dict.fromkeys(dataset for dataset, _ in self._cells))
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("")
        for dataset in datasets:
            table.add_column(dataset)
        for method in dict.fromkeys(method for _, method in self._cells):
            table.add_row(method, *(_words(self._cells[dataset, method]) for dataset in datasets))
        return table


_COLOURS = {"to come": "dim", "search": "cyan", "done": "green", "error": "red", "nothing confirmed": "red"}


def _words(cell: GridCell) -> Text:
    count = "" if cell.state in ("to come", "done") else f" {cell.done}/{cell.total}"
    best = f"  {percent(cell.best)} %" if cell.best is not None else f"  {MISSING}"
    failures = (f"  {cell.failures} failed", "red") if cell.failures else ""
    return Text.assemble((cell.state + count, _COLOURS.get(cell.state, "cyan")), best, failures)
