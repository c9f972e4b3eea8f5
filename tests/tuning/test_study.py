"""A search as a source of trials: its budget, its interruptions, its states."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_search import content, entries, make_spec, open_search, play, step, train

from harness.records import TrialState
from harness.tuning.ledger import STOPPED_EARLY
from harness.tuning.source import Assignment, Decision
from harness.tuning.study import Search


def budget(trials: int, **others: object) -> dict[str, object]:
    return {"trials": trials, "epochs": 3, **others}


def begin(search: Search) -> Assignment:
    assignment = search.next()
    assert assignment is not None
    return assignment


def test_as_many_trials_are_handed_out_as_the_budget_says(tmp_path: Path) -> None:
    search = open_search(tmp_path, make_spec(budget=budget(4)))
    assert [assignment.number for assignment in play(search)] == [0, 1, 2, 3]
    assert (search.finished, search.total) == (4, 4)


def test_a_search_that_has_ended_hands_out_nothing(tmp_path: Path) -> None:
    play(open_search(tmp_path, make_spec(budget=budget(2))))
    again = open_search(tmp_path, make_spec(budget=budget(2)))
    assert again.next() is None
    assert len(again.ended_before()) == again.finished == again.total == 2


def test_a_larger_budget_hands_out_the_difference(tmp_path: Path) -> None:
    play(open_search(tmp_path, make_spec(budget=budget(2))))
    extended = open_search(tmp_path, make_spec(budget=budget(5)))
    assert [assignment.number for assignment in play(extended)] == [2, 3, 4]


def test_a_smaller_budget_than_before_hands_out_nothing(tmp_path: Path) -> None:
    play(open_search(tmp_path, make_spec(budget=budget(3))))
    smaller = open_search(tmp_path, make_spec(budget=budget(1)))
    assert smaller.next() is None
    assert (smaller.finished, smaller.total) == (3, 3)


def test_interrupted_trials_come_first_under_their_numbers_and_with_their_configs(tmp_path: Path) -> None:
    spec = make_spec(budget=budget(5))
    search = open_search(tmp_path, spec)
    assignments = [begin(search) for _ in range(3)]
    train(search, assignments[1])
    resumed = open_search(tmp_path, spec)
    assert play(resumed)[:2] == [assignments[0], assignments[2]]
    assert [trial.number for trial in resumed.ledger.records()] == [0, 1, 2, 3, 4]
    assert resumed.finished == 5


def test_a_trial_that_goes_on_from_its_checkpoint_tells_old_epochs_again_without_harm(tmp_path: Path) -> None:
    spec = make_spec(budget=budget(1))
    assignment = begin(search := open_search(tmp_path, spec))
    search.report(assignment.number, step(1, val_uar=0.1))
    resumed = open_search(tmp_path, spec)
    train(resumed, begin(resumed))
    assert [report.epoch for report in resumed.ledger.records()[0].reports] == [1, 2, 3]


def test_a_failed_trial_is_not_run_again(tmp_path: Path) -> None:
    spec = make_spec(budget=budget(1))
    assignment = begin(search := open_search(tmp_path, spec))
    search.report(assignment.number, step(1, val_uar=0.1, state=TrialState.FAIL, reason="loss is NaN"))
    again = open_search(tmp_path, spec)
    assert again.next() is None
    assert again.finished == 1


def test_a_spent_time_budget_releases_running_trials_and_starts_none(tmp_path: Path) -> None:
    spec = make_spec(budget=budget(3, time=1e-9))
    assert open_search(tmp_path, spec).next() is None
    assignment = begin(open_search(tmp_path, make_spec(budget=budget(3))))
    late = open_search(tmp_path, spec)
    assert late.report(assignment.number, step(1, val_uar=0.1)).decision is Decision.RELEASE
    assert late.finished == 0


def test_a_trial_that_ends_as_the_time_does_is_stored(tmp_path: Path) -> None:
    assignment = begin(open_search(tmp_path, make_spec(budget=budget(3))))
    late = open_search(tmp_path, make_spec(budget=budget(3, time=1e-9)))
    assert late.report(assignment.number, step(3, val_uar=0.1, last=True)).decision is Decision.STOP
    assert late.finished == 1


def test_the_next_run_goes_on_with_a_released_trial(tmp_path: Path) -> None:
    spec = make_spec(budget=budget(3))
    assignment = begin(open_search(tmp_path, spec))
    late = open_search(tmp_path, make_spec(budget=budget(3, time=1e-9)))
    late.report(assignment.number, step(1, val_uar=0.1))
    resumed = open_search(tmp_path, spec)
    assert play(resumed)[0] == assignment
    assert resumed.finished == 3


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (TrialState.COMPLETE, ""),
        (TrialState.PRUNED, "collapsed"),
        (TrialState.FAIL, "FloatingPointError: the loss is nan in epoch 1 of fold 0"),
    ],
)
def test_a_trial_is_stored_as_the_worker_says_it_ended(
    tmp_path: Path, state: TrialState, reason: str
) -> None:
    search = open_search(tmp_path, make_spec())
    news = step(1, val_uar=0.2, state=state, reason=reason)
    verdict = search.report(begin(search).number, news)
    assert verdict.decision is Decision.STOP
    stored = open_search(tmp_path, make_spec()).ledger.records()[0].result
    assert stored == verdict.result == news.standing


def test_a_pruned_trial_says_early_stopping_and_keeps_its_curve(tmp_path: Path) -> None:
    asha = {"name": "asha", "min_epochs": 1, "reduction_factor": 2}
    search = open_search(tmp_path, make_spec(early_stopping=asha))
    good, bad = begin(search), begin(search)
    search.report(good.number, step(1, val_uar=0.9))
    verdict = search.report(bad.number, step(1, val_uar=0.1))
    assert verdict.decision is Decision.STOP
    record = search.ledger.records()[bad.number]
    assert (record.result.state, record.result.reason) == (TrialState.PRUNED, STOPPED_EARLY)
    assert [report.epoch for report in record.reports] == [1]


def test_a_lost_trial_fails_and_the_search_goes_on(tmp_path: Path) -> None:
    search = open_search(tmp_path, make_spec(budget=budget(3)))
    search.lost(begin(search).number, "the worker process died")
    play(search)
    states = [record.result.state for record in search.ledger.records()]
    assert states == [TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]


def test_every_trial_has_a_seed_of_its_own_that_a_second_search_repeats(tmp_path: Path) -> None:
    first, second = (open_search(tmp_path / name, make_spec()) for name in ("a", "b"))
    play(first), play(second)
    assert content(first) == content(second)
    assert len({record.config.seed for record in first.ledger.records()}) == first.total


def test_with_folds_the_pruner_sees_each_finished_folds_best_epoch_averaged(tmp_path: Path) -> None:
    spec = make_spec(protocol={"folds": 2}, budget={"trials": 1, "epochs": 2})
    assignment = begin(search := open_search(tmp_path, spec))
    for fold, values in enumerate([(0.6, 0.4), (0.2, 0.3)]):
        for epoch, value in enumerate(values, start=1):
            search.report(assignment.number, step(epoch, val_uar=value, fold=fold))
    assert search.ledger.trials()[0].intermediate_values == pytest.approx({1: 0.6, 2: 0.45})


def test_wilcoxon_sees_each_folds_own_value(tmp_path: Path) -> None:
    spec = make_spec(
        protocol={"folds": 5}, budget={"trials": 1, "epochs": 1}, early_stopping={"name": "wilcoxon"}
    )
    assignment = begin(search := open_search(tmp_path, spec))
    for fold, value in enumerate([0.6, 0.2]):
        search.report(assignment.number, step(1, val_uar=value, fold=fold))
    assert search.ledger.trials()[0].intermediate_values == {1: 0.6, 2: 0.2}


def test_the_study_names_its_objective_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert open_search(tmp_path, make_spec()).ledger.study.metric_names == ["val_uar"]
    assert sum(b"metric_names" in entry for entry in entries(tmp_path / "journal.log")) == 1
