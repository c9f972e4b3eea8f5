"""Trials in one Optuna study: started, told, read back as records. It does not choose what is tried.

A trial's curve, its result and its state reach the journal in one transaction. A kill before it leaves the trial RUNNING, and
it is run again under the same number.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from harness.records import EpochReport, Provenance, TrialConfig, TrialRecord, TrialResult, TrialState
from harness.tuning.journal import Journal
from harness.tuning.source import Decision, Verdict

METRIC_NAMES = "study:metric_names"
"""Optuna's key of what `Study.metric_names` gives."""

STOPPED_EARLY = "early stopping"
_STATES = {
    TrialState.COMPLETE: optuna.trial.TrialState.COMPLETE,
    TrialState.PRUNED: optuna.trial.TrialState.PRUNED,
    TrialState.FAIL: optuna.trial.TrialState.FAIL,
}


class Ledger:
    """The trials of one study.

    Args:
        study: Where they are kept.
        journal: The study's journal.
        objective: Name of the metric whose value Optuna is told.
    """

    def __init__(self, study: optuna.Study, journal: Journal, *, objective: str) -> None:
        self.study, self.objective = study, objective
        self._storage = journal.storage
        self.transaction = journal.file.transaction
        self.curves: dict[int, dict[tuple[int, int], EpochReport]] = {}

    def name_objective(self) -> None:
        """Writes the objective's name into a study that does not say it yet: optuna-dashboard shows it at its axes."""
        if self.study.metric_names is None:  # its setter warns that it is experimental, as no user can mend
            self._storage.set_study_system_attr(self.study._study_id, METRIC_NAMES, [self.objective])

    def trials(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self.study.get_trials(deepcopy=False)

    def interrupted(self) -> list[FrozenTrial]:
        """Trials that were started and never finished."""
        return [trial for trial in self.trials() if not trial.state.is_finished()]

    def finished(self) -> int:
        """How many trials have ended."""
        return sum(trial.state.is_finished() for trial in self.trials())

    def start(self, trial: optuna.Trial, config: TrialConfig, provenance: Provenance) -> None:
        """Notes what a trial is to do, and where. One that goes on after an interruption may be elsewhere by then."""
        for name, value in (("config", asdict(config)), ("provenance", provenance.to_dict())):
            if trial.user_attrs.get(name) != value:
                trial.set_user_attr(name, value)

    def add(self, number: int, reports: tuple[EpochReport, ...]) -> None:
        """Keeps a trial's new epochs until it is finished."""
        curve = self.curves.setdefault(number, {})
        curve.update({(report.fold, report.epoch): report for report in reports})

    def curve(self, number: int) -> list[EpochReport]:
        """A running trial's epochs so far, in order."""
        curve = self.curves.get(number, {})
        return [curve[key] for key in sorted(curve)]

    def finish(self, number: int, result: TrialResult) -> Verdict:
        """Writes a trial's end: its curve, its result, its state."""
        with self.transaction():
            trial = self.open(number)
            trial.set_user_attr("epochs", [report.to_dict() for report in self.curve(number)])
            trial.set_user_attr("result", result.to_dict())
            value = result.metrics.get(self.objective) if result.state is TrialState.COMPLETE else None
            self.study.tell(number, value, state=_STATES[result.state])
        self.curves.pop(number, None)
        return Verdict(Decision.STOP, result)

    def lose(self, number: int, reason: str) -> TrialResult:
        """Writes a trial's end as a failure, with the epochs that were told of it until then."""
        return self.finish(number, TrialResult(state=TrialState.FAIL, reason=reason)).result

    def records(self) -> list[TrialRecord]:
        """Every trial that was started, as plain records."""
        return [to_record(trial) for trial in self.trials() if has_started(trial)]

    def ended(self) -> list[TrialRecord]:
        """Every trial that has ended."""
        return [record for record in self.records() if record.result.state is not TrialState.RUNNING]

    def open(self, number: int) -> optuna.Trial:
        """A trial to report to or to go on drawing from."""
        return optuna.Trial(self.study, self.trials()[number]._trial_id)


def ended_in(journal: Journal, study: str) -> int:
    """How many trials of a study have ended; none where there is no such study."""
    if study not in {each.study_name for each in journal.storage.get_all_studies()}:
        return 0
    opened = optuna.load_study(study_name=study, storage=journal.storage)
    return sum(trial.state.is_finished() for trial in opened.get_trials(deepcopy=False))


def has_started(trial: FrozenTrial) -> bool:
    """Whether a trial knows what it is to do; a kill within Optuna's asking leaves one that does not."""
    return "provenance" in trial.user_attrs


def to_record(trial: FrozenTrial) -> TrialRecord:
    """A trial of the journal as a plain record; RUNNING if it was interrupted."""
    attrs: dict[str, Any] = trial.user_attrs
    running = TrialResult(state=TrialState.RUNNING, reason="interrupted")
    return TrialRecord(
        number=trial.number,
        config=TrialConfig(**attrs["config"]),
        params=dict(trial.params),
        result=TrialResult.from_dict(attrs["result"]) if trial.state.is_finished() else running,
        reports=tuple(EpochReport.from_dict(report) for report in attrs.get("epochs", ())),
        started=trial.datetime_start.timestamp() if trial.datetime_start else 0.0,
        provenance=Provenance.from_dict(attrs["provenance"]),
    )


def stopped_early(standing: TrialResult) -> TrialResult:
    """The result of a trial that early stopping ends where it stands."""
    return replace(standing, state=TrialState.PRUNED, reason=STOPPED_EARLY)
