"""Reads a search folder back as plain records, whether or not a search is running in it. It writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import optuna

from harness.errors import JournalError
from harness.records import Provenance, SearchRecord, SweepRun
from harness.tuning import confirm, study, sweep
from harness.tuning.confirm import run_records
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import DAMAGE, Journal
from harness.tuning.ledger import Ledger


def read_search(folder: SearchFolder) -> SearchRecord:
    """All that a search folder knows.

    Raises:
        JournalError: If a file is missing, damaged, or of another version.
    """
    for path in (folder.journal, folder.provenance):
        if not path.exists():
            raise JournalError(f"{folder.root} is no search folder: it has no {path.name}")
    provenance = read_provenance(folder)
    journal = Journal(folder.journal)
    search = _ledger(journal, study.STUDY, objective=provenance.objective)
    confirmations = [
        _ledger(journal, name, objective=provenance.objective) for name in confirm.STUDIES.values()
    ]
    with _of_this_version(folder):
        return SearchRecord(
            trials=tuple(search.records()) if search else (),
            runs=tuple(run for ledger in confirmations if ledger for run in run_records(ledger)),
        )


@contextmanager
def _of_this_version(folder: SearchFolder) -> Iterator[None]:
    """Tells of records that have other fields than ours."""
    try:
        yield
    except DAMAGE as error:
        raise JournalError(
            f"journal {folder.journal} holds trials of another version: {error}; read it with the code that provenance.json names"
        ) from error


def read_sweeps(folder: SearchFolder) -> tuple[SweepRun, ...]:
    """Every finished run of every sweep of a search folder; none where there is no journal.

    Raises:
        JournalError: If a file is damaged, or of another version.
    """
    if not folder.journal.exists():
        return ()
    journal = Journal(folder.journal)
    objective = read_provenance(folder).objective
    with _of_this_version(folder):
        return tuple(
            run
            for name in _study_names(journal)
            for tested, prefix in sweep.STUDIES.items()
            if name.startswith(prefix) and (ledger := _ledger(journal, name, objective=objective))
            for run in sweep.sweep_runs(ledger, name=name.removeprefix(prefix), tested=tested)
        )


def read_provenance(folder: SearchFolder) -> Provenance:
    """Where a folder's numbers come from.

    Raises:
        JournalError: If the file is damaged.
    """
    try:
        return Provenance.from_dict(json.loads(folder.provenance.read_text()))
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(
            f"{folder.provenance} is damaged: {error}; restore it from a copy, or move the folder away to begin anew"
        ) from error


def _ledger(journal: Journal, name: str, *, objective: str) -> Ledger | None:
    """One of the folder's studies; None before it has begun."""
    if name not in _study_names(journal):
        return None
    return Ledger(optuna.load_study(study_name=name, storage=journal.storage), journal, objective=objective)


def _study_names(journal: Journal) -> list[str]:
    return [summary.study_name for summary in optuna.get_all_study_summaries(journal.storage)]
