"""Ends a process that hangs, and says where. It works also where Python itself is stuck in a library's code."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO


@contextmanager
def watched(path: Path, *, limit_s: float, fatal: bool) -> Iterator[None]:
    """A block that may take so long; then what every thread does is written down, and the process ended.

    Args:
        path: Where to write it; made only if there is something to say.
        limit_s: Seconds.
        fatal: Whether the process is ended: where it is somebody's only one, it is left to hang.
    """
    file = _opened(path)
    faulthandler.dump_traceback_later(limit_s, exit=fatal, file=file)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        if isinstance(file, TextIOWrapper) and file is not sys.__stderr__:
            file.close()
            with suppress(OSError):
                if not path.stat().st_size:
                    path.unlink()


def _opened(path: Path) -> TextIO:
    """A full or read-only disk is no reason not to watch."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w")
    except OSError:
        assert sys.__stderr__ is not None
        return sys.__stderr__
