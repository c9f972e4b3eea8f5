"""Which trial a sweep starts from, and what is said of a search that has not come so far."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from toy_search import PROVENANCE, make_spec, open_search, play, train

from harness.errors import StudyError
from harness.records import TrialRecord, TrialState
from harness.tuning.chosen import chosen_trial
from harness.tuning.confirm import Confirmation
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import open_journal
from harness.tuning.spec import SearchSpec
from harness.tuning.study import Search


def make(folder: Path, **sections: Any) -> tuple[SearchSpec, Search, SearchFolder]:
    """A search of four trials that has not begun, in a folder that has its provenance."""
    spec = make_spec(**{"budget": {"trials": 4, "epochs": 3}} | sections)
    search = open_search(folder, spec)
    (folder / "provenance.json").write_text(json.dumps(PROVENANCE.to_dict()))
    return spec, search, SearchFolder(folder)


def confirm(folder: Path, spec: SearchSpec, search: Search) -> Confirmation:
    trials = search.ledger.records()
    return Confirmation(spec, open_journal(folder / "journal.log"), trials=trials, provenance=PROVENANCE)


def chosen(folder: SearchFolder, spec: SearchSpec) -> TrialRecord:
    return chosen_trial(folder, spec, command="harness search faces.yaml")


def test_the_confirmed_config_with_the_best_mean_on_validation_is_chosen(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path)
    play(search)
    confirmation = confirm(tmp_path, spec, search)
    play(confirmation)
    best = max(search.ledger.records(), key=lambda trial: trial.result.metrics["val_uar"])
    assert chosen(folder, spec) == best


def test_a_config_whose_confirmation_failed_is_not_chosen(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path)
    play(search)
    confirmation = confirm(tmp_path, spec, search)
    first, *_, second = confirmation.planned
    while (assignment := confirmation.next()) is not None:
        if f"/{first[0]:04d}-confirmed-" in assignment.name:
            confirmation.lost(assignment.number, "the worker process died")
        else:
            train(confirmation, assignment)
    assert chosen(folder, spec).number == second[0]


def test_without_a_confirmation_the_best_trial_is_chosen(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path, confirm={"top": 0})
    play(search)
    best = max(search.ledger.records(), key=lambda trial: trial.result.metrics["val_uar"])
    assert chosen(folder, spec) == best


def test_a_search_that_was_not_run_is_refused_with_the_command_that_runs_it(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError,
        match=r"toy: expected a finished search, got none; run this first: harness search faces\.yaml$",
    ):
        chosen(SearchFolder(tmp_path / "toy"), make_spec())


def test_a_search_without_a_complete_trial_is_refused(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path)
    while (assignment := search.next()) is not None:
        search.lost(assignment.number, "the worker process died")
    assert {trial.result.state for trial in search.ledger.records()} == {TrialState.FAIL}
    with pytest.raises(StudyError, match="expected a complete trial, got none; run this first"):
        chosen(folder, spec)


def test_a_search_that_is_confirmed_in_part_is_refused(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path)
    play(search)
    confirmation = confirm(tmp_path, spec, search)
    assignment = confirmation.next()
    assert assignment
    train(confirmation, assignment)
    with pytest.raises(StudyError, match="expected a confirmed search, got 1 of 4 confirmation runs"):
        chosen(folder, spec)


def test_a_search_of_which_no_confirmation_run_was_completed_is_refused(tmp_path: Path) -> None:
    spec, search, folder = make(tmp_path)
    play(search)
    confirmation = confirm(tmp_path, spec, search)
    while (assignment := confirmation.next()) is not None:
        confirmation.lost(assignment.number, "the worker process died")
    with pytest.raises(StudyError, match="expected a confirmed config, got none: every run of it failed"):
        chosen(folder, spec)


def test_a_search_without_a_confirmation_must_have_run_its_trials_unless_it_ends_by_time(
    tmp_path: Path,
) -> None:
    spec, search, folder = make(tmp_path, confirm={"top": 0})
    assignment = search.next()
    assert assignment
    train(search, assignment)
    with pytest.raises(StudyError, match="expected a finished search, got 1 of 4 trials"):
        chosen(folder, spec)
    timed = make_spec(budget={"trials": 4, "epochs": 3, "time": "1h"}, confirm={"top": 0})
    assert chosen(folder, timed).number == assignment.number
