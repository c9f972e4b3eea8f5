"""Cells side by side on Ray give what they give one after another, also when they were interrupted."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from harness.benchmark import PreparedCell, describe, prepare_suite, run_in_order, run_side_by_side
from harness.errors import ResultsError
from harness.reporting.grid import Grid
from harness.reporting.schemas import TIME_COLUMNS
from harness.reporting.suite_file import Suite, read_suite_file
from harness.tuning.jobs import Jobs
from harness.tuning.ray_tune.backend import RayPool
from harness.tuning.sections import DatasetSpec
from harness.tuning.suite import SuiteMethod, SuiteSpec
from harness.tuning.worker import Worker

SMALL = {"images": 140, "size": 24}
SUITE = SuiteSpec(
    name="small",
    baseline="one",
    datasets={
        "posed": DatasetSpec(name="synthetic-posed", **SMALL),
        "wild": DatasetSpec(name="synthetic-spontaneous", **SMALL),
    },
    method={"embedding_dim": 16, "batch_size": 56},
    space={"learning_rate": [0.001, 0.002, 0.004]},
    budget={"trials": 3, "epochs": 1},  # type: ignore[arg-type]
    confirm={"top": 1, "seeds": 2},  # type: ignore[arg-type]
    methods={"one": SuiteMethod(method={"slices": 1}), "many": SuiteMethod(space={"slices": [2, 4]})},
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[PreparedCell, ...]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return prepare_suite(SUITE)


@pytest.fixture(scope="module")
def in_order(prepared: tuple[PreparedCell, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of all cells, one after another in this process."""
    results = tmp_path_factory.mktemp("serial")
    outcomes = run_in_order(prepared, results=results, grid=grid(prepared))
    assert all(outcome.whole for outcome in outcomes)
    return results


def grid(prepared: tuple[PreparedCell, ...], out: io.StringIO | None = None) -> Grid:
    totals = {(each.cell.dataset, each.cell.method): each.trainings for each in prepared}
    return Grid(Console(file=out or io.StringIO()), totals=totals, objective="val_uar")


def assert_equal_results(ours: Path, theirs: Path, prepared: tuple[PreparedCell, ...]) -> None:
    for each in prepared:
        for name in ("trials", "runs"):
            frames = [
                pd.read_parquet(at / each.cell.search.name / f"{name}.parquet") for at in (ours, theirs)
            ]
            mine, other = (f.drop(columns=[c for c in TIME_COLUMNS if c in f]) for f in frames)
            pd.testing.assert_frame_equal(mine, other, obj=f"{each.cell.search.name}/{name}.parquet")


def test_faces_of_one_dataset_are_loaded_once_for_all_methods(prepared: tuple[PreparedCell, ...]) -> None:
    posed = [each.prepared.faces for each in prepared if each.cell.dataset == "posed"]
    assert posed[0] is posed[1]
    assert len({each.prepared.provenance.split_hash for each in prepared}) == 2


def test_cells_side_by_side_on_ray_give_what_they_give_one_after_another(
    prepared: tuple[PreparedCell, ...], in_order: Path, two_cpus: None, tmp_path: Path
) -> None:
    told = io.StringIO()
    with grid(prepared, told) as shown:
        pool = RayPool(resources=SUITE.resources)
        outcomes = run_side_by_side(prepared, pool, results=tmp_path, grid=shown, lanes=3)
    assert all(outcome.whole for outcome in outcomes)
    assert_equal_results(tmp_path, in_order, prepared)
    assert told.getvalue().count(": done, best val_uar") == 4
    assert "(20/20 trainings)" in told.getvalue()


class InterruptedPool:
    """Runs four trainings in this process, two begun at a time, then ends as Ctrl-C ends it."""

    def run_jobs(self, jobs: Jobs) -> None:
        """Runs some of the queue."""
        for _ in range(2):
            begun = [offer for offer in (jobs.next(), jobs.next()) if offer is not None]
            for offer in begun:
                worker = Worker(offer.job.settings, offer.job.faces, test=offer.job.test)
                worker.begin(offer.assignment)
                jobs.report(offer, worker.step())
                worker.close()
        assert jobs.next() is not None  # begun, and lost
        raise KeyboardInterrupt


def test_a_suite_that_was_interrupted_and_goes_on_ends_as_one_that_was_not(
    prepared: tuple[PreparedCell, ...], in_order: Path, two_cpus: None, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side(prepared, InterruptedPool(), results=tmp_path, grid=grid(prepared), lanes=2)
    ended = sum(len(pd.read_parquet(path)) for path in tmp_path.glob("*/trials.parquet"))
    assert 0 < ended < 12
    pool = RayPool(resources=SUITE.resources)
    outcomes = run_side_by_side(prepared, pool, results=tmp_path, grid=grid(prepared), lanes=2)
    assert all(outcome.whole for outcome in outcomes)
    assert sum(outcome.outcome.ran for outcome in outcomes if outcome.outcome) < 20
    assert_equal_results(tmp_path, in_order, prepared)


def test_a_folder_tells_which_suite_it_holds_and_takes_no_other(tmp_path: Path) -> None:
    describe(SUITE, tmp_path)
    assert read_suite_file(tmp_path) == Suite(name="small", baseline="one", methods=("one", "many"))
    with pytest.raises(ResultsError, match="holds the suite small, expected other; name another --results"):
        describe(SUITE.model_copy(update={"name": "other"}), tmp_path)
    assert read_suite_file(tmp_path / "nowhere") is None


def test_a_damaged_suite_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("name: small\n")
    with pytest.raises(ResultsError, match=r"suite\.yaml is damaged: 'baseline'"):
        read_suite_file(tmp_path)
