"""What is wrong with a cluster file, and how to mend it. It checks nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth a look.

    Attributes:
        line: Of the file, from 1.
        what: Is wrong, and what came.
        cure: What to write instead.
        serious: Whether the cluster would not work, or not be safe; else it is a note.
    """

    line: int
    what: str
    cure: str
    serious: bool = True
