"""A sweep as a source of trials, and its runs as records. It does not run anything, and does not know how levels are made.

Sweeps are measured on validation: who chose by one that looks at the test split would have chosen on test. One that is told
to opens it as the confirmation does, and its runs say so.
"""

from __future__ import annotations

from optuna.trial import FrozenTrial

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import (
    Division,
    TestFaces,
    TrialFaces,
    confirmation_faces,
    open_test_split,
    search_faces,
)
from harness.records import Provenance, RunRecord, SweepRun
from harness.tuning.journal import Journal
from harness.tuning.ledger import Ledger, has_started, to_record
from harness.tuning.planned import PlannedRuns, key_of
from harness.tuning.sweep_plan import SweepPlan

STUDIES = {False: "sweep of ", True: "sweep on test of "}
"""What the name of a sweep's study begins with: on validation, and with the test split opened."""


class Sweep(PlannedRuns):
    """Hands out the runs of a sweep that are missing and keeps what becomes of them.

    Args:
        plan: What there is to run.
        journal: The study is made if it is not there.
        provenance: Of the runs that are run now.
    """

    def __init__(self, plan: SweepPlan, journal: Journal, *, provenance: Provenance) -> None:
        self.plan = plan
        super().__init__(
            journal,
            study=STUDIES[plan.tested] + plan.name,
            planned=plan.runs(),
            objective=plan.spec.protocol.objective,
            provenance=provenance,
        )

    def faces(self, faces: FaceSet, division: Division) -> tuple[TrialFaces, TestFaces | None]:
        """What the runs train on, and the test faces of a sweep that opens them."""
        if not self.plan.tested:
            return search_faces(faces, division), None
        return confirmation_faces(faces, division), open_test_split(faces, division)


def sweep_runs(ledger: Ledger, *, name: str, tested: bool) -> list[SweepRun]:
    """Every finished run of a sweep's study, by trial, level and repeat: in one order, whichever run came first."""
    ended = [trial for trial in ledger.trials() if trial.state.is_finished() and has_started(trial)]
    runs = [_to_sweep_run(trial, name=name, tested=tested) for trial in ended]
    return sorted(runs, key=lambda run: (run.run.trial, _ascending(run.level), run.run.repeat))


def _ascending(level: str) -> tuple[list[float], str]:
    """Levels that are numbers or ranges by size, words by the alphabet."""
    try:
        return [float(part) for part in level.split(":")], ""
    except ValueError:
        return [], level


def _to_sweep_run(trial: FrozenTrial, *, name: str, tested: bool) -> SweepRun:
    (base, level, repeat), record = key_of(trial), to_record(trial)
    run = RunRecord(
        trial=int(base),
        repeat=int(repeat),
        config=record.config,
        result=record.result,
        reports=record.reports,
        provenance=record.provenance,
    )
    return SweepRun(sweep=name, level=str(level), tested=tested, run=run)
