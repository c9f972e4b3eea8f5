"""Whether a key or a token is its owner's alone: on this machine, and in what is committed. It reads no secret."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness.clusters.finding import Finding


def private_file(path: Path, *, line: int, what: str, maker: str) -> Iterator[Finding]:
    """What is wrong with a file that nobody else may read.

    Args:
        path: Of the file.
        line: That names it.
        what: It is, in words.
        maker: The command that makes one.
    """
    if not path.exists():
        yield Finding(
            line=line,
            what=f"there is no {what} {path} here yet",
            cure=f"make it with `{maker}`",
            serious=False,
        )
        return
    if path.stat().st_mode & 0o077:
        yield Finding(
            line=line,
            what=f"the {what} {path} can be read by others on this machine",
            cure=f"chmod 600 {path}",
        )
    if _committed(path):
        yield Finding(
            line=line,
            what=f"the {what} {path} is committed, so whoever has the repository has it",
            cure=f"git rm --cached {path}, name it in .gitignore, and make another with `{maker}`",
        )


def _committed(path: Path) -> bool:
    """Whether git follows the file; without git, or outside of a repository, it does not."""
    asked = ["git", "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    try:
        return subprocess.run(asked, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
