"""Where everything of one search lies on disk, and the lock that keeps two processes apart. It knows no format but text.

results/<search>/
    search.yaml         the resolved search file
    journal.log         the study: the one source of truth
    provenance.json     where the numbers come from
    pretrained.safetensors    the backbone's weights that every trial begins with, where the search makes some
    trials.parquet  epochs.parquet  runs.parquet    derived from the journal
    sweeps/             a table per sweep of the chosen config, derived, too
    tensorboard/  checkpoints/  embeddings/  failures/
    running.json        who works on it right now
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from harness.errors import LockedError, ResultsError
from harness.records import TrialConfig

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
        return self._file("checkpoints", name, ".pt")

    def embedding(self, name: str) -> Path:
        """Validation embedding of a finished training, float16 `[n, D]`."""
        return self._file("embeddings", name, ".npy")

    def write_failure(self, name: str, text: str) -> None:
        """Keeps the traceback of a failed training."""
        path = self._file("failures", name, ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

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
    def locked(self) -> Iterator[None]:
        """Holds the folder for this process. The kernel frees it when the process dies, however it dies.

        Raises:
            LockedError: If another process holds it; the message names that process and its host.
        """
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
            self.owner.write_text(json.dumps({"process": os.getpid(), "host": platform.node()}))
            yield
        finally:
            self.owner.unlink(missing_ok=True)
            lock.release()

    def _owner(self) -> str:
        try:
            owner = json.loads(self.owner.read_text())
            return f"process {owner['process']} on host {owner['host']}"
        except (OSError, ValueError, KeyError):
            return "another process"
