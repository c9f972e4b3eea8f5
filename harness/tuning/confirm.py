"""Confirmation as a source of trials: a search's best configs, trained again with fresh seeds and measured on the test split.

It does not run anything. The selected run is no part of its own confirmation: its value is the highest of many, so it would
flatter. This is the one module that opens the test split.

Under a leaky rule of the literature the same configs are trained with the same seeds once more, apart: what that rule would have
claimed. Such runs carry their rule and never rank.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import optuna
from optuna.trial import FrozenTrial

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import (
    Division,
    TestFaces,
    TrialFaces,
    confirmation_faces,
    deal_random_images,
    open_test_split,
)
from harness.datasets.protocols.leaky import LEAKY_RANDOM_IMAGES, LEAKY_RULES
from harness.records import HONEST, Provenance, RunRecord, TrialConfig, TrialRecord, TrialResult, TrialState
from harness.reporting.run_name import run_name
from harness.seeding import derive_seed
from harness.tuning.journal import Journal
from harness.tuning.ledger import Ledger, has_started, to_record
from harness.tuning.source import Assignment, Decision, Step, Verdict
from harness.tuning.spec import SearchSpec

STUDIES = {HONEST: "confirmation", **{rule: f"confirmation by {rule}" for rule in LEAKY_RULES}}
"""The study that holds the runs of each rule."""


class Run(NamedTuple):
    """A confirmation run: which trial's config, and which of the fresh seeds."""

    trial: int
    repeat: int


class Confirmation:
    """Hands out the confirmation runs that are missing and keeps what becomes of them.

    Args:
        spec: The search; `confirm.top` and `confirm.seeds` are used.
        journal: The study is made if it is not there.
        trials: The search's trials.
        provenance: Of the runs that are run now.
        rule: `honest`, or a leaky rule of the literature.
    """

    def __init__(
        self,
        spec: SearchSpec,
        journal: Journal,
        *,
        trials: list[TrialRecord],
        provenance: Provenance,
        rule: str = HONEST,
    ) -> None:
        self.spec, self.provenance, self.rule = spec, provenance, rule
        self.phase = STUDIES[rule]
        study = optuna.create_study(
            storage=journal.storage, study_name=STUDIES[rule], direction="maximize", load_if_exists=True
        )
        self.ledger = Ledger(study, journal, objective=spec.protocol.objective)
        self.ledger.name_objective()
        chosen = best_trials(trials, count=spec.confirm.top, objective=spec.protocol.objective)
        self.planned = {
            Run(trial.number, repeat): trial for trial in chosen for repeat in range(spec.confirm.seeds)
        }
        begun = {_run_of(trial): trial for trial in self.ledger.trials() if has_started(trial)}
        self._interrupted = {
            run: trial.number for run, trial in begun.items() if not trial.state.is_finished()
        }
        self._queue = [run for run in self.planned if run not in begun or run in self._interrupted]
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
        planned = {trial.number for trial in self.ledger.trials() if _run_of(trial) in self.planned}
        return [record for record in self.ledger.ended() if record.number in planned]

    def next(self) -> Assignment | None:
        """The next run that is missing."""
        if not self._queue:
            return None
        run = self._queue.pop(0)
        config = self._fresh_config(run)
        with self.ledger.transaction():
            trial = self._trial(run)
            self.ledger.start(trial, config, self.provenance)
        name = run_name(run.trial, self.provenance, repeat=run.repeat, rule=self.rule)
        return Assignment(number=trial.number, name=name, config=config)

    def report(self, number: int, step: Step) -> Verdict:
        """Stores a run that has ended. A confirmation run is never stopped early: a bad one counts."""
        self.ledger.add(number, step.reports)
        if step.standing.state is TrialState.RUNNING:
            return Verdict(Decision.CONTINUE, step.standing)
        self._open -= 1
        return self.ledger.finish(number, step.standing)

    def lost(self, number: int, reason: str) -> TrialResult:
        """Stores a run whose process died too often as failed."""
        self._open -= 1
        return self.ledger.lose(number, reason)

    def open_test_split(self, faces: FaceSet, division: Division) -> tuple[TrialFaces, TestFaces]:
        """What the runs train on, and the test faces.

        Whoever holds a confirmation holds a search phase that has ended, by trials or by time.
        """
        return open_under_rule(faces, division, rule=self.rule, spec=self.spec)

    def _fresh_config(self, run: Run) -> TrialConfig:
        seed = derive_seed(self.spec.seed, "confirmation", run.trial, run.repeat)
        return replace(self.planned[run].config, seed=seed, collapse_patience=0, rule=self.rule)

    def _trial(self, run: Run) -> optuna.Trial:
        """The run's place in the study: the one that it had when it was interrupted, or a new one."""
        if run in self._interrupted:
            return self.ledger.open(self._interrupted[run])
        trial = self.ledger.study.ask()
        trial.set_user_attr("run", list(run))
        return trial


def open_under_rule(
    faces: FaceSet, division: Division, *, rule: str, spec: SearchSpec
) -> tuple[TrialFaces, TestFaces]:
    """What confirmation runs of a rule train on, and the test faces: opened for a confirmation and for its repetition alone.

    Args:
        faces: All faces of the search.
        division: Into parts.
        rule: `honest`, or a leaky rule of the literature.
        spec: The search; the seed of its protocol deals random images.
    """
    if rule == LEAKY_RANDOM_IMAGES:
        division = deal_random_images(faces, division, seed=spec.protocol.seed)
    return confirmation_faces(faces, division), open_test_split(faces, division)


def best_trials(trials: list[TrialRecord], *, count: int, objective: str) -> list[TrialRecord]:
    """The complete trials with the highest objective on validation; among equals the earlier one."""
    complete = [trial for trial in trials if trial.result.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda trial: (-trial.result.metrics[objective], trial.number))[:count]


def run_records(ledger: Ledger) -> list[RunRecord]:
    """Every finished confirmation run, by trial and repeat."""
    ended = [trial for trial in ledger.trials() if trial.state.is_finished() and has_started(trial)]
    return sorted((_to_run_record(trial) for trial in ended), key=lambda run: (run.trial, run.repeat))


def _to_run_record(trial: FrozenTrial) -> RunRecord:
    run, record = _run_of(trial), to_record(trial)
    return RunRecord(
        trial=run.trial,
        repeat=run.repeat,
        config=record.config,
        result=record.result,
        reports=record.reports,
        provenance=record.provenance,
    )


def _run_of(trial: FrozenTrial) -> Run:
    return Run(*trial.user_attrs.get("run", (-1, -1)))
