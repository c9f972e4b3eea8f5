"""Writes a file whole or not at all. It does not know what is in the file.

A reader sees the old content or the new one, also when the writer is killed: the new content goes to a
temporary file in the same folder, reaches the disk, and only then takes the name.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import ResultsError


@contextmanager
def whole_file(path: Path, *, synced: bool = True) -> Iterator[Path]:
    """A temporary path to write to; it becomes `path` when the block ends well, and is gone when it does not.

    Args:
        path: The file to make or to replace; its folder is made if missing.
        synced: Whether it has to outlive a power cut, which takes milliseconds. Where not, whoever reads it must see for himself
            that it is whole.

    Raises:
        ResultsError: If the file system refuses.
    """
    # Process and thread keep two writers of one file apart; the leading dot keeps it out of `*.parquet`.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            if synced:
                _sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        if synced:
            _sync(path.parent)  # without it a power cut may undo the rename
    except OSError as error:
        reason = error.strerror or error
        raise ResultsError(
            f"cannot write {path}: {reason}; mend that, then run the same command again"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
