"""Phases of searches that wait for trainings to be run, in one queue. It knows no backend and no study.

One search is a queue of one job. Searches side by side run in a thread each and open one job after another; whoever drives the
queue, in the main thread, takes assignments from the first job that has some, so that no slot stays free while any has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Condition, Event, RLock
from typing import NamedTuple

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.errors import HarnessError
from harness.tuning.source import Assignment, Decision, Step, TrialSource
from harness.tuning.worker import WorkerSettings


@dataclass(kw_only=True, eq=False)
class Job:
    """A phase of a search: where its trainings come from, and what they need.

    Attributes:
        source: Hands them out and takes their news.
        settings: What a worker needs to know.
        faces: Training and validation faces.
        test: Test faces of the folds, in the confirmation phase.
        rank: Jobs of a lower rank come first.
        running: Trainings that were handed out and have not ended.
        exhausted: There is nothing left to hand out.
        error: What the source raised; the job ends with it.
        interrupted: The queue was given up before the job had ended.
        ended: Set when nothing is left to hand out, and nothing runs.
    """

    source: TrialSource
    settings: WorkerSettings
    faces: TrialFaces
    test: TestFaces | None = None
    rank: int = 0
    running: int = 0
    exhausted: bool = False
    error: HarnessError | None = None
    interrupted: bool = False
    ended: Event = field(default_factory=Event)


class Offer(NamedTuple):
    """A training, and the job that it belongs to."""

    job: Job
    assignment: Assignment


class Jobs:
    """The queue.

    Args:
        jobs: Open from the start.
        lanes: Searches that will open more, each one at a time.
    """

    def __init__(self, jobs: Iterable[Job] = (), *, lanes: int = 0) -> None:
        self._open = list(jobs)
        self._lanes = lanes
        self._changed = Condition(RLock())
        self._given_up = False

    def open(self, job: Job) -> None:
        """Adds a job; one that comes after the queue was given up ends at once."""
        with self._changed:
            self._open.append(job)
            self._open.sort(key=lambda each: each.rank)
            if self._given_up:
                self._interrupt(job)
            self._changed.notify_all()

    def lane_ended(self) -> None:
        """A search will open no more jobs."""
        with self._changed:
            self._lanes -= 1
            self._changed.notify_all()

    def wait_for_work(self) -> bool:
        """Waits until a job is open; False if none will be."""
        with self._changed:
            self._changed.wait_for(lambda: self._open or not self._lanes)
            return bool(self._open)

    def next(self) -> Offer | None:
        """The next training. None if there is none now: `over` tells whether there will be one.

        Where nothing runs, it waits for a job to be opened.
        """
        while True:
            for job in tuple(self._open):
                if (assignment := self._next_of(job)) is not None:
                    return Offer(job, assignment)
            if self.over or any(job.running for job in self._open):
                return None
            self.wait_for_work()

    @property
    def over(self) -> bool:
        """Whether no training is left, here or to come."""
        with self._changed:
            return not self._open and not self._lanes

    def report(self, offer: Offer, step: Step) -> Decision:
        """Hands news to the job's source; a source that cannot take them ends its own job alone."""
        decision = Decision.RELEASE
        if offer.job.error is None:
            try:
                decision = offer.job.source.report(offer.assignment.number, step).decision
            except HarnessError as error:
                offer.job.error, offer.job.exhausted = error, True
        if decision is not Decision.CONTINUE:
            self._one_less(offer.job)
        return decision

    def lost(self, offer: Offer, reason: str) -> None:
        """A training's process died too often."""
        if offer.job.error is None:
            offer.job.source.lost(offer.assignment.number, reason)
        self._one_less(offer.job)

    def fail(self, error: HarnessError) -> None:
        """Ends every open job with an error that is none of theirs: what runs is released, and goes on in a next run."""
        for job in tuple(self._open):
            job.error, job.exhausted = job.error or error, True
            self._end_if_done(job)

    @property
    def first(self) -> Job | None:
        """The open job that comes first."""
        with self._changed:
            return self._open[0] if self._open else None

    def give_up(self) -> None:
        """Ends all jobs, those of later too, as interrupted."""
        with self._changed:
            self._given_up = True
            for job in tuple(self._open):
                self._interrupt(job)

    def _next_of(self, job: Job) -> Assignment | None:
        if job.exhausted:
            return None
        try:
            assignment = job.source.next()
        except HarnessError as error:
            assignment, job.error = None, error
        if assignment is None:
            job.exhausted = True
            self._end_if_done(job)
        else:
            job.running += 1
        return assignment

    def _one_less(self, job: Job) -> None:
        job.running -= 1
        self._end_if_done(job)

    def _end_if_done(self, job: Job) -> None:
        if job.exhausted and not job.running:
            self._close(job)

    def _interrupt(self, job: Job) -> None:
        job.interrupted = True
        self._close(job)

    def _close(self, job: Job) -> None:
        with self._changed:
            if job in self._open:
                self._open.remove(job)
        job.ended.set()


class Lane:
    """The backend of one search among several: it waits while others drive the queue.

    Args:
        jobs: The queue.
        settings: What a worker of this search needs to know.
        rank: Of its jobs.
    """

    slots = 1  # which search has how many of the shared slots changes all the time

    def __init__(self, jobs: Jobs, settings: WorkerSettings, *, rank: int) -> None:
        self.jobs, self.settings, self.rank = jobs, settings, rank

    def run(self, source: TrialSource, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        """Runs a source to its end.

        Raises:
            HarnessError: What the source raised.
            KeyboardInterrupt: If the queue was given up.
        """
        job = Job(source=source, settings=self.settings, faces=faces, test=test, rank=self.rank)
        self.jobs.open(job)
        job.ended.wait()
        if job.interrupted:
            raise KeyboardInterrupt
        if job.error is not None:
            raise job.error
