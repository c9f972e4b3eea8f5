"""The lease of a search folder: one driver at a time, also where a lock reaches no further than its host. It knows no search.

Who works in the folder keeps `running.json` there: who he is, a random token, and a count that a thread raises every few
seconds. A lease whose count stands still for the patience, on the clock of who watches, is taken over; clocks of two hosts are
never compared. A driver that was taken for dead finds another token there, and must not write any more: see `Lease.check`.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.atomic import whole_file
from harness.errors import LockedError, ResultsError

BEAT_S = 3.0
"""Seconds between two beats."""
PATIENCE_S = 30.0
"""Seconds without a beat after which a driver on another host counts as dead: ten beats, or an fsync of many seconds."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def unsaid(_: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who holds a folder.

    Attributes:
        token: Random, of one holding.
        host: Its name.
        boot: Which start of that host; empty where the system does not say.
        process: Its number there.
    """

    token: str
    host: str
    boot: str
    process: int

    def __str__(self) -> str:
        return f"process {self.process} on host {self.host}"


class Lease:
    """A lease that this process holds.

    Args:
        path: Its file.
        beat_s: Seconds between two beats.

    Raises:
        ResultsError: If the file system refuses.
    """

    def __init__(self, path: Path, *, beat_s: float = BEAT_S) -> None:
        self.path, self.owner = path, _this_process()
        self._beat_s, self._beats = beat_s, 0
        with whole_file(path, synced=False) as temporary:
            self._file = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o666)
            os.write(self._file, self._content())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Asks whether the lease is still ours; a driver that was paused may have lost it.

        Raises:
            LockedError: If another driver took over.
            ResultsError: If the lease cannot be read.
        """
        try:
            owner = parse_owner(self.path.read_bytes())
        except FileNotFoundError:
            owner = None
        except OSError as error:
            raise ResultsError(
                f"cannot read {self.path}: {error.strerror or error}; mend that, then run this again"
            ) from error
        if owner is None or owner.token != self.owner.token:
            raise LockedError(
                f"{self.path.parent}: another driver took over ({owner or 'its lease is gone'}) while this one, "
                f"{self.owner}, did not beat; nothing more is written here, let that one finish"
            )

    def release(self) -> None:
        """Ends the beat, and takes the file away if it is ours. Where the disk refuses, the next driver waits instead."""
        self._ended.set()
        self._thread.join()
        os.close(self._file)
        with suppress(LockedError, ResultsError, OSError):
            self.check()
            self.path.unlink()

    def _go_on(self) -> None:
        while not self._ended.wait(self._beat_s):
            with suppress(
                OSError
            ):  # a full or slow disk must not end a search: `check` still keeps two apart
                self._beat()

    def _beat(self) -> None:
        """Writes over the same bytes of the same file: it takes no space, and never meets the file of another's lease."""
        self._beats += 1
        os.pwrite(self._file, self._content(), 0)
        os.fsync(self._file)  # other hosts of a network file system see it only then

    def _content(self) -> bytes:
        return json.dumps({**asdict(self.owner), "beat": f"{self._beats:012d}"}).encode()


def parse_owner(content: bytes) -> Owner | None:
    """Who a lease file names; None if it cannot be read."""
    try:
        values = json.loads(content)
        names = ("token", "host", "boot")
        return Owner(process=int(values["process"]), **{name: str(values[name]) for name in names})
    except (ValueError, KeyError, TypeError):
        return None


def await_end(
    path: Path, *, locked: bool, patience_s: float, tell: Callable[[str], None] = unsaid, poll_s: float = 0.5
) -> bool:
    """Returns once the lease of a file is free or its owner counts as dead.

    Args:
        path: The lease's file.
        locked: Whether this process holds the folder's lock. A dead driver of this host has left it, so that its lease is free
            at once. Of another host's the lock says nothing: it may reach no further than a host, or a network that is down
            may have lost it.
        patience_s: Seconds without a beat after which the owner counts as dead.
        tell: Is told, once, that and how long it may take.
        poll_s: Seconds between two looks.

    Returns:
        Whether it had to wait.

    Raises:
        LockedError: If the owner beats.
    """
    before = _read(path)
    if before is None or (locked and _of_this_boot(parse_owner(before))):
        return False
    who = parse_owner(before) or "another process"
    tell(
        f"{path.parent} was left by {who}; if that does not beat within {patience_s:g} s, this takes it over"
    )
    start = time.monotonic()
    while (waited := time.monotonic() - start) < patience_s:
        time.sleep(min(poll_s, patience_s))
        now = _read(path)
        if now is None:
            return True
        if now != before:
            raise LockedError(
                f"{path.parent} is in use by {parse_owner(now) or 'another process'}, which beat less than "
                f"{waited + poll_s:.0f} s ago; wait for it, or end it, and run this again"
            )
    return True


@contextmanager
def leased(
    path: Path,
    *,
    locked: bool,
    patience_s: float = PATIENCE_S,
    tell: Callable[[str], None] = unsaid,
    beat_s: float = BEAT_S,
) -> Iterator[Lease]:
    """Holds a lease for as long as the block lasts.

    Raises:
        LockedError: If another driver holds it, or was quicker to take it over.
        ResultsError: If the file system refuses.
    """
    waited = await_end(path, locked=locked, patience_s=patience_s, tell=tell)
    lease = Lease(path, beat_s=beat_s)
    try:
        if waited:  # two may have waited for the same lease: the later one's file stays
            time.sleep(beat_s)
            lease.check()
        yield lease
    finally:
        lease.release()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultsError(
            f"cannot read {path}: {error.strerror or error}; mend that, then run this again"
        ) from error


def _of_this_boot(owner: Owner | None) -> bool:
    return owner is not None and bool(owner.boot) and (owner.host, owner.boot) == (platform.node(), _boot())


def _this_process() -> Owner:
    return Owner(token=secrets.token_hex(8), host=platform.node(), boot=_boot(), process=os.getpid())


def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
