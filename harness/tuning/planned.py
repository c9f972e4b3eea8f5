"""Runs that are planned before the first of them starts, as a source of trials: what is missing is handed out.

It suggests nothing and stops nothing early: which configs are trained is its maker's affair, and a bad run counts. The plan
is made anew each time and the journal says what of it has ended, so that a wider plan runs the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import optuna
from optuna.trial import FrozenTrial

from harness.records import Provenance, TrialConfig, TrialRecord, TrialResult, TrialState
from harness.tuning.journal import Journal
from harness.tuning.ledger import Ledger, has_started
from harness.tuning.source import Assignment, Decision, Step, Verdict

Key = tuple[int | str, ...]
"""Names a run among those of its study."""


class Planned(NamedTuple):
    """A run: what names its checkpoint and its TensorBoard run, and what it trains."""

    name: str
    config: TrialConfig


class PlannedRuns:
    """Hands out the planned runs that are missing, interrupted ones under their old number.

    Args:
        journal: The study is made if it is not there.
        study: Its name.
        planned: The runs, in the order in which they are handed out.
        objective: Name of the metric whose value Optuna is told.
        provenance: Of the runs that are run now.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        study: str,
        planned: Mapping[Key, Planned],
        objective: str,
        provenance: Provenance,
    ) -> None:
        self.phase, self.planned, self.provenance = study, dict(planned), provenance
        opened = optuna.create_study(
            storage=journal.storage, study_name=study, direction="maximize", load_if_exists=True
        )
        self.ledger = Ledger(opened, journal, objective=objective)
        self.ledger.name_objective()
        begun = {key_of(trial): trial for trial in self.ledger.trials() if has_started(trial)}
        self._interrupted = {
            key: trial.number for key, trial in begun.items() if not trial.state.is_finished()
        }
        self._queue = [key for key in self.planned if key not in begun or key in self._interrupted]
        self._open = len(self._queue)

    @property
    def total(self) -> int:
        """Runs in all."""
        return len(self.planned)

    @property
    def finished(self) -> int:
        """Runs that have ended."""
        return self.total - self._open

    def ended_before(self) -> list[TrialRecord]:
        """Planned runs that have ended."""
        planned = {trial.number for trial in self.ledger.trials() if key_of(trial) in self.planned}
        return [record for record in self.ledger.ended() if record.number in planned]

    def next(self) -> Assignment | None:
        """The next run that is missing."""
        if not self._queue:
            return None
        key = self._queue.pop(0)
        name, config = self.planned[key]
        with self.ledger.transaction():
            trial = self._trial(key)
            self.ledger.start(trial, config, self.provenance)
        return Assignment(number=trial.number, name=name, config=config)

    def report(self, number: int, step: Step) -> Verdict:
        """Stores a run that has ended. It is never stopped early: a bad one counts."""
        self.ledger.add(number, step.reports)
        if step.standing.state is TrialState.RUNNING:
            return Verdict(Decision.CONTINUE, step.standing)
        self._open -= 1
        return self.ledger.finish(number, step.standing)

    def lost(self, number: int, reason: str) -> TrialResult:
        """Stores a run whose process died too often as failed."""
        self._open -= 1
        return self.ledger.lose(number, reason)

    def _trial(self, key: Key) -> optuna.Trial:
        """The run's place in the study: the one that it had when it was interrupted, or a new one."""
        if key in self._interrupted:
            return self.ledger.open(self._interrupted[key])
        trial = self.ledger.study.ask()
        trial.set_user_attr("run", list(key))
        return trial


def key_of(trial: FrozenTrial) -> Key:
    """Which run a trial of the study is; empty if a kill came before it knew."""
    return tuple(trial.user_attrs.get("run", ()))
