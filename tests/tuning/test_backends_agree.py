"""One search file gives the same tables on every backend, in one go or in two halves, and they can be made anew."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from toy_search import make_spec

from harness.leaderboard import rebuild
from harness.reporting.progress import Progress
from harness.reporting.schemas import TIME_COLUMNS
from harness.search import Outcome, Prepared, prepare, run_search, worker_settings
from harness.tuning.ray_tune.backend import RayBackend
from harness.tuning.serial import SerialBackend

TRIALS, HALF = 12, 6
SPEC = make_spec(
    method={"embedding_dim": 16, "batch_size": 56},
    sampler={"name": "tpe", "startup_trials": 4},
    early_stopping={"name": "asha", "min_epochs": 1, "reduction_factor": 2},
    budget={"trials": TRIALS, "epochs": 2},
    resources={"concurrent": 1},
    confirm={"top": 1, "seeds": 2},
)
TABLES = ("trials", "epochs", "runs")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Prepared once, so that a commit between two runs makes no difference."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return prepare(SPEC)


def run(prepared: Prepared, results: Path, *, backend: str) -> Outcome:
    settings = worker_settings(prepared, results=results)
    chosen = (
        SerialBackend(settings)
        if backend == "serial"
        else RayBackend(settings, resources=prepared.spec.resources)
    )
    progress = Progress(Console(quiet=True), objective=prepared.spec.protocol.objective)
    return run_search(prepared, chosen, results=results, progress=progress)


def half_of(prepared: Prepared) -> Prepared:
    """The first half of the search, without confirmation."""
    spec = prepared.spec
    changes = {
        "budget": spec.budget.model_copy(update={"trials": HALF}),
        "confirm": spec.confirm.model_copy(update={"top": 0}),
    }
    return replace(prepared, spec=spec.model_copy(update=changes))


def table(results: Path, name: str) -> pd.DataFrame:
    """A table of the search, but for times."""
    frame = pd.read_parquet(results / SPEC.name / f"{name}.parquet")
    return frame.drop(columns=[column for column in TIME_COLUMNS if column in frame])


def assert_equal_tables(ours: Path, theirs: Path) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(table(ours, name), table(theirs, name), obj=f"{name}.parquet")


@pytest.fixture(scope="module")
def serial(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of the search on the serial backend, in one go."""
    results = tmp_path_factory.mktemp("serial")
    outcome = run(prepared, results, backend="serial")
    assert (outcome.finished, outcome.total, outcome.ran) == (TRIALS, TRIALS, TRIALS + 2)
    return results


def test_the_tables_hold_every_trial_and_every_confirmation_run(serial: Path) -> None:
    trials, runs = table(serial, "trials"), table(serial, "runs")
    assert trials["number"].tolist() == list(range(TRIALS))
    assert {"COMPLETE", "PRUNED"} == set(trials["state"])
    assert runs["repeat"].tolist() == [0, 1]
    assert runs["test_uar"].between(0, 1).all()
    assert not any(column.startswith("test_") for column in trials)


def test_ray_with_one_slot_gives_the_tables_of_the_serial_backend(
    serial: Path, prepared: Prepared, two_cpus: None, tmp_path: Path
) -> None:
    run(prepared, tmp_path, backend="ray")
    assert_equal_tables(tmp_path, serial)


def test_ray_in_two_halves_gives_the_tables_of_one_go(
    serial: Path, prepared: Prepared, two_cpus: None, tmp_path: Path
) -> None:
    first = run(half_of(prepared), tmp_path, backend="ray")
    assert (first.finished, first.total, first.ran) == (HALF, HALF, HALF)
    second = run(prepared, tmp_path, backend="ray")
    assert second.ran == TRIALS - HALF + 2
    assert_equal_tables(tmp_path, serial)


def test_the_serial_backend_in_two_halves_gives_the_tables_of_one_go(
    serial: Path, prepared: Prepared, tmp_path: Path
) -> None:
    run(half_of(prepared), tmp_path, backend="serial")
    run(prepared, tmp_path, backend="serial")
    assert_equal_tables(tmp_path, serial)


def test_a_search_that_has_ended_runs_nothing_and_keeps_its_tables(
    serial: Path, prepared: Prepared, tmp_path: Path
) -> None:
    results = Path(shutil.copytree(serial, tmp_path / "results"))
    outcome = run(prepared, results, backend="serial")
    assert (outcome.finished, outcome.ran) == (TRIALS, 0)
    assert_equal_tables(results, serial)


def test_deleted_tables_are_rebuilt_equal_from_the_journal(serial: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(serial, tmp_path / "results"))
    for path in results.rglob("*.parquet"):
        path.unlink()
    assert rebuild(results) == []
    for path in serial.rglob("*.parquet"):
        again = pd.read_parquet(results / path.relative_to(serial))
        pd.testing.assert_frame_equal(again, pd.read_parquet(path))
