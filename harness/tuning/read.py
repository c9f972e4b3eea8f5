"""Reads a search folder back as plain records, whether or not a search is running in it. It writes nothing."""

from __future__ import annotations

import json

import optuna
from optuna.storages import JournalStorage

from harness.errors import JournalError
from harness.records import Provenance, SearchRecord
from harness.tuning import confirm, study
from harness.tuning.confirm import run_records
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import read_journal
from harness.tuning.ledger import Ledger


def read_search(folder: SearchFolder) -> SearchRecord:
    """All that a search folder knows.

    Raises:
        JournalError: If a file is missing or damaged.
    """
    for path in (folder.journal, folder.provenance):
        if not path.exists():
            raise JournalError(f"{folder.root} is no search folder: it has no {path.name}")
    provenance = Provenance.from_dict(json.loads(folder.provenance.read_text()))
    storage = read_journal(folder.journal)
    search = _ledger(storage, study.STUDY, objective=provenance.objective)
    confirmation = _ledger(storage, confirm.STUDY, objective=provenance.objective)
    return SearchRecord(
        trials=tuple(search.records()) if search else (),
        runs=tuple(run_records(confirmation)) if confirmation else (),
    )


def _ledger(storage: JournalStorage, name: str, *, objective: str) -> Ledger | None:
    """One of the folder's studies; None before it has begun."""
    names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
    return (
        Ledger(optuna.load_study(study_name=name, storage=storage), objective=objective)
        if name in names
        else None
    )
