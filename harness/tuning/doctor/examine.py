"""Examines one search folder that nobody works in, and mends what it can. It does not know how a folder is kept free."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import yaml

from harness.errors import HarnessError, ResultsError
from harness.records import SearchRecord, TrialState
from harness.reporting.parquet import read_table, write_table
from harness.reporting.sweep_tables import write_sweeps
from harness.reporting.tables import epochs_table, runs_table, trials_table
from harness.tuning.doctor.finding import Examination, Verdict
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import mend_tail, torn_bytes
from harness.tuning.read import read_search, read_sweeps

TABLES: dict[str, Callable[[SearchRecord], pa.Table]] = {
    "trials": trials_table,
    "epochs": epochs_table,
    "runs": runs_table,
}
TEMPORARY = re.compile(r"\..+\.\d+-\d+")
"""Names that `harness.atomic` gives to files that are not whole yet."""


def examine(seen: Examination) -> None:
    """All checks, in the order in which one rests on the other; what cannot be read ends them.

    Args:
        seen: Takes the findings.
    """
    folder = SearchFolder(seen.folder)
    try:
        _left_over(seen)
        _search_file(seen, folder)
        if not folder.journal.exists():
            seen.note("no journal.log", "its tables can be read, it cannot go on", Verdict.WELL)
            return
        _tail(seen, folder)
        record = read_search(folder)
        _interrupted(seen, record)
        if not _shortened(seen, record):
            _tables(seen, folder, record)
    except (HarnessError, OSError) as error:
        seen.note(str(error), "nothing was changed about it", Verdict.INCURABLE)


def _left_over(seen: Examination) -> None:
    for path in sorted(seen.folder.iterdir()):
        if TEMPORARY.fullmatch(path.name):
            seen.move(path, f"{path.name} was never finished: its writer was killed")


def _search_file(seen: Examination, folder: SearchFolder) -> None:
    if not folder.spec.exists():
        return
    try:
        yaml.safe_load(folder.spec.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"search.yaml is damaged: {' '.join(str(error).split())}"
        seen.note(what, "restore it from a copy", Verdict.INCURABLE)


def _tail(seen: Examination, folder: SearchFolder) -> None:
    if surplus := torn_bytes(folder.journal):
        target = seen.aside("journal.torn")
        if not seen.dry:
            mend_tail(folder.journal, torn=target)
        what = f"journal.log ends in {surplus} bytes of a transaction that was cut off"
        seen.note(what, f"moved to {target.relative_to(seen.folder)}", Verdict.MENDED)


def _interrupted(seen: Examination, record: SearchRecord) -> None:
    open_ = [str(trial.number) for trial in record.trials if trial.result.state is TrialState.RUNNING]
    if open_:
        seen.note(f"interrupted trials: {', '.join(open_)}", "the search's command goes on", Verdict.WELL)


def _shortened(seen: Examination, record: SearchRecord) -> bool:
    """Whether trials.parquet knows of ended trials that the journal does not."""
    try:
        rows = read_table(seen.folder / "trials.parquet").select(["number", "state"]).to_pylist()
    except ResultsError:
        return False
    ended = {trial.number for trial in record.trials if trial.result.state is not TrialState.RUNNING}
    known = {row["number"] for row in rows if row["state"] != TrialState.RUNNING.value}
    if gone := sorted(known - ended):
        what = f"journal.log was cut: trials {', '.join(map(str, gone))} of trials.parquet are gone from it"
        seen.note(
            what, "restore it from a copy, else they are run again; no table was changed", Verdict.INCURABLE
        )
    return bool(gone)


def _tables(seen: Examination, folder: SearchFolder, record: SearchRecord) -> None:
    for name, make in TABLES.items():
        path, table = seen.folder / f"{name}.parquet", make(record)
        try:
            if _same(read_table(path), table):
                continue
            what = f"{path.name} does not say what the journal says"
        except ResultsError as error:
            what = str(error).partition(";")[0]
        if not seen.dry:
            if path.exists():
                target = seen.aside(path.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
            write_table(table, path)
        seen.note(what, "written again from the journal", Verdict.MENDED)
    if not seen.dry:
        write_sweeps(read_sweeps(folder), folder.root)


def _same(stored: pa.Table, made: pa.Table) -> bool:
    """Whether two tables hold the same; NaN is equal to itself here."""
    return bool(stored.equals(made)) or repr(stored.to_pylist()) == repr(made.to_pylist())
