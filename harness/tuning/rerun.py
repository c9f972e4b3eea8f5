"""Stored confirmation runs as a source of trials: each is trained again as it stands. It knows no study and no journal.

Nothing is chosen here, neither a config nor a seed, so what comes out should be what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.records import Provenance, RunRecord, TrialRecord, TrialResult, TrialState
from harness.reporting.run_name import run_name
from harness.reporting.stored_runs import StoredRun
from harness.tuning.source import Assignment, Decision, Step, Verdict


class Rerun:
    """Hands out stored runs, and keeps what becomes of them.

    Args:
        runs: The runs.
        provenance: Of the runs that are run now.
    """

    phase = "reproduction"

    def __init__(self, runs: Sequence[StoredRun], *, provenance: Provenance) -> None:
        self.runs, self.provenance = tuple(runs), provenance
        self.results: dict[int, TrialResult] = {}
        self._queue = list(range(len(self.runs)))

    @property
    def total(self) -> int:
        """Runs in all."""
        return len(self.runs)

    @property
    def finished(self) -> int:
        """Runs that have ended."""
        return len(self.results)

    def ended_before(self) -> list[TrialRecord]:
        """None: every run is trained again."""
        return []

    def next(self) -> Assignment | None:
        """The next run."""
        if not self._queue:
            return None
        number = self._queue.pop(0)
        run = self.runs[number]
        return Assignment(
            number=number,
            name=run_name(run.trial, run.provenance, repeat=run.repeat, rule=run.config.rule),
            config=run.config,
        )

    def report(self, number: int, step: Step) -> Verdict:
        """Keeps a run that has ended."""
        if step.standing.state is TrialState.RUNNING:
            return Verdict(Decision.CONTINUE, step.standing)
        self.results[number] = step.standing
        return Verdict(Decision.STOP, step.standing)

    def lost(self, number: int, reason: str) -> TrialResult:
        """Keeps a run whose process died too often as failed."""
        self.results[number] = TrialResult(state=TrialState.FAIL, reason=reason)
        return self.results[number]

    def records(self) -> list[RunRecord]:
        """The runs as they came out, in the order of those that are stored."""
        return [
            RunRecord(
                trial=run.trial,
                repeat=run.repeat,
                config=run.config,
                result=self.results[number],
                reports=(),
                provenance=self.provenance,
            )
            for number, run in enumerate(self.runs)
        ]
