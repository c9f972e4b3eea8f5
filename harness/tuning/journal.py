"""The journal of a search folder: Optuna's append-only log, in which what belongs together is written together.

It does not know what the studies in it mean. A trial's suggestion, or an epoch with the pruner's decision and a trial's end,
is several of Optuna's log entries; a kill between two of them would leave a state that no uninterrupted search has. So
entries are gathered in a transaction and appended at once, and each says how many follow it: a transaction of which a kill
has cut off the end counts as never begun. Optuna's own tools read the file, they skip the count.

Who writes must hold the folder; before each append a fence asks whether he still does. Who only reads needs nothing. What
cannot be appended whole is cut off again, and this process then appends no more: its memory is ahead of the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from harness.atomic import whole_file
from harness.errors import HarnessError, JournalError, ResultsError

FOLLOWING = "following"
"""The key under which an entry says how many entries of its transaction follow."""

DAMAGE = (ValueError, KeyError, TypeError, AttributeError, AssertionError)
"""What reading raises where an entry is none of Optuna's."""


def unfenced() -> None:
    """Lets everybody write."""


class JournalFile(BaseJournalBackend):
    """A file of JSON lines, one entry each.

    Args:
        path: The file; it need not exist.
        fence: Raises where this process must not write any more.
    """

    def __init__(self, path: Path, *, fence: Callable[[], None] = unfenced) -> None:
        self.path, self._fence = path, fence
        self._refused: HarnessError | None = None
        self._pending: list[str] | None = None
        self._count = 0
        self._end = 0
        """Entries read so far, and where the next one begins in the file."""

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Every entry from that number on, those of the open transaction included."""
        if log_number_from <= self._count:
            yield from self._read_file(log_number_from)
        for line in (self._pending or [])[max(0, log_number_from - self._count) :]:
            yield json.loads(line)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Appends entries: to the open transaction, else as one of their own."""
        if self._pending is None:
            with self.transaction():
                return self.append_logs(logs)
        self._pending += [json.dumps(log, separators=(",", ":")) for log in logs]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Entries of this block reach the disk together, at its end, or not at all if it raises."""
        if self._pending is not None:
            yield  # a transaction within one is a part of it
            return
        self._pending = []
        try:
            yield
            gathered = self._pending
        finally:
            self._pending = None
        if gathered:
            self._append(gathered)

    def _append(self, lines: list[str]) -> None:
        counted = [
            f'{line[:-1]},"{FOLLOWING}":{len(lines) - index}}}\n' for index, line in enumerate(lines, start=1)
        ]
        content = "".join(counted).encode()
        if self._refused is not None:
            raise self._refused
        try:
            self._fence()
            self._write(content)
        except HarnessError as error:
            self._refused = error
            raise
        self._count += len(lines)
        self._end += len(content)

    def _write(self, content: bytes) -> None:
        """Appends, whole and to the disk, or leaves the file as it was. After a failed fsync nobody knows what is on the disk."""
        try:
            with self.path.open("ab", buffering=0) as file:
                begin = file.tell()
                try:
                    written = 0
                    while written < len(content):
                        written += file.write(content[written:])
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(begin)
                    raise
        except OSError as error:
            reason = error.strerror or error
            raise ResultsError(
                f"cannot write {self.path}: {reason}; mend that, then run this again"
            ) from error

    def _read_file(self, start: int) -> Iterator[dict[str, Any]]:
        """Entries of whole transactions, from a number that was reached before or from the beginning."""
        if not self.path.exists():
            return
        number, end = (self._count, self._end) if start == self._count else (0, 0)
        with self.path.open("rb") as file:
            file.seek(end)
            for entries, size in _transactions(file):
                number, end = number + len(entries), end + size
                if number > self._count:
                    self._count, self._end = number, end
                yield from entries[max(0, len(entries) - (number - start)) :]


class Journal:
    """The storage in a journal file.

    Attributes:
        storage: For Optuna.
        file: For transactions.

    Raises:
        JournalError: If an entry within the file cannot be read.
    """

    def __init__(self, path: Path, *, fence: Callable[[], None] = unfenced) -> None:
        self.file = JournalFile(path, fence=fence)
        try:
            self.storage = JournalStorage(self.file)
        except DAMAGE as error:
            raise _damaged(path, error) from error


def open_journal(path: Path, *, fence: Callable[[], None] = unfenced) -> Journal:
    """A journal to write to; what a kill has cut off is moved to a file beside it.

    Args:
        path: The file; it need not exist.
        fence: Asked before each append; it raises where this process must not write any more.

    Raises:
        JournalError: If an entry within the file cannot be read.
    """
    mend_tail(path, torn=path.with_name("journal.torn"))
    return Journal(path, fence=fence)


def _damaged(path: Path, error: Exception) -> JournalError:
    return JournalError(
        f"journal {path} is damaged: {error}; restore it from a copy, or move it away to begin anew"
    )


def torn_bytes(path: Path) -> int:
    """How many bytes at the end of a journal are no whole transaction: a kill has cut them off.

    Raises:
        JournalError: If an entry within the file cannot be read.
        ResultsError: If the file cannot.
    """
    if not path.exists():
        return 0
    try:
        with path.open("rb") as file:
            return path.stat().st_size - sum(size for _, size in _transactions(file))
    except DAMAGE as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise ResultsError(
            f"cannot read {path}: {error.strerror or error}; mend that, then run this again"
        ) from error


def mend_tail(path: Path, *, torn: Path) -> None:
    """Moves what is no whole transaction to a file of its own: what it said was never acknowledged to anybody.

    Raises:
        JournalError: If an entry within the file cannot be read.
        ResultsError: If the file system refuses.
    """
    if not (surplus := torn_bytes(path)):
        return
    content = path.read_bytes()
    with whole_file(torn) as temporary:
        temporary.write_bytes(content[-surplus:])
    try:
        with path.open("r+b") as file:
            file.truncate(len(content) - surplus)
            os.fsync(file.fileno())
    except OSError as error:
        raise ResultsError(
            f"cannot write {path}: {error.strerror or error}; mend that, then run this again"
        ) from error


def _transactions(file: Any) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """The entries of each whole transaction, and its size in bytes."""
    entries: list[dict[str, Any]] = []
    size = 0
    for line in file:
        if not line.endswith(b"\n"):
            return
        entries.append(_entry(line))
        size += len(line)
        if entries[-1].get(FOLLOWING, 0) == 0:
            yield entries, size
            entries, size = [], 0


def _entry(line: bytes) -> dict[str, Any]:
    """One line as an entry; a ValueError shows the line that is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object in each line, got {line[:60]!r}")
    return entry
