"""The search as a source of trials: asks Optuna, tells it, prunes, resumes and extends. It does not run trials.

Resuming, extending and starting are one thing: as many trials are handed out as are missing, interrupted ones first.
"""

from __future__ import annotations

import time

import optuna

from harness.records import EpochReport, Provenance, TrialRecord, TrialResult, TrialState
from harness.reporting.run_name import run_name
from harness.seeding import derive_seed
from harness.tuning.journal import Journal
from harness.tuning.ledger import Ledger, stopped_early
from harness.tuning.pruners import build_pruner
from harness.tuning.samplers import HistorySampler
from harness.tuning.source import Assignment, Decision, Step, Verdict
from harness.tuning.space import suggest_config
from harness.tuning.spec import SearchSpec

STUDY = "search"


class Search:
    """Hands out the trials of a search and keeps what becomes of them.

    Args:
        spec: The search.
        journal: The study is made if it is not there.
        provenance: Of the trials that are run now.
    """

    phase = "search"

    def __init__(self, spec: SearchSpec, journal: Journal, *, provenance: Provenance) -> None:
        self.spec, self.provenance = spec, provenance
        study = optuna.create_study(
            storage=journal.storage,
            study_name=STUDY,
            direction="maximize",
            load_if_exists=True,
            sampler=HistorySampler(spec.sampler, seed=spec.seed),
            pruner=build_pruner(spec),
        )
        self.ledger = Ledger(study, journal, objective=spec.protocol.objective)
        self.ledger.name_objective()
        self._interrupted = self.ledger.interrupted()
        self._asked = len(self.ledger.trials())
        self._deadline = time.monotonic() + spec.budget.time if spec.budget.time else float("inf")

    @property
    def total(self) -> int:
        """Trials in all; more than the budget if an earlier run had a larger one."""
        return max(self.spec.budget.trials, self._asked)

    @property
    def finished(self) -> int:
        """Trials that have ended."""
        return self.ledger.finished()

    @property
    def out_of_time(self) -> bool:
        """Whether the time budget of this run is spent."""
        return time.monotonic() >= self._deadline

    def ended_before(self) -> list[TrialRecord]:
        """Trials that have ended."""
        return self.ledger.ended()

    def next(self) -> Assignment | None:
        """The next trial: an interrupted one under its old number, else a new one; None when the budget is spent."""
        if self.out_of_time:
            return None
        if self._interrupted:
            return self._assign(self.ledger.open(self._interrupted.pop(0).number))
        if self._asked >= self.spec.budget.trials:
            return None
        self._asked += 1
        with self.ledger.transaction():
            return self._assign(self.ledger.study.ask())

    def report(self, number: int, step: Step) -> Verdict:
        """Tells Optuna the new epochs; ends the trial if it has ended, or if the pruner says so."""
        with self.ledger.transaction():
            return self._decide(number, step)

    def _decide(self, number: int, step: Step) -> Verdict:
        self.ledger.add(number, step.reports)
        prune = self._tell_pruner(number, step.reports)
        if step.standing.state is not TrialState.RUNNING:
            return self.ledger.finish(number, step.standing)
        if prune:
            return self.ledger.finish(number, stopped_early(step.standing))
        return Verdict(Decision.RELEASE if self.out_of_time else Decision.CONTINUE, step.standing)

    def lost(self, number: int, reason: str) -> TrialResult:
        """Stores a trial whose process died too often as failed."""
        return self.ledger.lose(number, reason)

    def _assign(self, trial: optuna.Trial) -> Assignment:
        """Draws what was not drawn before: Optuna gives an interrupted trial the values that it has."""
        config = suggest_config(trial, self.spec, seed=derive_seed(self.spec.seed, "trial", trial.number))
        self.ledger.start(trial, config, self.provenance)
        return Assignment(number=trial.number, name=run_name(trial.number, self.provenance), config=config)

    def _tell_pruner(self, number: int, reports: tuple[EpochReport, ...]) -> bool:
        """Reports what a pruner compares, and asks it, once per point: a trial that goes on tells old ones again."""
        trial = self.ledger.open(number)
        known = self.ledger.trials()[number].intermediate_values
        points = [self._point(number, report) for report in reports]
        fresh = [point for point in points if point is not None and point[0] not in known]
        for step, value in fresh:
            trial.report(value, step=step)
        return bool(fresh) and trial.should_prune()

    def _point(self, number: int, report: EpochReport) -> tuple[int, float] | None:
        """Step and value for the pruner: each epoch, or each finished fold where there are several.

        A fold's value is its best epoch's. Wilcoxon's test pairs folds, so it gets each fold's own value; the others compare
        the mean of the folds so far.
        """
        objective = self.spec.protocol.objective
        if self.spec.trial_folds == 1:
            return report.epoch, report.metrics[objective]
        if report.epoch < self.spec.budget.epochs:
            return None
        folds: dict[int, float] = {}
        for past in self.ledger.curve(number):
            if past.fold <= report.fold:
                folds[past.fold] = max(past.metrics[objective], folds.get(past.fold, 0.0))
        own = folds[report.fold]
        return report.fold + 1, own if self.spec.early_stopping.name == "wilcoxon" else sum(
            folds.values()
        ) / len(folds)
