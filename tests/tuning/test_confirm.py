"""Which configs are confirmed, with which seeds, and what an interruption or an extension leaves to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from toy_search import PROVENANCE, make_result, make_spec, make_trial, open_search, play, step, train

from harness.datasets.protocols.leaky import LEAKY_RULES
from harness.records import TrialRecord, TrialState
from harness.tuning.confirm import Confirmation, best_trials, run_records
from harness.tuning.journal import open_journal
from harness.tuning.source import Assignment, Decision

TRIALS = [make_trial(number, val_uar=value) for number, value in enumerate([0.2, 0.9, 0.4, 0.7])]


def open_confirmation(
    folder: Path, *, trials: list[TrialRecord] = TRIALS, top: int = 2, seeds: int = 2
) -> Confirmation:
    spec = make_spec(confirm={"top": top, "seeds": seeds})
    return Confirmation(spec, open_journal(folder / "journal.log"), trials=trials, provenance=PROVENANCE)


def runs_of(confirmation: Confirmation) -> list[tuple[int, int]]:
    return [(run.trial, run.repeat) for run in run_records(confirmation.ledger)]


def test_the_best_on_validation_are_chosen() -> None:
    assert [trial.number for trial in best_trials(TRIALS, count=2, objective="val_uar")] == [1, 3]


def test_among_equals_the_earlier_trial_is_chosen() -> None:
    equals = [make_trial(number, val_uar=0.5) for number in range(3)]
    assert [trial.number for trial in best_trials(equals, count=1, objective="val_uar")] == [0]


@pytest.mark.parametrize("state", [TrialState.FAIL, TrialState.PRUNED, TrialState.RUNNING])
def test_only_complete_trials_are_chosen(state: TrialState) -> None:
    unfinished = make_trial(4, result=make_result(1.0, state=state))
    chosen = best_trials([*TRIALS, unfinished], count=9, objective="val_uar")
    assert [trial.number for trial in chosen] == [1, 3, 2, 0]


def test_every_run_of_the_plan_is_handed_out_once(tmp_path: Path) -> None:
    confirmation = open_confirmation(tmp_path, top=2, seeds=3)
    assert confirmation.total == 6
    assert len(play(confirmation)) == confirmation.finished == 6
    assert runs_of(confirmation) == [(1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (3, 2)]
    assert confirmation.next() is None


def test_each_run_has_the_trials_config_with_a_fresh_seed_and_is_never_ended_by_collapse(
    tmp_path: Path,
) -> None:
    configs = [assignment.config for assignment in play(open_confirmation(tmp_path, top=4, seeds=5))]
    seeds = {config.seed for config in configs}
    assert len(seeds) == len(configs) == 20
    assert seeds.isdisjoint(trial.config.seed for trial in TRIALS)
    assert {config.collapse_patience for config in configs} == {0}
    assert {replace(config, seed=0, collapse_patience=3) for config in configs} == {
        replace(TRIALS[0].config, seed=0)
    }


def test_the_selected_run_is_no_part_of_its_confirmation(tmp_path: Path) -> None:
    search = open_search(tmp_path, make_spec())
    play(search)
    confirmation = open_confirmation(tmp_path, trials=search.ledger.records())
    play(confirmation)
    selected = {record.config.seed for record in search.ledger.records()}
    assert selected.isdisjoint(run.config.seed for run in run_records(confirmation.ledger))
    assert search.finished == search.total == 12  # the two studies of a journal do not mix


def test_a_confirmation_that_has_ended_hands_out_nothing(tmp_path: Path) -> None:
    play(open_confirmation(tmp_path))
    again = open_confirmation(tmp_path)
    assert again.next() is None
    assert again.finished == again.total == len(again.ended_before()) == 4


def test_more_seeds_hand_out_the_difference(tmp_path: Path) -> None:
    play(open_confirmation(tmp_path, seeds=1))
    wider = open_confirmation(tmp_path, seeds=3)
    assert (wider.finished, wider.total) == (2, 6)
    play(wider)
    assert runs_of(wider) == [(trial, repeat) for trial in (1, 3) for repeat in range(3)]


def test_an_extended_search_with_a_new_best_trial_confirms_it_and_keeps_the_old_runs(tmp_path: Path) -> None:
    play(open_confirmation(tmp_path))
    extended = open_confirmation(tmp_path, trials=[*TRIALS, make_trial(4, val_uar=0.95)])
    assert (extended.finished, extended.total) == (2, 4)
    assert len(extended.ended_before()) == 2
    play(extended)
    assert runs_of(extended) == [(trial, repeat) for trial in (1, 3, 4) for repeat in range(2)]


def test_an_interrupted_run_keeps_its_number_and_its_seed(tmp_path: Path) -> None:
    confirmation = open_confirmation(tmp_path)
    first, interrupted = confirmation.next(), confirmation.next()
    assert isinstance(first, Assignment)
    train(confirmation, first)
    resumed = open_confirmation(tmp_path)
    assert play(resumed)[0] == interrupted
    assert runs_of(resumed) == [(1, 0), (1, 1), (3, 0), (3, 1)]
    assert len(resumed.ledger.trials()) == 4


def test_a_failed_run_counts_and_is_not_repeated(tmp_path: Path) -> None:
    confirmation = open_confirmation(tmp_path, top=1)
    first, second = confirmation.next(), confirmation.next()
    assert first
    assert second
    confirmation.lost(first.number, "the worker process died")
    confirmation.report(second.number, step(1, val_uar=0.1, state=TrialState.FAIL, reason="loss is NaN"))
    assert confirmation.finished == confirmation.total == 2
    reasons = [run.result.reason for run in run_records(open_confirmation(tmp_path, top=1).ledger)]
    assert reasons == ["the worker process died", "loss is NaN"]
    assert open_confirmation(tmp_path, top=1).next() is None


def test_a_bad_run_is_not_stopped_early(tmp_path: Path) -> None:
    confirmation = open_confirmation(tmp_path)
    first, second = confirmation.next(), confirmation.next()
    assert first
    assert second
    confirmation.report(first.number, step(1, val_uar=0.9))
    verdict = confirmation.report(second.number, step(1, val_uar=0.0))
    assert verdict.decision is Decision.CONTINUE


def test_nothing_is_confirmed_when_nothing_is_asked_for_or_nothing_was_completed(tmp_path: Path) -> None:
    failed = [make_trial(0, result=make_result(state=TrialState.FAIL))]
    for confirmation in (open_confirmation(tmp_path, top=0), open_confirmation(tmp_path, trials=failed)):
        assert (confirmation.total, confirmation.next()) == (0, None)


# --- the literature's leaky rules


@pytest.mark.parametrize("rule", LEAKY_RULES)
def test_a_leaky_rule_repeats_the_same_configs_with_the_same_seeds_in_a_study_of_its_own(
    tmp_path: Path, rule: str
) -> None:
    journal = open_journal(tmp_path / "journal.log")
    spec = make_spec(confirm={"top": 2, "seeds": 2, "leaky": [rule]})

    def confirm(rule: str) -> Confirmation:
        return Confirmation(spec, journal, trials=TRIALS, provenance=PROVENANCE, rule=rule)

    honest, leaky = play(confirm("honest")), play(confirm(rule))
    assert [replace(each.config, rule="honest") for each in leaky] == [each.config for each in honest]
    assert {each.config.rule for each in leaky} == {rule}
    assert not {each.name for each in leaky} & {each.name for each in honest}
    assert confirm("honest").next() is confirm(rule).next() is None
