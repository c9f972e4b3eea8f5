"""What `harness cluster status` says: hosts, searches by what they post, and why something waits."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray

from harness.records import TrialResult, TrialState
from harness.tuning.cluster_status import STALE_S, Bulletin, HostStatus, Training
from harness.tuning.jobs import Job, Offer
from harness.tuning.ray_tune.bulletin import post, read_bulletins, take_down
from harness.tuning.ray_tune.searcher import Desk
from harness.tuning.ray_tune.status import cluster_status, why_it_waits
from harness.tuning.source import Assignment, Step
from harness.tuning.worker import WorkerSettings


def host(*, cpu: tuple[float, float] = (0, 8), gpu: tuple[float, float] = (0, 0)) -> HostStatus:
    return HostStatus(name="a (10.0.0.1)", cpu=cpu, gpu=gpu, memory_gib=None, gpu_memory_gib=None)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"GPU": 0.5}, "0.5 GPU asked, largest free share 0.3"),
        ({"GPU": 3.0}, "3 GPU asked, and no host has more than 2"),
        ({"CPU": 9.0}, "9 CPU asked, and no host has more than 8"),
        ({"CPU": 2.0}, "2 CPU asked, largest free share 1"),
        ({"CPU": 1.0, "GPU": 0.25}, "there is room for it, and it will start shortly"),
    ],
)
def test_why_something_waits(asked: dict[str, float], told: str) -> None:
    hosts = (host(cpu=(7, 8), gpu=(0.7, 1)), host(cpu=(8, 8), gpu=(1.9, 2)))
    assert why_it_waits(asked, hosts) == told


def bulletin(search: str = "/shared/results/x", *, told: float | None = None) -> Bulletin:
    trainings = (
        Training(number=4, host="b", seconds=10.0, train_seconds=9.0),
        Training(number=5, host="", seconds=10.0, train_seconds=0.0),
    )
    return Bulletin(
        search=search,
        driver="a, process 7",
        told=time.time() if told is None else told,
        slots=2,
        trainings=trainings,
    )


def test_the_share_of_time_in_training_is_over_all_trainings() -> None:
    assert bulletin().training_share == pytest.approx(0.45)


def test_a_search_of_which_nothing_was_heard_is_stale() -> None:
    assert bulletin(told=1000.0).stale(now=1001.0 + STALE_S)
    assert not bulletin(told=1000.0).stale(now=1001.0)


class Posted(list[Bulletin]):
    def __call__(self, each: Bulletin) -> None:
        self.append(each)


def test_the_desk_posts_each_search_with_what_it_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    import harness.tuning.ray_tune.searcher as searcher

    posted, now = Posted(), [100.0]
    monkeypatch.setattr(searcher, "post", posted)
    desk = Desk(clock=lambda: now[0])
    offers = {
        name: offer(Path("results") / name[0], number) for number, name in enumerate(("a1", "a2", "b1"))
    }
    for name in offers:
        desk.begun(name)
    now[0] = 110.0
    desk.heard("a1", "host2", news(train_seconds=8.0))
    desk.post(offers, slots=3)
    desk.post(offers, slots=3)  # within the same second
    assert sorted((each.search, len(each.trainings)) for each in posted) == [
        ("results/a", 2),
        ("results/b", 1),
    ]
    (first,) = (part for each in posted for part in each.trainings if part.number == 0)
    assert (first.host, first.seconds, first.train_seconds) == ("host2", 10.0, 8.0)
    now[0] = 112.0
    del offers["a1"]
    desk.post(offers, slots=3)
    assert len(posted) == 4


def offer(folder: Path, number: int) -> Offer:
    settings = WorkerSettings(folder=folder, threads=1, checkpoint_every_s=0)
    job: Any = Job(source=None, settings=settings, faces=None)  # type: ignore[arg-type]
    return Offer(job, Assignment(number=number, name=str(number), config=None))  # type: ignore[arg-type]


def news(*, train_seconds: float) -> Step:
    return Step(reports=(), standing=TrialResult(state=TrialState.RUNNING, train_seconds=train_seconds))


@pytest.fixture
def pending(two_cpus: None) -> Iterator[None]:
    """Something that asks for more than there is."""

    @ray.remote(num_gpus=1)
    def never() -> None:
        pass

    waiting = never.remote()
    yield
    ray.cancel(waiting)


@pytest.mark.usefixtures("two_cpus")
class TestOnRay:
    def test_what_is_posted_is_read_until_it_is_taken_down(self) -> None:
        own = bulletin()
        post(own)
        assert own in read_bulletins()
        take_down(own.search)
        assert own not in read_bulletins()

    @pytest.mark.usefixtures("pending")
    def test_hosts_and_what_waits(self) -> None:
        for _ in range(100):
            status = cluster_status()
            if status.waiting:
                break
            time.sleep(0.2)
        (only,) = status.hosts
        assert only.cpu[1] == 2
        assert only.memory_gib is not None
        assert 0 < only.memory_gib[0] < only.memory_gib[1]
        assert [(each.asked["GPU"], each.count) for each in status.waiting] == [(1.0, 1)]
        assert status.waiting[0].why == "1 GPU asked, and no host has more than 0"

    def test_the_command_prints_it(self) -> None:
        post(bulletin())
        address = ray.get_runtime_context().gcs_address
        program = [str(Path(sys.executable).parent / "harness"), "cluster", "status", "--address", address]
        done = subprocess.run(program, capture_output=True, text=True, timeout=100)
        take_down(bulletin().search)
        assert done.returncode == 0, done.stderr
        assert "0 of 2" in done.stdout
        assert "/shared/results/x" in done.stdout
        assert "45%" in done.stdout

    def test_a_cluster_that_is_not_there_is_an_error(self) -> None:
        program = [
            str(Path(sys.executable).parent / "harness"),
            "cluster",
            "status",
            "--address",
            "127.0.0.1:1",
        ]
        done = subprocess.run(program, capture_output=True, text=True, timeout=100)
        assert done.returncode == 2
        assert "no Ray cluster at 127.0.0.1:1" in done.stderr
