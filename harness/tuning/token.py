"""The token that opens a Ray cluster: who has the file may run code on every machine of it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from harness.errors import ResultsError

BYTES = 32


def make_token(path: Path) -> None:
    """Writes a fresh token that its owner alone can read.

    Raises:
        ResultsError: If there is a file, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ResultsError(
            f"{path} is there already, and a cluster may be using it; remove it first, or name another file"
        ) from error
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror or error}; name another file") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(BYTES))


def keep_private(path: Path) -> None:
    """Sees that a token that others may have been able to read is its owner's alone, and makes one where there is none.

    Ray makes one by itself, which all users of the machine can read.
    """
    with suppress(OSError, ResultsError):  # a home that cannot be written: Ray says what it makes of that
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            make_token(path)
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
