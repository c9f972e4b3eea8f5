"""A stored run: the tables give back what was trained, and what it measured, fold by fold."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ResultsError
from harness.records import TrialResult, TrialState
from harness.reporting.stored_fold import stored_fold
from harness.reporting.tables import write_search


@pytest.fixture
def results(build: Any, tmp_path: Path) -> Path:
    """The search of the builders, in which trial 1 is chosen, under two names."""
    for name in ("faces", "other"):
        write_search(build.search(), tmp_path / name)
    return tmp_path


def test_the_config_and_the_provenance_are_those_of_the_record(build: Any, results: Path) -> None:
    (record,) = (run for run in build.search().runs if (run.trial, run.repeat) == (1, 2))
    stored = stored_fold(results, "faces", repeat=2)
    assert stored.config == record.config
    assert stored.provenance == record.provenance
    assert (stored.search, stored.trial, stored.repeat, stored.fold, stored.folds) == ("faces", 1, 2, 0, 1)
    assert (stored.chosen_epoch, stored.device) == (2, "cpu")


def test_the_ranked_row_is_the_leaderboards(results: Path) -> None:
    ranked = stored_fold(results, "faces").ranked
    assert (ranked.metric, ranked.n) == ("test_uar", 3)
    assert ranked.mean == pytest.approx(0.7)
    assert ranked.low < 0.7 < ranked.high


def test_one_fold_keeps_every_metric_and_several_those_that_are_kept_by_fold(
    build: Any, results: Path
) -> None:
    assert stored_fold(results, "faces", repeat=1).metrics == {
        "val_uar": 0.75,
        "test_uar": pytest.approx(0.7),
        "test_accuracy": pytest.approx(0.7),
        "test_macro_f1": pytest.approx(0.7),
    }
    folds = tuple({"test_uar": 0.1 * k, "test_accuracy": 0.2 * k} for k in range(1, 4))
    run = build.run(1, 0, val_uar=0.7, test_uar=0.2)
    of_folds = replace(run, result=replace(run.result, fold_metrics=folds, chosen_epochs=(4, 5, 6)))
    write_search(build.search(runs=(of_folds,)), results / "faces")
    stored = stored_fold(results, "faces", fold=2)
    assert stored.metrics == {"test_uar": pytest.approx(0.3), "test_accuracy": pytest.approx(0.6)}
    assert (stored.chosen_epoch, stored.folds) == (6, 3)


def test_the_first_run_that_ran_to_its_end_is_taken(build: Any, results: Path) -> None:
    first, *others = (run for run in build.search().runs if run.trial == 1)
    failed = replace(first, result=TrialResult(state=TrialState.FAIL, reason="loss is NaN"))
    write_search(build.search(runs=(failed, *others)), results / "faces")
    assert stored_fold(results, "faces").repeat == 1
    with pytest.raises(
        ResultsError, match=r"--repeat 0: faces has no such run that ran to its end; it has 1, 2"
    ):
        stored_fold(results, "faces", repeat=0)


def test_runs_under_a_leaky_rule_are_never_taken(build: Any, results: Path) -> None:
    runs = build.search().runs
    leaky = replace(runs[3], repeat=7, config=replace(runs[3].config, rule="oracle-best-epoch"))
    write_search(build.search(runs=(*runs, leaky)), results / "faces")
    with pytest.raises(ResultsError, match=r"--repeat 7: faces has no such run"):
        stored_fold(results, "faces", repeat=7)


def test_one_seed_has_a_mean_and_no_interval(build: Any, results: Path) -> None:
    write_search(build.search(runs=(build.run(1, 0, val_uar=0.7, test_uar=0.2),)), results / "faces")
    ranked = stored_fold(results, "faces").ranked
    assert (ranked.mean, ranked.n, math.isnan(ranked.low)) == (pytest.approx(0.2), 1, True)


@pytest.mark.parametrize(
    ("search", "fold", "told"),
    [
        ("fases", 0, r"or a folder, got 'fases'; the nearest one there is 'faces'"),
        ("xyz", 0, r"got 'xyz'; searches there: faces, other"),
        ("faces", 1, r"--fold 1: the runs of faces have 1 folds, counted from 0"),
        ("faces", -1, r"--fold -1: the runs"),
    ],
)
def test_what_is_not_there_is_refused(search: str, fold: int, told: str, results: Path) -> None:
    with pytest.raises(ResultsError, match=told):
        stored_fold(results, search, fold=fold)


def test_a_damaged_table_is_refused_and_another_searchs_is_none_of_its_business(results: Path) -> None:
    (results / "other" / "runs.parquet").write_text("torn")
    assert stored_fold(results, "faces").trial == 1
    with pytest.raises(ResultsError, match=r"other/runs\.parquet cannot be read as Parquet"):
        stored_fold(results, "other")
