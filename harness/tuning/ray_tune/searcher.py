"""Ray Tune's two questions, what to try next and whether to go on, answered by a queue of jobs. It keeps no results.

Ray's own OptunaSearch tells Optuna that a trial stopped early is complete, and leaves one with a NaN metric running for
ever; Ray's schedulers lose their rungs with the driver. Both are replaced here by the job's source, which survives any restart.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

from ray.exceptions import ActorUnavailableError, RayActorError
from ray.tune import Callback
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from harness.errors import HarnessError
from harness.tuning.cluster_status import Bulletin, Training
from harness.tuning.jobs import Job, Jobs, Offer
from harness.tuning.ray_tune.bulletin import EVERY_S, post, take_down
from harness.tuning.ray_tune.trainable import Work
from harness.tuning.source import Decision, Step

LOST = "the worker process died, with its retries"


class JobsSearcher(Searcher):
    """Hands the assignments of a queue to Ray Tune.

    Args:
        jobs: The queue.
        slots: Trainings that fit side by side now. Nothing is suggested that could not run at once: it would not know the
            trials that end until then.
    """

    def __init__(self, jobs: Jobs, *, slots: Callable[[], int]) -> None:
        super().__init__(metric=None, mode=None)
        self.jobs, self.slots = jobs, slots
        self.offers: dict[str, Offer] = {}
        self.works: dict[Job, Work] = {}
        self.desk = Desk()
        self._made = self._counted = 0

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """The next assignment; None if there is none for the moment; or the end."""
        offer = self._offer()
        self._drop_ended()
        if offer is None:
            return Searcher.FINISHED if self.jobs.over else None
        self.offers[trial_id] = offer
        self.desk.begun(trial_id)
        return {"assignment": offer.assignment, "work": self._work(offer.job)}

    def _offer(self) -> Offer | None:
        """The next training, if there is a slot for it; a host that does not fit ends the search instead."""
        try:
            self._counted = self.slots()
        except HarnessError as error:
            self.jobs.fail(error)
            return None
        return self.jobs.next() if len(self.offers) < self._counted else None

    def take(self, trial_id: str, result: dict[str, Any]) -> Decision:
        """Hands a step to its source."""
        step, host = result["step"], result.get("hostname", "")
        decision = self.jobs.report(self.offers[trial_id], step)
        self.desk.heard(trial_id, host, step)
        self.desk.post(self.offers, slots=self._counted)
        if decision is not Decision.CONTINUE:
            del self.offers[trial_id]
        return decision

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """A last step that the scheduler was not shown, or a process that died once too often."""
        if trial_id not in self.offers:
            return
        if error or result is None:
            self.jobs.lost(self.offers.pop(trial_id), LOST)
        else:
            self.take(trial_id, result)

    def _work(self, job: Job) -> Work:
        if job not in self.works:
            self._made += 1
            self.works[job] = Work.put(self._made, job.settings, job.faces, job.test)
        return self.works[job]

    def _drop_ended(self) -> None:
        for job in [job for job in self.works if job.ended.is_set()]:
            self.works.pop(job).parts = None
            take_down(str(job.settings.folder))

    def __getstate__(self) -> dict[str, Any]:
        """Ray pickles its searcher into a snapshot that is never used."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: the sources are on disk."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore: a new run makes a new searcher over the same sources."""


class Desk:
    """Keeps what is told of the running trainings, and posts it, a search each, for whoever asks the cluster.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._heard: dict[str, tuple[str, float]] = {}
        self._next = 0.0

    def begun(self, trial_id: str) -> None:
        """A training was handed out."""
        self._since[trial_id] = self._clock()

    def heard(self, trial_id: str, host: str, step: Step) -> None:
        """A training has told something."""
        self._heard[trial_id] = (host, step.standing.train_seconds)

    def post(self, offers: Mapping[str, Offer], *, slots: int) -> None:
        """Renews what is posted, at most once a second."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY_S
        for known in (self._since, self._heard):
            for ended in known.keys() - offers.keys():
                del known[ended]
        for folder in {offer.job.settings.folder for offer in offers.values()}:
            running = [key for key, offer in offers.items() if offer.job.settings.folder == folder]
            post(
                Bulletin(
                    search=str(folder),
                    driver=f"{platform.node()}, process {os.getpid()}",
                    told=time.time(),
                    slots=slots,
                    trainings=tuple(self._training(key, offers[key].assignment.number) for key in running),
                )
            )

    def _training(self, trial_id: str, number: int) -> Training:
        host, train_seconds = self._heard.get(trial_id, ("", 0.0))
        seconds = self._clock() - self._since[trial_id]
        return Training(number=number, host=host, seconds=seconds, train_seconds=train_seconds)


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

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """A training that lost its host is run again however often: spot machines come and go, and it has done nothing wrong."""
        if lost_its_host(trial.get_pickled_error()):
            trial.max_failures += 1
        super().on_trial_error(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Asks the job about an epoch."""
        decision = self.searcher.take(trial.trial_id, result)
        return TrialScheduler.CONTINUE if decision is Decision.CONTINUE else TrialScheduler.STOP


class Forgetful(Callback):
    """Drops what Tune would keep of every trial that has ended, half of what the driver grows by: the journal has it all."""

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A trial has ended, whoever ended it."""
        trial.config = {}
        trial.run_metadata.metric_analysis = {}
        trial.run_metadata.metric_n_steps = {}
        trial.run_metadata.last_result = {}


def lost_its_host(error: Exception | None) -> bool:
    """Whether a process died with its host, and not by itself."""
    if not isinstance(error, RayActorError):
        return False
    return isinstance(error, ActorUnavailableError) or error.preempted or "node has died" in str(error)
