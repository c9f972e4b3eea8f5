"""A search whose trials train nothing: specs, news and a formula for the objective. It knows no backend.

The numbers of a trial follow from its config alone, so two studies that suggest the same also hold the same.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.records import (
    EpochReport,
    Provenance,
    SliceReport,
    TrialConfig,
    TrialRecord,
    TrialResult,
    TrialState,
)
from harness.tuning.journal import open_journal
from harness.tuning.source import Assignment, Decision, Step, TrialSource
from harness.tuning.spec import SearchSpec
from harness.tuning.study import Search

PROVENANCE = Provenance(
    dataset="synthetic-posed",
    protocol="holdout",
    method="multi-threshold",
    search="toy",
    objective="val_uar",
    class_names=("anger", "fear"),
    fingerprint="f00d",
    split_hash="5b1e",
    skipped_images=0,
    faces={"train": 6, "validation": 2, "test": 2},
    git_commit="73c1e42",
    git_dirty=False,
    packages={"torch": "2.14"},
    hardware={"cores": "2"},
)

SPACE = {
    "slices": [1, 2, 4, 8],
    "margin_min": {"low": 0.05, "high": 0.5},
    "margin_width": {"low": 0.1, "high": 1.0},
    "ce_weight": [0.0, 0.25, 0.5],
    "learning_rate": {"low": 0.0003, "high": 0.01, "log": True},
}


def make_spec(**sections: Any) -> SearchSpec:
    """A small search; each argument replaces a section of the file, or one of its plain values."""
    values: dict[str, Any] = {
        "name": "toy",
        "dataset": {"name": "synthetic-posed", "images": 140, "size": 24},
        "space": SPACE,
        "sampler": {"name": "tpe", "startup_trials": 4},
        "early_stopping": {"name": "none"},
        "budget": {"trials": 12, "epochs": 3},
        "confirm": {"top": 2, "seeds": 2},
    }
    return SearchSpec.model_validate(values | sections)


def open_search(folder: Path, spec: SearchSpec) -> Search:
    """The search as a new process would open it: nothing but the journal is carried over."""
    folder.mkdir(exist_ok=True)
    return Search(spec, open_journal(folder / "journal.log"), provenance=PROVENANCE)


def objective(config: TrialConfig) -> float:
    """A val_uar that a config deserves: best at a learning rate of 0.003, 8 slices and wide margins."""
    rate = abs(math.log10(config.learning_rate) - math.log10(0.003))
    return 0.5 - 0.2 * rate + 0.05 * math.log2(config.slices) + 0.1 * config.margin_max


def make_report(epoch: int, *, val_uar: float, fold: int = 0) -> EpochReport:
    part = SliceReport(
        margin=0.1, active_share=0.5, distance_ap=0.3, distance_an=0.8, spread=0.6, val_accuracy=val_uar
    )
    return EpochReport(
        fold=fold,
        epoch=epoch,
        loss=1 / epoch,
        metrics={"val_uar": val_uar},
        slices=(part,),
        collapsed=False,
        seconds=0.0,
        train_seconds=0.0,
    )


def make_result(val_uar: float = 0.5, **changes: Any) -> TrialResult:
    return replace(TrialResult(state=TrialState.COMPLETE, metrics={"val_uar": val_uar}), **changes)


def make_trial(number: int, *, val_uar: float = 0.5, **changes: Any) -> TrialRecord:
    trial = TrialRecord(
        number=number,
        config=TrialConfig(seed=number, epochs=3),
        params={},
        result=make_result(val_uar),
        reports=(),
        started=0.0,
        provenance=PROVENANCE,
    )
    return replace(trial, **changes)


def step(epoch: int, *, val_uar: float, fold: int = 0, last: bool = False, **standing: Any) -> Step:
    """News of one epoch; the training is complete if it is the last."""
    state = TrialState.COMPLETE if last else TrialState.RUNNING
    result = make_result(val_uar, **{"state": state, **standing})
    return Step(reports=(make_report(epoch, val_uar=val_uar, fold=fold),), standing=result)


def train(source: TrialSource, assignment: Assignment) -> Decision:
    """Tells a source all epochs of one training, until it says that this is enough."""
    decision = Decision.CONTINUE
    for epoch in range(1, assignment.config.epochs + 1):
        value = objective(assignment.config) * epoch / assignment.config.epochs
        news = step(epoch, val_uar=value, last=epoch == assignment.config.epochs)
        decision = source.report(assignment.number, news).decision
        if decision is not Decision.CONTINUE:
            break
    return decision


def play(source: TrialSource) -> list[Assignment]:
    """Runs a source to its end and gives what it handed out."""
    played = []
    while (assignment := source.next()) is not None:
        played.append(assignment)
        train(source, assignment)
    return played


def content(search: Search) -> list[tuple[Any, ...]]:
    """All that a study holds of its trials, but for times."""
    return [
        (trial.number, trial.config, trial.params, trial.result, trial.reports)
        for trial in search.ledger.records()
    ]


def entries(journal: Path) -> list[bytes]:
    """A journal's lines."""
    return journal.read_bytes().splitlines(keepends=True)
