"""What a ledger writes of a trial, and when: nothing of its end before all of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from toy_search import PROVENANCE, entries, make_report, make_result, make_spec, open_search

from harness.records import TrialConfig, TrialState
from harness.tuning.ledger import STOPPED_EARLY, Ledger, has_started, stopped_early


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """With one trial that has started."""
    search = open_search(tmp_path, make_spec())
    search.next()
    return search.ledger


def reopened(tmp_path: Path) -> Ledger:
    return open_search(tmp_path, make_spec()).ledger


def test_a_trial_that_has_started_is_running_and_knows_what_it_is_to_do(ledger: Ledger) -> None:
    (record,) = ledger.records()
    assert (record.result.state, record.result.reason) == (TrialState.RUNNING, "interrupted")
    assert isinstance(record.config, TrialConfig)
    assert record.provenance == PROVENANCE
    assert ledger.ended() == []


def test_a_finished_trial_is_read_back_as_it_was_told(ledger: Ledger, tmp_path: Path) -> None:
    reports = (make_report(1, val_uar=0.3), make_report(2, val_uar=0.4))
    result = make_result(0.4, chosen_epochs=(2,), confusion=((3, 1), (0, 4)), device="cpu", host="here")
    ledger.add(0, reports)
    ledger.finish(0, result)
    (record,) = reopened(tmp_path).ended()
    assert (record.result, record.reports) == (result, reports)


def test_curve_result_and_state_are_one_transaction(ledger: Ledger, tmp_path: Path) -> None:
    before = entries(tmp_path / "journal.log")
    ledger.add(0, (make_report(1, val_uar=0.3),))
    ledger.finish(0, make_result(0.3))
    written = entries(tmp_path / "journal.log")[len(before) :]
    assert [line.rsplit(b":", 1)[1] for line in written] == [b"2}\n", b"1}\n", b"0}\n"]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_kill_before_the_state_leaves_a_running_trial(ledger: Ledger, tmp_path: Path, kept: int) -> None:
    before = len(entries(tmp_path / "journal.log"))
    ledger.add(0, (make_report(1, val_uar=0.3),))
    ledger.finish(0, make_result(0.3))
    journal = tmp_path / "journal.log"
    journal.write_bytes(b"".join(entries(journal)[: before + kept]))
    (record,) = reopened(tmp_path).records()
    assert (record.number, record.result.state, record.reports) == (0, TrialState.RUNNING, ())


@pytest.mark.parametrize("state", [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])
def test_optuna_is_told_the_state_of_the_result(ledger: Ledger, state: TrialState) -> None:
    ledger.finish(0, make_result(0.4, state=state, reason="a reason"))
    trial = ledger.trials()[0]
    assert trial.state is optuna.trial.TrialState[state.value]
    assert trial.value == (0.4 if state is TrialState.COMPLETE else None)
    assert ledger.ended()[0].result.reason == "a reason"


def test_an_epoch_that_is_told_again_counts_once(ledger: Ledger) -> None:
    first, second, again = (make_report(epoch, val_uar=0.1 * epoch) for epoch in (1, 2, 1))
    ledger.add(0, (second,))
    ledger.add(0, (first, again))
    assert ledger.curve(0) == [first, second]


def test_a_lost_trial_fails_with_its_reason_and_keeps_its_epochs(ledger: Ledger) -> None:
    report = make_report(1, val_uar=0.2)
    ledger.add(0, (report,))
    result = ledger.lose(0, "the process died")
    (record,) = ledger.ended()
    assert record.result == result
    assert (result.state, result.reason, record.reports) == (TrialState.FAIL, "the process died", (report,))


def test_a_trial_that_starts_again_elsewhere_notes_where(ledger: Ledger) -> None:
    elsewhere = replace(PROVENANCE, hardware={"cores": "64"})
    ledger.start(ledger.open(0), ledger.records()[0].config, elsewhere)
    assert ledger.records()[0].provenance == elsewhere


def test_starting_again_at_the_same_place_writes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    before = entries(tmp_path / "journal.log")
    ledger.start(ledger.open(0), ledger.records()[0].config, PROVENANCE)
    assert entries(tmp_path / "journal.log") == before


def test_a_trial_without_a_config_has_not_started(ledger: Ledger) -> None:
    ledger.study.ask()
    assert [has_started(trial) for trial in ledger.trials()] == [True, False]
    assert len(ledger.records()) == 1


def test_stopping_early_keeps_where_the_trial_stood() -> None:
    stopped = stopped_early(make_result(0.7, state=TrialState.RUNNING, seconds=3.0))
    assert stopped == make_result(0.7, state=TrialState.PRUNED, reason=STOPPED_EARLY, seconds=3.0)
