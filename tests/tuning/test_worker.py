"""What a worker does when a training runs out of memory, hangs, or finds the disk full."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from toy_search import make_spec

from harness.datasets.protocols import TrialFaces, search_faces
from harness.learning.trial import Trial
from harness.records import TrialState
from harness.reporting.tensorboard import RunLog
from harness.search import prepare
from harness.tuning.source import Assignment, Step
from harness.tuning.space import typical_config
from harness.tuning.watchdog import watched
from harness.tuning.worker import OUT_OF_MEMORY, Worker, WorkerSettings, reason_of

SPEC = make_spec(method={"embedding_dim": 16, "batch_size": 56}, space={"slices": [1, 2]})


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> TrialFaces:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        prepared = prepare(SPEC)
    return search_faces(prepared.faces, prepared.division)


@pytest.fixture
def worker(faces: TrialFaces, tmp_path: Path) -> Worker:
    return Worker(WorkerSettings(folder=tmp_path, threads=1, checkpoint_every_s=0), faces)


def assigned(number: int = 0) -> Assignment:
    return Assignment(number=number, name=f"toy/{number:04d}", config=typical_config(SPEC, epochs=2))


def finish(worker: Worker, number: int) -> Step:
    worker.begin(assigned(number))
    while (step := worker.step()).standing.state is TrialState.RUNNING:
        pass
    return step


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), OUT_OF_MEMORY),
        (MemoryError(), OUT_OF_MEMORY),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), OUT_OF_MEMORY),
        (RuntimeError("shapes differ\nat layer 3"), "RuntimeError: shapes differ"),
    ],
)
def test_all_that_runs_out_of_memory_has_one_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_torch_raises_what_counts_as_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert reason_of(caught.value) == OUT_OF_MEMORY


def test_a_training_out_of_memory_fails_and_the_process_goes_on_with_the_next(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_of = Trial.step

    def step(trial: Trial) -> object:
        if trial.reports:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return step_of(trial)

    with monkeypatch.context() as patch:
        patch.setattr(Trial, "step", step)
        failed = finish(worker, 0)
    assert (failed.standing.state, failed.standing.reason) == (TrialState.FAIL, OUT_OF_MEMORY)
    assert worker.trial is None
    assert "CUDA out of memory" in (worker.settings.folder / "failures" / "0000.txt").read_text()
    assert finish(worker, 1).standing.state is TrialState.COMPLETE


@pytest.mark.parametrize(("share", "capped"), [(0.25, [0.25]), (1.0, []), (2.0, []), (0.0, [])])
def test_a_training_that_shares_a_gpu_is_held_to_its_share_of_the_memory(
    share: float, capped: list[float], faces: TrialFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", seen.append)
    Worker(WorkerSettings(folder=tmp_path, threads=1, checkpoint_every_s=0, gpu=share), faces)
    assert seen == capped


def test_a_disk_that_takes_no_curve_ends_no_training(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunLog, "epoch", full)
    assert finish(worker, 0).standing.state is TrialState.COMPLETE


HANGING = """
import sys, threading, time
from pathlib import Path
from harness.tuning.watchdog import watched

def stuck_in_a_library():
    threading.Event().wait(60)

with watched(Path(sys.argv[1]), limit_s=0.5, fatal=sys.argv[2] == "fatal"):
    stuck_in_a_library() if sys.argv[2] == "fatal" else time.sleep(1.5)
print("went on")
"""


@pytest.fixture
def hang(tmp_path: Path) -> Callable[[str], tuple[int, str, str]]:
    def run(how: str) -> tuple[int, str, str]:
        told = tmp_path / "failures" / "0000-hung.txt"
        done = subprocess.run(
            [sys.executable, "-c", HANGING, str(told), how], capture_output=True, text=True, timeout=50
        )
        return done.returncode, done.stdout, told.read_text()

    return run


def test_a_process_that_hangs_is_ended_and_says_where(hang: Callable[[str], tuple[int, str, str]]) -> None:
    code, out, told = hang("fatal")
    assert (code, out) == (1, "")
    assert "stuck_in_a_library" in told


def test_somebodys_only_process_is_left_to_hang_and_says_where(
    hang: Callable[[str], tuple[int, str, str]],
) -> None:
    code, out, told = hang("gently")
    assert (code, out) == (0, "went on\n")
    assert "Timeout" in told


def test_what_ends_in_time_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "failures" / "0000-hung.txt"
    with watched(path, limit_s=60, fatal=True):
        time.sleep(0.01)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with watched(tmp_path / "file" / "hung.txt", limit_s=60, fatal=True):
        pass
    assert not sys.__stderr__.closed  # type: ignore[union-attr]
