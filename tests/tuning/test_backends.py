"""What a backend promises of any source of trials, asked of both; and what Ray alone can do: outlive its processes."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ray import cloudpickle
from toy_search import PROVENANCE, make_spec, open_search

import harness.tuning.ray_tune.backend as ray_backend
from harness.datasets.protocols import TrialFaces, search_faces
from harness.errors import StudyError
from harness.records import TrialRecord, TrialState
from harness.search import Backend, Prepared, prepare
from harness.tuning.journal import open_journal
from harness.tuning.ledger import STOPPED_EARLY
from harness.tuning.ray_tune.backend import RayBackend
from harness.tuning.ray_tune.searcher import LOST
from harness.tuning.ray_tune.trainable import RayTrial
from harness.tuning.sections import ResourcesSpec
from harness.tuning.serial import SerialBackend
from harness.tuning.spec import SearchSpec
from harness.tuning.study import Search
from harness.tuning.worker import WorkerSettings


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> TrialFaces:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        prepared: Prepared = prepare(make_spec())
    return search_faces(prepared.faces, prepared.division)


def small_spec(**sections: Any) -> SearchSpec:
    """Trials that take a tenth of a second, suggested one after another."""
    values = {
        "method": {"embedding_dim": 16, "batch_size": 56},
        "space": {"slices": [1, 2, 4]},
        "sampler": {"name": "random"},
        "budget": {"trials": 3, "epochs": 2},
    }
    return make_spec(**values | sections)


class HastySearch(Search):
    """A search whose time is over as soon as an epoch was told."""

    @property
    def out_of_time(self) -> bool:
        return bool(self.ledger.curves)


class BackendContract:
    """The promise. A subclass says how a backend is built."""

    def build(self, settings: WorkerSettings) -> Backend:
        raise NotImplementedError

    def run(self, search: Search, faces: TrialFaces, folder: Path) -> list[TrialRecord]:
        """Runs a search to its end, and gives its trials as the next process would read them."""
        settings = WorkerSettings(folder=folder, threads=1, checkpoint_every_s=0)
        self.build(settings).run(search, faces)
        return open_search(folder, search.spec).ledger.records()

    def test_every_trial_is_run_and_told_with_its_curve(self, faces: TrialFaces, tmp_path: Path) -> None:
        records = self.run(open_search(tmp_path, small_spec()), faces, tmp_path)
        assert [record.number for record in records] == [0, 1, 2]
        for record in records:
            assert (record.result.state, record.result.reason) == (TrialState.COMPLETE, "")
            assert [report.epoch for report in record.reports] == [1, 2]
            assert all(len(report.slices) == record.config.slices for report in record.reports)
            assert record.result.metrics["val_uar"] == max(r.metrics["val_uar"] for r in record.reports)

    def test_a_training_that_raises_fails_with_its_reason_and_the_rest_goes_on(
        self, faces: TrialFaces, tmp_path: Path
    ) -> None:
        spec = small_spec(
            method={"embedding_dim": 16},
            space={"batch_size": [4, 56]},
            budget={"trials": 4, "epochs": 1},
            seed=1,
        )
        results = {r.number: r for r in self.run(open_search(tmp_path, spec), faces, tmp_path)}
        failed = {n for n, record in results.items() if record.result.state is TrialState.FAIL}
        assert failed == {n for n, record in results.items() if record.config.batch_size == 4}
        assert 0 < len(failed) < len(results) == 4
        for number in failed:
            assert results[number].result.reason == (
                "LossError: batch_size: 7 classes need at least 14 (two of each), got 4"
            )
        assert len(list((tmp_path / "failures").iterdir())) == len(failed)

    def test_trials_are_stopped_early_with_the_curve_that_they_had(
        self, faces: TrialFaces, tmp_path: Path
    ) -> None:
        asha = {"name": "asha", "min_epochs": 1, "reduction_factor": 2}
        method = {"embedding_dim": 16, "batch_size": 56, "collapse_patience": 0}
        spec = small_spec(method=method, early_stopping=asha, budget={"trials": 5, "epochs": 3})
        records = self.run(open_search(tmp_path, spec), faces, tmp_path)
        stopped = [record for record in records if record.result.state is TrialState.PRUNED]
        assert 0 < len(stopped) < len(records) == 5
        for record in stopped:
            assert record.result.reason == STOPPED_EARLY
            assert 0 < len(record.reports) <= 2
            assert record.result.last_metrics == record.reports[-1].metrics

    def test_when_time_is_over_running_trials_are_released_and_the_next_run_goes_on_with_them(
        self, faces: TrialFaces, tmp_path: Path
    ) -> None:
        spec = small_spec(budget={"trials": 2, "epochs": 3})
        hasty = HastySearch(spec, open_journal(tmp_path / "journal.log"), provenance=PROVENANCE)
        released = self.run(hasty, faces, tmp_path)
        assert {record.result.state for record in released} == {TrialState.RUNNING}
        records = self.run(open_search(tmp_path, spec), faces, tmp_path)
        assert [record.number for record in records] == [0, 1]
        assert {record.result.state for record in records} == {TrialState.COMPLETE}
        assert {len(record.reports) for record in records} == {3}

    def test_a_source_with_nothing_left_runs_nothing(self, faces: TrialFaces, tmp_path: Path) -> None:
        hasty = HastySearch(small_spec(), open_journal(tmp_path / "journal.log"), provenance=PROVENANCE)
        hasty.ledger.curves[0] = {}
        assert self.run(hasty, faces, tmp_path) == []


class TestSerialBackend(BackendContract):
    def build(self, settings: WorkerSettings) -> Backend:
        return SerialBackend(settings)


def test_a_collapsed_trial_is_ended_as_pruned_with_that_reason(faces: TrialFaces, tmp_path: Path) -> None:
    """The trial itself ends, whoever runs it."""
    squared = {"distance": "squared-euclidean", "slices": 1, "learning_rate": 0.05, "collapse_patience": 1}
    method = {"embedding_dim": 16, "batch_size": 56, **squared}
    spec = small_spec(method=method, space={}, budget={"trials": 1, "epochs": 40})
    (record,) = TestSerialBackend().run(open_search(tmp_path, spec), faces, tmp_path)
    assert (record.result.state, record.result.reason) == (TrialState.PRUNED, "collapsed")
    assert record.reports[-1].collapsed
    assert len(record.reports) < 40


class MortalTrial(RayTrial):
    """Notes each epoch that it runs, and is killed as a file in the folder says: how often, after how many epochs."""

    def step(self) -> dict[str, Any]:
        folder, number = self.worker.settings.folder, str(self.worker.assignment.number)
        story = json.loads((folder / "story.json").read_text())
        mine = story[number]
        killed = mine["epochs_run"] >= mine["killed_after"] and mine["deaths"] < mine["times"]
        mine["deaths" if killed else "epochs_run"] += 1
        (folder / "story.json").write_text(json.dumps(story))
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step()


@pytest.mark.usefixtures("two_cpus")
class TestRayBackend(BackendContract):
    trainable: type[RayTrial] = RayTrial

    def build(self, settings: WorkerSettings) -> Backend:
        backend = RayBackend(settings, resources=ResourcesSpec(concurrent=1))
        backend.trainable = self.trainable
        return backend

    @pytest.mark.parametrize(
        ("asked", "slots"), [({}, 2), ({"cpu": 2}, 1), ({"cpu": 0.5}, 4), ({"concurrent": 1}, 1)]
    )
    def test_as_many_trials_run_side_by_side_as_fit(
        self, tmp_path: Path, asked: dict[str, Any], slots: int
    ) -> None:
        settings = WorkerSettings(folder=tmp_path, threads=1, checkpoint_every_s=0)
        assert RayBackend(settings, resources=ResourcesSpec(**asked)).slots == slots

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ({"cpu": 3}, "asks for 3 CPU, 0 GPU, but the largest node of the cluster has 2 CPU"),
            ({"gpu": 99}, "99 GPU"),
        ],
    )
    def test_a_trial_that_never_fits_is_refused(
        self, tmp_path: Path, asked: dict[str, Any], told: str
    ) -> None:
        settings = WorkerSettings(folder=tmp_path, threads=1, checkpoint_every_s=0)
        with pytest.raises(StudyError, match=told):
            _ = RayBackend(settings, resources=ResourcesSpec(**asked)).slots


class Killed(NamedTuple):
    """What is left of a search whose workers were killed."""

    records: list[TrialRecord]
    story: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def killed(faces: TrialFaces, two_cpus: None, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """Trial 0 is killed once after two epochs, trial 1 each time after one, trial 2 never."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Ray's workers cannot import the tests
    folder = tmp_path_factory.mktemp("killed")
    plan = {"0": (2, 1), "1": (1, 99), "2": (0, 0)}
    story = {
        number: {"killed_after": after, "times": times, "epochs_run": 0, "deaths": 0}
        for number, (after, times) in plan.items()
    }
    (folder / "story.json").write_text(json.dumps(story))
    ray_test = TestRayBackend()
    ray_test.trainable = MortalTrial
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_backend, "RETRIES", 1)
        spec = small_spec(budget={"trials": 3, "epochs": 3})
        records = ray_test.run(open_search(folder, spec), faces, folder)
    return Killed(records, json.loads((folder / "story.json").read_text()))


def test_a_trial_whose_worker_was_killed_goes_on_from_its_checkpoint(killed: Killed) -> None:
    record, story = killed.records[0], killed.story["0"]
    assert record.result.state is TrialState.COMPLETE
    assert [report.epoch for report in record.reports] == [1, 2, 3]
    assert story["deaths"] == 1
    assert story["epochs_run"] == 4  # the second epoch was not saved yet, so it was run again; the first was


def test_a_trial_whose_worker_dies_too_often_fails_with_the_epochs_that_were_told(killed: Killed) -> None:
    record = killed.records[1]
    assert (record.result.state, record.result.reason) == (TrialState.FAIL, LOST)
    assert [report.epoch for report in record.reports] == [1]
    assert killed.story["1"]["deaths"] == 2  # the first time and its one retry


def test_a_trial_after_killed_ones_is_run_as_if_nothing_had_been(killed: Killed) -> None:
    record = killed.records[2]
    assert record.result.state is TrialState.COMPLETE
    assert len(record.reports) == killed.story["2"]["epochs_run"] == 3
