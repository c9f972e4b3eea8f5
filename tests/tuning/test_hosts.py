"""How many trainings fit on which host, and that a host with other code is found before it trains anything."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pydantic import ValidationError
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayActorError

import harness.tuning.ray_tune.hosts as hosts_module
from harness.errors import ResultsError, StudyError
from harness.tuning.provenance import environment
from harness.tuning.ray_tune.hosts import Hosts, check_alike, slots_of
from harness.tuning.ray_tune.searcher import lost_its_host
from harness.tuning.sections import ResourcesSpec

EIGHT_GPUS = {"CPU": 64.0, "GPU": 8.0}


@pytest.mark.parametrize(
    ("node", "asked", "fit"),
    [
        (EIGHT_GPUS, {"gpu": 0.25}, 32),
        (EIGHT_GPUS, {"gpu": 0.33}, 24),
        (EIGHT_GPUS, {"gpu": 1 / 3}, 24),
        (EIGHT_GPUS, {"gpu": 1}, 8),
        (EIGHT_GPUS, {"gpu": 3}, 2),
        (EIGHT_GPUS, {"gpu": 0.25, "cpu": 4}, 16),
        (EIGHT_GPUS, {"cpu": 0.5}, 128),
        ({"CPU": 64.0}, {"gpu": 0.25}, 0),
        ({"CPU": 0.0, "GPU": 8.0}, {"gpu": 0.25}, 0),
    ],
)
def test_a_host_holds_as_many_trainings_as_its_gpus_and_its_cores_do(
    node: dict[str, float], asked: dict[str, float], fit: int
) -> None:
    assert slots_of(node, ResourcesSpec.model_validate(asked)) == fit


@pytest.mark.parametrize(
    ("gpu", "told"),
    [
        (
            0.3,
            r"leave 10% of each GPU unused; the nearest that fit are 0\.25 \(4 trainings\) and 0\.3333 \(3\)",
        ),
        (0.4, r"leave 20% .* nearest that fit are 0\.3333 \(3 trainings\) and 0\.5 \(2\)"),
        (0.7, r"nearest that fit are 0\.5 \(2 trainings\) and 1 \(1\)"),
        (1.5, "must be whole ones, got 1.5; the nearest are 1 and 2"),
        (float("inf"), "finite"),
    ],
)
def test_a_share_that_does_not_fit_is_refused_with_the_nearest_that_do(gpu: float, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ResourcesSpec(gpu=gpu)


@pytest.mark.parametrize("trainings", range(1, 65))
def test_every_share_that_an_error_names_fits(trainings: int) -> None:
    share = int(10_000 / trainings) / 10_000
    assert ResourcesSpec(gpu=share).per_gpu == trainings


def test_a_host_with_other_code_is_named_with_what_differs() -> None:
    check_alike("b (10.0.0.2)", environment())
    with pytest.raises(
        StudyError, match=r"host b \(10\.0\.0\.2\) runs other code .* torch is 1\.0, here [2-9]"
    ):
        check_alike("b (10.0.0.2)", {**environment(), "torch": "1.0"})
    with pytest.raises(StudyError, match=r"harness code is missing, here [0-9a-f]{12}"):
        check_alike("b", {key: value for key, value in environment().items() if key != "harness code"})
    with pytest.raises(StudyError, match="host b does not see the results folder /there"):
        check_alike("b", {"unseen": "/there"})


@pytest.mark.usefixtures("two_cpus")
class TestOnRay:
    def test_hosts_that_are_like_this_one_count(self, tmp_path: Path) -> None:
        hosts = Hosts(ResourcesSpec(), alike=True)
        hosts.require_alike(tmp_path)
        assert hosts.slots() == 2
        assert list(tmp_path.iterdir()) == []

    def test_a_host_that_joins_counts_once_it_has_answered(self) -> None:
        now = 0.0
        hosts = Hosts(ResourcesSpec(), alike=True, clock=lambda: now)
        assert hosts.slots() == 0
        for _ in range(600):
            if hosts.slots():
                break
            now += 2
            time.sleep(0.1)
        assert hosts.slots() == 2

    def test_a_host_that_joins_with_other_code_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = {**environment(), "optuna": "1.0"}
        monkeypatch.setattr(hosts_module, "environment", lambda: mine)
        now = 0.0
        hosts = Hosts(ResourcesSpec(), alike=True, clock=lambda: now)
        with pytest.raises(StudyError, match=r"optuna is [2-9]\S*, here 1\.0"):  # noqa: PT012  it takes a while to answer
            for _ in range(600):
                hosts.slots()
                now += 2
                time.sleep(0.1)

    def test_a_folder_that_cannot_be_written_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ResultsError, match="cannot write"):
            Hosts(ResourcesSpec(), alike=True).require_alike(tmp_path / "none")


@pytest.mark.parametrize(
    ("error", "host"),
    [
        (None, False),
        (RuntimeError("its node has died"), False),
        (ActorDiedError(), False),
        (ActorUnavailableError("gone", None), True),
        (RayActorError(error_msg="The actor died because its node has died. Node Id: 5f"), True),
        (RayActorError(preempted=True), True),
        (RayActorError(error_msg="The actor is dead because its worker process has died."), False),
    ],
)
def test_a_process_that_died_with_its_host_is_told_from_one_that_died_by_itself(
    error: Exception | None, host: bool
) -> None:
    assert lost_its_host(error) is host
