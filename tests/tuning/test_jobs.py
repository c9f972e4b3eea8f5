"""The queue of jobs: in which order trainings are handed out, when a job ends, and what ends all of them."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from harness.errors import StudyError
from harness.records import TrialConfig, TrialRecord, TrialResult, TrialState
from harness.tuning.jobs import Job, Jobs, Lane, Offer
from harness.tuning.source import Assignment, Decision, Step, Verdict
from harness.tuning.worker import WorkerSettings

SETTINGS = WorkerSettings(folder=Path("unused"), threads=1, checkpoint_every_s=0)
DONE = Step(reports=(), standing=TrialResult(state=TrialState.COMPLETE))


class Numbers:
    """A source of trainings that are numbers."""

    phase = "search"

    def __init__(self, *numbers: int, error: str = "") -> None:
        self.left, self.total, self.finished, self.error = list(numbers), len(numbers), 0, error

    def ended_before(self) -> list[TrialRecord]:
        return []

    def next(self) -> Assignment | None:
        if not self.left:
            return None
        number = self.left.pop(0)
        return Assignment(number=number, name=str(number), config=TrialConfig(seed=0, epochs=1))

    def report(self, number: int, step: Step) -> Verdict:
        if self.error:
            raise StudyError(self.error)
        self.finished += 1
        return Verdict(Decision.STOP, step.standing)

    def lost(self, number: int, reason: str) -> TrialResult:
        self.finished += 1
        return TrialResult(state=TrialState.FAIL, reason=reason)


def job(source: Numbers, *, rank: int = 0) -> Job:
    return Job(source=source, settings=SETTINGS, faces=None, rank=rank)  # type: ignore[arg-type]


def taken(jobs: Jobs) -> Offer:
    offer = jobs.next()
    assert offer is not None
    return offer


def test_a_later_job_fills_the_slots_that_an_earlier_one_leaves_free() -> None:
    jobs = Jobs([job(Numbers(1, 2)), job(Numbers(10, 11))])
    assert [taken(jobs).assignment.number for _ in range(3)] == [1, 2, 10]


def test_a_job_of_a_lower_rank_comes_first_whenever_it_was_opened() -> None:
    jobs = Jobs([job(Numbers(10), rank=1)])
    jobs.open(job(Numbers(1), rank=0))
    assert [taken(jobs).assignment.number for _ in range(2)] == [1, 10]


def test_a_job_ends_when_nothing_is_left_and_nothing_runs() -> None:
    only = job(Numbers(1, 2))
    jobs = Jobs([only])
    first, second = taken(jobs), taken(jobs)
    assert jobs.next() is None
    assert not jobs.over
    assert jobs.report(first, DONE) is Decision.STOP
    assert not only.ended.is_set()
    jobs.lost(second, "killed")
    assert only.ended.is_set()
    assert jobs.over
    assert jobs.next() is None


def test_a_source_that_cannot_store_news_ends_its_own_job_alone() -> None:
    bad, good = job(Numbers(1, 2, error="disk full")), job(Numbers(10))
    jobs = Jobs([bad, good])
    first = taken(jobs)
    assert jobs.report(first, DONE) is Decision.RELEASE
    assert str(bad.error) == "disk full"
    assert bad.ended.is_set()
    assert taken(jobs).assignment.number == 10


def test_whoever_drives_waits_for_searches_that_will_open_jobs() -> None:
    jobs = Jobs(lanes=1)
    source = Numbers(1)

    def search() -> None:
        Lane(jobs, SETTINGS, rank=0).run(source, None)  # type: ignore[arg-type]
        jobs.lane_ended()

    thread = Thread(target=search)
    thread.start()
    assert jobs.wait_for_work()
    jobs.report(taken(jobs), DONE)
    assert jobs.next() is None  # waits until the search has said that it opens no more
    assert jobs.over
    thread.join()
    assert source.finished == 1
    assert not jobs.wait_for_work()


def test_a_search_is_told_what_its_source_raised() -> None:
    jobs = Jobs(lanes=1)
    raised: list[StudyError] = []

    def search() -> None:
        with pytest.raises(StudyError, match="disk full") as told:
            Lane(jobs, SETTINGS, rank=0).run(Numbers(1, error="disk full"), None)  # type: ignore[arg-type]
        raised.append(told.value)

    thread = Thread(target=search)
    thread.start()
    jobs.wait_for_work()
    jobs.report(taken(jobs), DONE)
    thread.join()
    assert len(raised) == 1


def test_giving_up_interrupts_the_open_jobs_and_those_that_come_later() -> None:
    jobs = Jobs(lanes=1)
    early, late = job(Numbers(1)), job(Numbers(2))
    jobs.open(early)
    jobs.give_up()
    jobs.open(late)
    for each in (early, late):
        assert each.interrupted
        assert each.ended.is_set()
    with pytest.raises(KeyboardInterrupt):
        Lane(jobs, SETTINGS, rank=0).run(Numbers(3), None)  # type: ignore[arg-type]
