"""The live view of a search: one panel in a terminal, plain lines elsewhere, nothing on a quiet console.

It is fed by plain calls, and knows neither who schedules trials nor who stores them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live

from harness.errors import ResultsError
from harness.records import EpochReport, TrialConfig, TrialResult, TrialState
from harness.reporting.progress_view import ended_line, panel
from harness.reporting.tally import Running, Tally


class Listener(Protocol):
    """Who is told how the phases of a search go on."""

    def waiting(self, why: str) -> None:
        """The search cannot begin yet."""

    def start(self, phase: str, *, total: int, slots: int) -> None:
        """A phase of `total` trials begins, `slots` of them side by side, and the one before has ended."""

    def trial_found(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """An earlier run of this search has ended a trial."""

    def trial_started(self, number: int, config: TrialConfig) -> None:
        """A trial begins, or goes on."""

    def epoch(self, number: int, report: EpochReport) -> None:
        """A running trial has ended an epoch."""

    def trial_ended(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """A trial has ended."""

    def close(self) -> None:
        """The last phase has ended."""


class Progress:
    """Shows how the phases of a search go on; a context manager, which leaves the terminal whole.

    Args:
        console: Where to write; it says whether it is a terminal.
        objective: The validation metric that decides what is best.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        console: Console,
        *,
        objective: str = "val_uar",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._objective = objective
        self._clock = clock
        self._tally: Tally | None = None
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def waiting(self, why: str) -> None:
        """Says why the search cannot begin yet."""
        self._console.print(why, soft_wrap=True, highlight=False, markup=False)

    def start(self, phase: str, *, total: int, slots: int) -> None:
        """Begins a phase of `total` trials, `slots` of them side by side, and ends the one before."""
        self.close()
        self._tally = Tally(
            phase=phase, total=total, slots=slots, objective=self._objective, since=self._clock()
        )
        if self._console.is_terminal and not self._console.quiet:
            # Transient: after the search the terminal holds its results, not its history.
            self._live = Live(
                get_renderable=self._view,
                console=self._console,
                refresh_per_second=4,
                transient=True,
            )
            self._live.start()

    def trial_found(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """Counts a trial that an earlier run of this search has ended."""
        self._counted.end(number, config=config, result=result)
        self._counted.found += 1

    def trial_started(self, number: int, config: TrialConfig) -> None:
        """A trial begins, or goes on."""
        self._counted.running[number] = Running(config=config)

    def epoch(self, number: int, report: EpochReport) -> None:
        """A running trial has ended an epoch."""
        self._counted.report(number, report)

    def trial_ended(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """A trial has ended; outside of a terminal this writes its line, in one it does so for a failure."""
        self._counted.end(number, config=config, result=result)
        if self._live is None or result.state is TrialState.FAIL:
            line = ended_line(self._counted, number=number, result=result, now=self._clock())
            self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def close(self) -> None:
        """Ends the phase and takes the panel away; without one it does nothing."""
        if self._live is not None:
            self._live.stop()
        self._live = self._tally = None

    def _view(self) -> RenderableType:
        # The empty line keeps the cursor off the right edge, where the ^C of a terminal would begin a new line.
        return Group(panel(self._counted, now=self._clock()), "")

    @property
    def _counted(self) -> Tally:
        if self._tally is None:
            raise ResultsError("a trial was reported to the live view before start(); call start() first")
        return self._tally
