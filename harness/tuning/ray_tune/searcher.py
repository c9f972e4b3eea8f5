"""Ray Tune's two questions, what to try next and whether to go on, answered by a queue of jobs. It keeps no results.

Ray's own OptunaSearch tells Optuna that a trial stopped early is complete, and leaves one with a NaN metric running for
ever; Ray's schedulers lose their rungs with the driver. Both are replaced here by the job's source, which survives any restart.
"""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from harness.tuning.jobs import Job, Jobs, Offer
from harness.tuning.ray_tune.trainable import Work
from harness.tuning.source import Decision, Step

LOST = "the worker process died, with its retries"


class JobsSearcher(Searcher):
    """Hands the assignments of a queue to Ray Tune.

    Args:
        jobs: The queue.
    """

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(metric=None, mode=None)
        self.jobs = jobs
        self.offers: dict[str, Offer] = {}
        self.ended: set[str] = set()
        self.works: dict[Job, Work] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next assignment; None if there is none for the moment; or the end."""
        offer = self.jobs.next()
        self._drop_ended()
        if offer is None:
            return Searcher.FINISHED if self.jobs.over else None
        self.offers[trial_id] = offer
        return {"assignment": offer.assignment, "work": self._work(offer.job)}

    def take(self, trial_id: str, step: Step) -> Decision:
        """Hands a step to its source."""
        decision = self.jobs.report(self.offers[trial_id], step)
        if decision is not Decision.CONTINUE:
            self.ended.add(trial_id)
        return decision

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """A last step that the scheduler was not shown, or a process that died once too often."""
        if trial_id in self.ended:
            return
        if error or result is None:
            self.jobs.lost(self.offers[trial_id], LOST)
        else:
            self.take(trial_id, result["step"])

    def _work(self, job: Job) -> Work:
        if job not in self.works:
            self.works[job] = Work.put(len(self.offers), job.settings, job.faces, job.test)
        return self.works[job]

    def _drop_ended(self) -> None:
        for job in [job for job in self.works if job.ended.is_set()]:
            self.works.pop(job).parts = None

    def __getstate__(self) -> dict[str, Any]:
        """Ray pickles its searcher into a snapshot that is never used."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the sources are on disk."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: a new run makes a new searcher over the same sources."""


class JobsScheduler(FIFOScheduler):
    """Stops a trial when its job says so.

    Args:
        searcher: Knows which trial is which.
    """

    def __init__(self, searcher: JobsSearcher) -> None:
        super().__init__()
        self.searcher = searcher

    def __getstate__(self) -> dict[str, Any]:
        """As the searcher's."""
        return {}

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Asks the job about an epoch."""
        decision = self.searcher.take(trial.trial_id, result["step"])
        return TrialScheduler.CONTINUE if decision is Decision.CONTINUE else TrialScheduler.STOP
