"""Where everything of one search lies on disk, and what keeps two processes apart. It knows no format but text.

results/<search>/
    search.yaml         the resolved search file
    journal.log         the study: the one source of truth
    provenance.json     where the numbers come from
    pretrained.safetensors    the backbone's weights that every trial begins with, where the search makes some
    trials.parquet  epochs.parquet  runs.parquet    derived from the journal
    sweeps/             a table per sweep of the chosen config, derived, too
    tensorboard/  checkpoints/  embeddings/  failures/
    running.json        who works on it right now, see lease.py
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from harness.errors import LockedError, ResultsError
from harness.records import TrialConfig
from harness.tuning.lease import PATIENCE_S, Lease, leased, parse_owner, unsaid

PRETRAINED = "pretrained.safetensors"
"""What a config says of its checkpoint where the search made it itself: the file lies in the folder, wherever that is."""


class SearchFolder:
    """The paths of one search folder. Making the object touches no disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spec = root / "search.yaml"
        self.journal = root / "journal.log"
        self.tensorboard = root / "tensorboard"
        self.provenance = root / "provenance.json"
        self.pretrained = root / PRETRAINED
        self.owner = root / "running.json"

    def located(self, config: TrialConfig) -> TrialConfig:
        """A config whose checkpoint can be opened here."""
        if config.backbone_checkpoint != PRETRAINED:
            return config
        return replace(config, backbone_checkpoint=str(self.pretrained))

    def checkpoint(self, name: str) -> Path:
        """Checkpoint of a training."""
        return self._file("checkpoints", name, ".safetensors")

    def embedding(self, name: str) -> Path:
        """Validation embedding of a finished training, float16 `[n, D]`."""
        return self._file("embeddings", name, ".npy")

    def write_failure(self, name: str, text: str) -> None:
        """Keeps the traceback of a failed training, where the disk takes it: its reason stands in the journal, too."""
        path = self._file("failures", name, ".txt")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def hang(self, name: str) -> Path:
        """What every thread did when a training was ended because it hung."""
        return self._file("failures", name, "-hung.txt")

    def _file(self, kind: str, name: str, suffix: str) -> Path:
        """By the last part of a training's name: the folder is of one dataset and one method."""
        return self.root / kind / f"{PurePosixPath(name).name}{suffix}"

    def create(self) -> None:
        """Makes the folder.

        Raises:
            ResultsError: If it cannot be made or written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(
                f"results folder {self.root} cannot be made: {error.strerror}; name another with --results"
            ) from error
        if not os.access(self.root, os.W_OK):
            raise ResultsError(f"results folder {self.root} is not writable; name another with --results")

    @contextmanager
    def locked(
        self, *, patience_s: float = PATIENCE_S, tell: Callable[[str], None] = unsaid
    ) -> Iterator[Lease]:
        """Holds the folder for this process: by a lock, which the kernel frees however the process dies, and by a lease.

        Args:
            patience_s: Seconds without a beat after which a driver on another host counts as dead.
            tell: Is told where that has to be waited for.

        Raises:
            LockedError: If another process holds it; the message names that process and its host.
            ResultsError: If the file system refuses.
        """
        with self._lock(), leased(self.owner, locked=True, patience_s=patience_s, tell=tell) as lease:
            yield lease

    @contextmanager
    def _lock(self) -> Iterator[None]:
        lock = FileLock(self.root / "running.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise LockedError(
                f"{self.root} is in use by {self._owner()}; wait for it, or end it, and run this again"
            ) from error
        except OSError as error:
            raise ResultsError(
                f"{self.root} cannot be locked: {error.strerror or error}; name another folder with --results"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _owner(self) -> str:
        try:
            return str(parse_owner(self.owner.read_bytes()) or "another process")
        except OSError:
            return "another process"
