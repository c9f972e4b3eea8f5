"""What a phase of the search has done so far: counts, best, time left. It knows no screen and no clock.

Every time is a reading of one monotonic clock in seconds, handed in by the caller.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from harness.records import EpochReport, TrialConfig, TrialResult, TrialState


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best trial so far, by the objective on validation."""

    number: int
    config: TrialConfig
    value: float


@dataclass(kw_only=True)
class Running:
    """A trial that trains now, and its newest epoch."""

    config: TrialConfig
    report: EpochReport | None = None


@dataclass(kw_only=True)
class Tally:
    """One phase, counted.

    Attributes:
        phase: `search` or `confirmation`, or whatever the caller calls it.
        total: Trials that the phase is to have at its end.
        slots: Trials that can train at the same time.
        objective: The metric that decides what is best.
        since: When the phase, or its continuation, started.
        found: Trials that were there before; they count as done, but took no time now.
        states: How many trials ended in which state.
        running: By number.
        best: None until a trial was complete.
        train_seconds: Spent in training steps since the start, over all slots.
    """

    phase: str
    total: int
    slots: int
    objective: str
    since: float
    found: int = 0
    states: Counter[TrialState] = field(default_factory=Counter)
    running: dict[int, Running] = field(default_factory=dict)
    best: Best | None = None
    train_seconds: float = 0.0

    @property
    def done(self) -> int:
        """Trials that have ended, in whatever state."""
        return self.states.total()

    def end(self, number: int, *, config: TrialConfig, result: TrialResult) -> None:
        """Counts a trial that has ended; only a complete one can be the best."""
        self.running.pop(number, None)
        self.states[result.state] += 1
        value = result.metrics.get(self.objective, math.nan)
        if result.state is TrialState.COMPLETE and value > (self.best.value if self.best else -math.inf):
            self.best = Best(number=number, config=config, value=value)

    def report(self, number: int, report: EpochReport) -> None:
        """Notes a running trial's newest epoch, and the time it trained."""
        self.train_seconds += report.train_seconds
        if number in self.running:
            self.running[number].report = report

    def seconds_left(self, now: float) -> float:
        """At the pace so far; NaN until a trial has ended since the start."""
        ended = self.done - self.found
        return (now - self.since) / ended * max(self.total - self.done, 0) if ended else math.nan

    def training_share(self, now: float) -> float:
        """Share of the slots' time spent in training steps, in [0, 1]; NaN before any time has passed."""
        spent = (now - self.since) * self.slots
        return min(self.train_seconds / spent, 1.0) if spent > 0 else math.nan
