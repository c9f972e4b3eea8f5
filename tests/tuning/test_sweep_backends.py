"""One sweep gives the same table on either backend, and its test faces are opened only if it is told to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from toy_search import make_spec

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.reporting.progress import Progress
from harness.reporting.schemas import TIME_COLUMNS
from harness.search import Backend, Prepared, prepare, run_search, worker_settings
from harness.sweep import PreparedSweep, SweepOutcome, prepare_sweep, run_sweep
from harness.tuning.levels import parse_fixes, parse_over
from harness.tuning.ray_tune.backend import RayBackend
from harness.tuning.serial import SerialBackend
from harness.tuning.source import TrialSource

SPEC = make_spec(
    method={"embedding_dim": 16, "batch_size": 56},
    space={"slices": [2, 4], "learning_rate": [0.001, 0.003]},
    protocol={"split": "kfold", "folds": 4, "search_folds": 2},
    budget={"trials": 2, "epochs": 1},
    confirm={"top": 1, "seeds": 1},
)


class Witness(SerialBackend):
    """A serial backend that keeps what it was given."""

    folds = 0
    test: TestFaces | None = None
    calls = 0

    def run(self, source: TrialSource, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        """As ever."""
        self.folds, self.test, self.calls = len(faces.folds), test, self.calls + 1
        super().run(source, faces, test=test)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Prepared once, so that a commit between two runs makes no difference."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return prepare(SPEC)


@pytest.fixture(scope="module")
def searched(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a finished search."""
    results = tmp_path_factory.mktemp("searched") / "results"
    settings = worker_settings(prepared, results=results)
    run_search(prepared, SerialBackend(settings), results=results, progress=Progress(Console(quiet=True)))
    return results


@pytest.fixture
def results(searched: Path, tmp_path: Path) -> Path:
    """The same in a place of their own."""
    return Path(shutil.copytree(searched, tmp_path / "results"))


def plan(prepared: Prepared, results: Path, *, tested: bool = False) -> PreparedSweep:
    over = parse_over("slices=1,4")
    fixes = parse_fixes(["margin_range=0.1:0.4"], over=over)
    sweep = prepare_sweep(
        SPEC, over=over, fixes=fixes, seeds=2, tested=tested, results=results, command="harness search"
    )
    assert sweep.prepared.provenance.fingerprint == prepared.provenance.fingerprint
    return sweep


def run(sweep: PreparedSweep, backend: Backend, results: Path) -> SweepOutcome:
    return run_sweep(sweep, backend, results=results, progress=Progress(Console(quiet=True)))


def table(outcome: SweepOutcome) -> pd.DataFrame:
    """A sweep's table, but for times."""
    frame = pd.read_parquet(outcome.path)
    return frame.drop(columns=[column for column in TIME_COLUMNS if column in frame])


def test_ray_gives_the_table_of_the_serial_backend(
    prepared: Prepared, results: Path, tmp_path: Path, two_cpus: None
) -> None:
    other = Path(shutil.copytree(results, tmp_path / "other"))
    settings = worker_settings(prepared, results=other)
    ray = RayBackend(settings, resources=SPEC.resources)
    ours = run(plan(prepared, other), ray, other)
    theirs = run(plan(prepared, results), SerialBackend(worker_settings(prepared, results=results)), results)
    assert (ours.ran, theirs.ran) == (4, 4)
    assert (ours.whole, theirs.whole) == (True, True)
    pd.testing.assert_frame_equal(table(ours), table(theirs))
    pd.testing.assert_frame_equal(ours.levels, theirs.levels)


def test_on_validation_a_sweep_trains_the_folds_of_the_search_and_gets_no_test_faces(
    prepared: Prepared, results: Path
) -> None:
    witness = Witness(worker_settings(prepared, results=results))
    outcome = run(plan(prepared, results), witness, results)
    assert (witness.folds, witness.test) == (2, None)
    assert outcome.metric == "val_uar"


def test_on_test_it_trains_the_folds_of_the_confirmation_once(prepared: Prepared, results: Path) -> None:
    witness = Witness(worker_settings(prepared, results=results))
    outcome = run(plan(prepared, results, tested=True), witness, results)
    assert witness.folds == 4
    assert witness.test is not None
    assert outcome.metric == "test_uar"
    again = run(plan(prepared, results, tested=True), witness, results)
    assert (again.ran, witness.calls) == (0, 1)
