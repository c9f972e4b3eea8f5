"""Ray Tune's two questions, what to try next and whether to go on, answered by a trial source. It keeps no results.

Ray's own OptunaSearch tells Optuna that a trial stopped early is complete, and leaves one with a NaN metric running for
ever; Ray's schedulers lose their rungs with the driver. Both are replaced here by the source, which survives any restart.
"""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from harness.errors import HarnessError
from harness.tuning.source import Decision, Step, TrialSource

LOST = "the worker process died, with its retries"


class SourceSearcher(Searcher):
    """Hands a source's assignments to Ray Tune.

    Args:
        source: Where they come from.
    """

    def __init__(self, source: TrialSource) -> None:
        super().__init__(metric=None, mode=None)
        self.source = source
        self.numbers: dict[str, int] = {}
        self.ended: set[int] = set()
        self.error: HarnessError | None = None
        """What the source raised: Ray would wrap it in an error of its own."""

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next assignment, or the end."""
        assignment = self.source.next()
        if assignment is None:
            return Searcher.FINISHED
        self.numbers[trial_id] = assignment.number
        return {"assignment": assignment}

    def take(self, trial_id: str, step: Step) -> Decision:
        """Hands a step to the source."""
        number = self.numbers[trial_id]
        try:
            decision = self.source.report(number, step).decision
        except HarnessError as error:
            self.error = error
            raise
        if decision is not Decision.CONTINUE:
            self.ended.add(number)
        return decision

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """A last step that the scheduler was not shown, or a process that died once too often."""
        if self.numbers[trial_id] in self.ended:
            return
        if error or result is None:
            self.source.lost(self.numbers[trial_id], LOST)
        else:
            self.take(trial_id, result["step"])

    def __getstate__(self) -> dict[str, Any]:
        """Ray pickles its searcher into a snapshot that is never used."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the source is on disk."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: a new run makes a new searcher over the same source."""


class SourceScheduler(FIFOScheduler):
    """Stops a trial when its source says so.

    Args:
        searcher: Knows which trial is which.
    """

    def __init__(self, searcher: SourceSearcher) -> None:
        super().__init__()
        self.searcher = searcher

    def __getstate__(self) -> dict[str, Any]:
        """As the searcher's."""
        return {}

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Asks the source about an epoch."""
        decision = self.searcher.take(trial.trial_id, result["step"])
        return TrialScheduler.CONTINUE if decision is Decision.CONTINUE else TrialScheduler.STOP
