"""Early stopping by name, with the study as its only memory."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from toy_search import make_spec, open_search, step

from harness.tuning.pruners import build_pruner
from harness.tuning.source import Decision


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("none", optuna.pruners.NopPruner),
        ("asha", optuna.pruners.SuccessiveHalvingPruner),
        ("hyperband", optuna.pruners.HyperbandPruner),
        ("median", optuna.pruners.MedianPruner),
    ],
)
def test_each_name_is_optunas_pruner_of_that_name(name: str, kind: type) -> None:
    assert isinstance(build_pruner(make_spec(early_stopping={"name": name})), kind)


def test_wilcoxon_is_optunas_and_compares_folds() -> None:
    spec = make_spec(early_stopping={"name": "wilcoxon"}, protocol={"folds": 5})
    assert isinstance(build_pruner(spec), optuna.pruners.WilcoxonPruner)


def decisions(folder: Path, values: list[float], *, reopen: bool, **stopping: object) -> list[Decision]:
    """What trials hear after their first epochs, one value each; optionally in a new process for each."""
    spec = make_spec(early_stopping=stopping, budget={"trials": len(values), "epochs": 9})
    search = open_search(folder, spec)
    assignments = [search.next() for _ in values]
    heard = []
    for assignment, value in zip(assignments, values, strict=True):
        assert assignment is not None
        search = open_search(folder, spec) if reopen else search
        heard.append(search.report(assignment.number, step(1, val_uar=value)).decision)
    return heard


VALUES = [0.5, 0.6, 0.4, 0.7, 0.3, 0.8]
STOPPED = {  # asha keeps the better half of those that got as far
    "none": [False] * 6,
    "asha": [False, False, True, False, True, False],
}


@pytest.mark.parametrize("reopen", [False, True], ids=["one process", "a process per report"])
@pytest.mark.parametrize("name", STOPPED)
def test_the_worse_trials_are_stopped_also_by_a_process_that_did_not_see_the_others(
    tmp_path: Path, name: str, reopen: bool
) -> None:
    heard = decisions(tmp_path, VALUES, reopen=reopen, name=name, min_epochs=1, reduction_factor=2)
    assert [decision is Decision.STOP for decision in heard] == STOPPED[name]


def test_median_stops_what_is_below_the_median_of_the_completed_trials(tmp_path: Path) -> None:
    spec = make_spec(early_stopping={"name": "median", "min_epochs": 1, "startup_trials": 2})
    search = open_search(tmp_path, spec)
    for value in (0.4, 0.6):
        completed = search.next()
        assert completed is not None
        search.report(completed.number, step(1, val_uar=value, last=True))
    better, worse = search.next(), search.next()
    assert better
    assert worse
    reopened = open_search(tmp_path, spec)
    assert reopened.report(better.number, step(1, val_uar=0.51)).decision is Decision.CONTINUE
    assert reopened.report(worse.number, step(1, val_uar=0.49)).decision is Decision.STOP


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_no_trial_is_stopped_before_min_epochs(tmp_path: Path, name: str) -> None:
    rules = {"name": name, "min_epochs": 2, "reduction_factor": 2, "startup_trials": 0}
    heard = decisions(tmp_path, VALUES, reopen=False, **rules)
    assert heard == [Decision.CONTINUE] * len(VALUES)


def test_min_epochs_beyond_the_budget_leave_the_last_epoch(tmp_path: Path) -> None:
    spec = make_spec(
        early_stopping={"name": "hyperband", "min_epochs": 50}, budget={"trials": 2, "epochs": 3}
    )
    search = open_search(tmp_path, spec)
    assignment = search.next()
    assert assignment is not None
    assert search.report(assignment.number, step(1, val_uar=0.1)).decision is Decision.CONTINUE
