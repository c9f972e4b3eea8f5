"""Turns one search's records into trials, epochs and runs.parquet. It does not know who made the records.

The files are derived from the study's journal and can be made again at any time. Each row carries its
provenance, so a row alone says where it comes from. The columns and their types are in `schemas.py`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from harness.errors import ResultsError
from harness.records import (
    HONEST,
    EpochReport,
    Provenance,
    RunRecord,
    SearchRecord,
    SliceReport,
    TrialConfig,
    TrialRecord,
    TrialResult,
)
from harness.reporting import schemas
from harness.reporting.parquet import write_table
from harness.reporting.recall import recall_by_class

Row = dict[str, Any]


def write_search(record: SearchRecord, folder: Path) -> None:
    """Writes `trials.parquet`, `epochs.parquet` and `runs.parquet` of one search.

    Args:
        record: The search, whole or so far.
        folder: The search's folder under results/; made if missing.

    Raises:
        ResultsError: If a metric has no column, or the file system refuses.
    """
    write_table(trials_table(record), folder / "trials.parquet")
    write_table(epochs_table(record), folder / "epochs.parquet")
    write_table(runs_table(record), folder / "runs.parquet")


def trials_table(record: SearchRecord) -> pa.Table:
    """A row per trial of the search, by number."""
    trials = sorted(record.trials, key=lambda trial: trial.number)
    return pa.Table.from_pylist([_trial_row(trial) for trial in trials], schema=schemas.TRIALS)


def epochs_table(record: SearchRecord) -> pa.Table:
    """A row per epoch: the search by number, then the confirmation by trial and repeat."""
    rows = [
        {**_epoch_row(report, phase="search", number=trial.number, repeat=None), **_origin(trial.provenance)}
        for trial in sorted(record.trials, key=lambda trial: trial.number)
        for report in _in_order(trial.reports)
    ] + [
        {
            **_epoch_row(report, phase="confirmation", number=run.trial, repeat=run.repeat),
            **_origin(run.provenance),
        }
        for run in _runs_in_order(record)
        for report in _in_order(run.reports)
    ]
    return pa.Table.from_pylist(rows, schema=schemas.EPOCHS)


def runs_table(record: SearchRecord) -> pa.Table:
    """A row per confirmation run, by rule (honest ones first), trial and repeat."""
    return pa.Table.from_pylist([_run_row(run) for run in _runs_in_order(record)], schema=schemas.RUNS)


def _origin(provenance: Provenance) -> Row:
    return {name: _plain(value) for name, value in provenance.to_dict().items()}


def _trial_row(trial: TrialRecord) -> Row:
    where = f"trial {trial.number}"
    last = _metrics(trial.result.last_metrics, known=schemas.VAL_METRICS, where=where)
    return {
        "number": trial.number,
        **_config(trial.config),
        **_result(trial.result),
        "searched": sorted(trial.params),
        **_metrics(trial.result.metrics, known=schemas.VAL_METRICS, where=where),
        **{f"last_{name}": value for name, value in last.items()},
        "epochs_reported": len(trial.reports),
        "started": datetime.fromtimestamp(trial.started, tz=UTC),
        **_origin(trial.provenance),
    }


def _run_row(run: RunRecord) -> Row:
    known = schemas.VAL_METRICS + schemas.TEST_METRICS
    return {
        "trial": run.trial,
        "repeat": run.repeat,
        **_config(run.config),
        **_result(run.result),
        "folds": len(run.result.chosen_epochs),
        **_metrics(
            run.result.metrics, known=known, where=f"confirmation of trial {run.trial}, repeat {run.repeat}"
        ),
        **_by_fold(run.result),
        **pooled(run.result),
        "confusion": run.result.confusion,
        "sequence_confusion": run.result.sequence_confusion or None,
        **_origin(run.provenance),
    }


def pooled(result: TrialResult) -> Row:
    """The numbers of all folds' test faces counted together, and of their sequences; folds differ in size, so these differ
    from the mean of the folds.
    """
    if not any(name.startswith("test_") for name in result.metrics):
        return {}
    frames, sequences = _scores(result.confusion), _scores(result.sequence_confusion)
    values = (frames.accuracy, frames.uar, sequences.uar, sequences.accuracy)
    return dict(zip(schemas.POOLED, values, strict=True))


class _Scores(NamedTuple):
    accuracy: float | None
    uar: float | None


def _scores(confusion: tuple[tuple[int, ...], ...]) -> _Scores:
    """Accuracy, and the mean recall of the classes that occur."""
    counts = np.array(confusion, dtype=np.float64)
    if not counts.sum():
        return _Scores(None, None)
    return _Scores(float(counts.trace() / counts.sum()), float(np.nanmean(recall_by_class(counts))))


def _by_fold(result: TrialResult) -> Row:
    """Each number of the test split, fold by fold."""
    return {
        f"fold_{name}": [fold.get(name) for fold in result.fold_metrics]
        for name in schemas.BY_FOLD
        if any(name in fold for fold in result.fold_metrics)
    }


def _epoch_row(report: EpochReport, *, phase: str, number: int, repeat: int | None) -> Row:
    slice_columns = {
        f"slice_{field.name}": [getattr(part, field.name) for part in report.slices]
        for field in dataclasses.fields(SliceReport)
    }
    where = f"{phase}, trial {number}, epoch {report.epoch}"
    return {
        "phase": phase,
        "number": number,
        "repeat": repeat,
        "fold": report.fold,
        "epoch": report.epoch,
        "loss": report.loss,
        **_metrics(report.metrics, known=schemas.VAL_METRICS, where=where),
        "collapsed": report.collapsed,
        **slice_columns,
        "seconds": report.seconds,
        "train_seconds": report.train_seconds,
    }


def _config(config: TrialConfig) -> Row:
    return {column.name: getattr(config, column.name) for column in schemas.CONFIG}


def _result(result: TrialResult) -> Row:
    names = ("reason", "chosen_epochs", "seconds", "train_seconds", "device", "host")
    return {"state": result.state.value, **{name: getattr(result, name) for name in names}}


def _metrics(metrics: Mapping[str, float], *, known: tuple[str, ...], where: str) -> Row:
    # A metric without a column would be lost in silence; a `test_` metric in the search would be worse.
    if unknown := sorted(set(metrics) - set(known)):
        raise ResultsError(
            f"{where}: expected metrics out of {', '.join(known)}, got {', '.join(unknown)}; "
            "add a column in harness/reporting/schemas.py, or do not report it"
        )
    return dict(metrics)


def _in_order(reports: tuple[EpochReport, ...]) -> list[EpochReport]:
    return sorted(reports, key=lambda report: (report.fold, report.epoch))


def _runs_in_order(record: SearchRecord) -> list[RunRecord]:
    return sorted(
        record.runs,
        key=lambda run: (run.config.rule != HONEST, run.config.rule, run.trial, run.repeat),
    )


def _plain(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else value
