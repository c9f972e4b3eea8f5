"""Writes a file, or a folder, whole or not at all. It does not know what is in it.

A reader sees the old content or the new one, also when the writer is killed: the new content goes to a
temporary file in the same folder, reaches the disk, and only then takes the name.
"""

from __future__ import annotations

import os
import shutil
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
    temporary = _temporary(path)
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
        raise _refused(path, error) from error


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder to fill with files; it becomes `path` when the block ends well, and is gone when it does not.

    Args:
        path: The folder to make; it may be there and empty. Its parents are made if missing.

    Raises:
        ResultsError: If it is there and not empty, or the file system refuses.
    """
    check_new(path)
    temporary = _temporary(path)
    try:
        temporary.mkdir(parents=True)
        try:
            yield temporary
            for file in [*temporary.rglob("*"), temporary]:
                _sync(file)
            temporary.replace(path)  # fails, and leaves both, if somebody has filled the folder by now
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _sync(path.parent)
    except OSError as error:
        raise _refused(path, error) from error


def check_new(path: Path) -> None:
    """Refuses a path at which something lies that would be lost; an empty folder is nothing.

    Raises:
        ResultsError: If there is a file, or a folder that is not empty.
    """
    try:
        if path.is_symlink() or path.is_file():
            raise ResultsError(f"{path} is there already; remove it, or name another with -o")
        if path.is_dir() and (there := sorted(entry.name for entry in path.iterdir())):
            some = ", ".join(there[:3])
            raise ResultsError(
                f"{path} is there already and holds {some}; remove it, or name another with -o"
            )
    except OSError as error:
        raise _refused(path, error) from error


def _temporary(path: Path) -> Path:
    """A name beside the path. Process and thread keep two writers apart; the leading dot keeps it out of `*.parquet`."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")


def _refused(path: Path, error: OSError) -> ResultsError:
    reason = error.strerror or error
    return ResultsError(f"cannot write {path}: {reason}; mend that, then run the same command again")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
