"""The journal of a search folder: Optuna's append-only log, opened so that a kill at any moment has harmed nothing.

It does not know what the studies in it mean. Who writes must hold the folder's lock: it lets the journal do without one of
its own, whose leftovers would make the next run wait 30 s after a kill. Who only reads needs no lock.
"""

from __future__ import annotations

import os
from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from harness.errors import JournalError


class _NoLock(JournalFileOpenLock):
    """Takes no lock: the folder is already locked."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return None


def open_journal(path: Path) -> JournalStorage:
    """The storage in this file, to write to; it is made if missing.

    A last line that a kill cut short is moved to a file beside the journal: what it said was never acknowledged to anybody.

    Raises:
        JournalError: If a line within the file cannot be read.
    """
    if path.exists():
        _mend_torn_tail(path)
    return read_journal(path)


def read_journal(path: Path) -> JournalStorage:
    """The storage in this file, to read from; a line that is being written is left out.

    Raises:
        JournalError: If a line within the file cannot be read.
    """
    try:
        return JournalStorage(JournalFileBackend(str(path), lock_obj=_NoLock(str(path))))
    except (ValueError, KeyError, TypeError) as error:
        raise JournalError(
            f"journal {path} is damaged ({error}); restore it from a copy, or move it away to begin anew"
        ) from error


def _mend_torn_tail(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole == len(content):
        return
    path.with_name("journal.torn").write_bytes(content[whole:])
    with path.open("r+b") as file:
        file.truncate(whole)
        os.fsync(file.fileno())
