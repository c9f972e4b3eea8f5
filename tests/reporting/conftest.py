"""Records for the reporting tests: small searches with known numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.records import (
    EpochReport,
    Provenance,
    RunRecord,
    SearchRecord,
    SliceReport,
    TrialConfig,
    TrialRecord,
    TrialResult,
    TrialState,
)

PROVENANCE = Provenance(
    dataset="synthetic-posed",
    protocol="subjects",
    method="multi-threshold",
    search="quickstart",
    objective="val_uar",
    class_names=("anger", "fear"),
    fingerprint="f00d",
    split_hash="5b1e",
    skipped_images=0,
    faces={"train": 6, "validation": 2, "test": 2},
    git_commit="73c1e42",
    git_dirty=False,
    packages={"python": "3.11", "torch": "2.14"},
    hardware={"cpu": "2 cores"},
)


def make_report(epoch: int, *, fold: int = 0, val_uar: float = 0.5, slices: int = 2) -> EpochReport:
    parts = tuple(
        SliceReport(
            margin=0.1 * (index + 1),
            active_share=0.5 / epoch,
            distance_ap=0.3,
            distance_an=0.8,
            spread=0.6,
            val_accuracy=val_uar,
        )
        for index in range(slices)
    )
    metrics = {"val_uar": val_uar, "val_accuracy": val_uar, "val_macro_f1": val_uar}
    return EpochReport(
        fold=fold,
        epoch=epoch,
        loss=1 / epoch,
        metrics=metrics,
        slices=parts,
        collapsed=False,
        seconds=1.0,
        train_seconds=0.75,
    )


def make_result(val_uar: float = 0.5, **changes: Any) -> TrialResult:
    result = TrialResult(
        state=TrialState.COMPLETE,
        chosen_epochs=(2,),
        metrics={"val_uar": val_uar, "val_accuracy": val_uar},
        last_metrics={"val_uar": val_uar - 0.1},
        seconds=2.0,
        train_seconds=1.5,
        device="cpu",
        host="here",
    )
    return replace(result, **changes)


def make_trial(number: int, *, val_uar: float = 0.5, slices: int = 2, **changes: Any) -> TrialRecord:
    trial = TrialRecord(
        number=number,
        config=TrialConfig(seed=number, epochs=2, slices=slices),
        params={"slices": slices, "learning_rate": 2e-3},
        result=make_result(val_uar),
        reports=(make_report(1, slices=slices), make_report(2, val_uar=val_uar, slices=slices)),
        started=1_700_000_000.25 + number,
        provenance=PROVENANCE,
    )
    return replace(trial, **changes)


def make_run(trial: int, repeat: int, *, val_uar: float, test_uar: float, slices: int = 2) -> RunRecord:
    metrics = {"val_uar": val_uar, "test_uar": test_uar, "test_accuracy": test_uar, "test_macro_f1": test_uar}
    return RunRecord(
        trial=trial,
        repeat=repeat,
        config=TrialConfig(seed=1000 + repeat, epochs=2, slices=slices),
        result=make_result(metrics=metrics, confusion=((3, 1), (0, 4)), seconds=10.0),
        reports=(make_report(1), make_report(2)),
        provenance=PROVENANCE,
    )


def make_search(*, provenance: Provenance = PROVENANCE, **changes: Any) -> SearchRecord:
    """Four trials; 0 and 1 are confirmed on three seeds, 1 is the better on validation and 0 on test."""
    search = SearchRecord(
        trials=(
            make_trial(0, val_uar=0.8),
            make_trial(1, val_uar=0.7, slices=8),
            make_trial(2, result=make_result(0.4, state=TrialState.PRUNED, reason="early stopping")),
            make_trial(3, result=TrialResult(state=TrialState.FAIL, reason="loss is NaN"), reports=()),
        ),
        runs=(
            *(make_run(0, repeat, val_uar=0.70, test_uar=0.9) for repeat in range(3)),
            *(make_run(1, r, val_uar=0.75, test_uar=0.6 + 0.1 * r, slices=8) for r in range(3)),
        ),
    )
    search = replace(search, **changes)
    return SearchRecord(
        trials=tuple(replace(trial, provenance=provenance) for trial in search.trials),
        runs=tuple(replace(run, provenance=provenance) for run in search.runs),
    )


def make_provenance(**changes: Any) -> Provenance:
    return replace(PROVENANCE, **changes)


@pytest.fixture
def build() -> type:
    """The builders, by name: `build.search(...)`."""
    return Builders


class Builders:
    report: Callable[..., EpochReport] = staticmethod(make_report)
    result: Callable[..., TrialResult] = staticmethod(make_result)
    trial: Callable[..., TrialRecord] = staticmethod(make_trial)
    run: Callable[..., RunRecord] = staticmethod(make_run)
    search: Callable[..., SearchRecord] = staticmethod(make_search)
    provenance: Callable[..., Provenance] = staticmethod(make_provenance)
