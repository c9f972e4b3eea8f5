"""A source whose news are also shown and filed: the live view, TensorBoard's HParams, and a tidy folder. It decides nothing."""

from __future__ import annotations

from contextlib import suppress

from harness.records import TrialRecord, TrialResult
from harness.reporting.progress import Listener
from harness.reporting.tensorboard import RunLog
from harness.tuning.folder import SearchFolder
from harness.tuning.source import Assignment, Decision, Step, TrialSource, Verdict


class Observed:
    """Hands everything on to the source, and tells what happens.

    Args:
        source: Does the work.
        folder: Where checkpoints of finished trainings are cleared away.
        progress: Such as the live view.
    """

    def __init__(self, source: TrialSource, *, folder: SearchFolder, progress: Listener) -> None:
        self.source, self.folder, self.progress = source, folder, progress
        self.running: dict[int, Assignment] = {}

    @property
    def phase(self) -> str:
        """The source's phase."""
        return self.source.phase

    @property
    def total(self) -> int:
        """Trainings in all."""
        return self.source.total

    @property
    def finished(self) -> int:
        """Trainings that have ended."""
        return self.source.finished

    def ended_before(self) -> list[TrialRecord]:
        """Trainings that an earlier run has ended."""
        return self.source.ended_before()

    def next(self) -> Assignment | None:
        """The next training."""
        assignment = self.source.next()
        if assignment is not None:
            self.running[assignment.number] = assignment
            self.progress.trial_started(assignment.number, assignment.config)
        return assignment

    def report(self, number: int, step: Step) -> Verdict:
        """News of a training."""
        verdict = self.source.report(number, step)
        for report in step.reports:
            self.progress.epoch(number, report)
        if verdict.decision is Decision.STOP:
            self._ended(number, verdict.result)
        return verdict

    def lost(self, number: int, reason: str) -> TrialResult:
        """A training's process died too often."""
        result = self.source.lost(number, reason)
        self._ended(number, result)
        return result

    def _ended(self, number: int, result: TrialResult) -> None:
        assignment = self.running.pop(number)
        if not assignment.keep_backbone:  # other faces and another task: no row beside the trials
            with suppress(
                OSError
            ):  # a full or read-only disk: the journal has the result, this only shows it
                RunLog(self.folder.tensorboard, assignment.name).finish(assignment.config, result)
        with suppress(OSError):
            self.folder.checkpoint(assignment.name).unlink(missing_ok=True)
        self.progress.trial_ended(number, assignment.config, result)
