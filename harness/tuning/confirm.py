"""Confirmation as a source of trials: a search's best configs, trained again with fresh seeds and measured on the test split.

It does not run anything. The selected run is no part of its own confirmation: its value is the highest of many, so it would
flatter. It opens the test split; a sweep does so if it is told to, and nobody else.

Under a leaky rule of the literature the same configs are trained with the same seeds once more, apart: what that rule would have
claimed. Such runs carry their rule and never rank.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

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
from harness.records import HONEST, Provenance, RunRecord, TrialRecord, TrialState
from harness.reporting.run_name import run_name
from harness.seeding import derive_seed
from harness.tuning.journal import Journal
from harness.tuning.ledger import Ledger, has_started, to_record
from harness.tuning.planned import Planned, PlannedRuns, key_of
from harness.tuning.spec import SearchSpec

STUDIES = {HONEST: "confirmation", **{rule: f"confirmation by {rule}" for rule in LEAKY_RULES}}
"""The study that holds the runs of each rule."""


class Run(NamedTuple):
    """A confirmation run: which trial's config, and which of the fresh seeds."""

    trial: int
    repeat: int


class Confirmation(PlannedRuns):
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
        self.spec, self.rule = spec, rule
        objective = spec.protocol.objective
        chosen = best_trials(trials, count=spec.confirm.top, objective=objective)
        super().__init__(
            journal,
            study=STUDIES[rule],
            planned={
                Run(trial.number, repeat): self._plan(trial, repeat, provenance)
                for trial in chosen
                for repeat in range(spec.confirm.seeds)
            },
            objective=objective,
            provenance=provenance,
        )

    def open_test_split(self, faces: FaceSet, division: Division) -> tuple[TrialFaces, TestFaces]:
        """What the runs train on, and the test faces.

        Whoever holds a confirmation holds a search phase that has ended, by trials or by time.
        """
        return open_under_rule(faces, division, rule=self.rule, spec=self.spec)

    def _plan(self, trial: TrialRecord, repeat: int, provenance: Provenance) -> Planned:
        seed = derive_seed(self.spec.seed, "confirmation", trial.number, repeat)
        config = replace(trial.config, seed=seed, collapse_patience=0, rule=self.rule)
        return Planned(run_name(trial.number, provenance, repeat=repeat, rule=self.rule), config)


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
    run, record = Run(*map(int, key_of(trial))), to_record(trial)
    return RunRecord(
        trial=run.trial,
        repeat=run.repeat,
        config=record.config,
        result=record.result,
        reports=record.reports,
        provenance=record.provenance,
    )
