"""`python -m harness.leaderboard [RESULTS]`: ranks every search under a results folder, or rebuilds all tables from the journals.

It does not know how anything is printed.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from harness.reporting.leaderboard import Leaderboard, leaderboard, write_leaderboard
from harness.reporting.published import read_published


def rebuild(results: Path) -> list[str]:
    """Writes every search's tables again from its journal, then the leaderboard; tells which folders cannot be read.

    Raises:
        ResultsError: If there is no such folder, or the file system refuses.
    """
    from harness.errors import JournalError  # Optuna takes a while to import, and only a rebuild needs it
    from harness.reporting.sweep_tables import write_sweeps
    from harness.reporting.tables import write_search
    from harness.tuning.folder import SearchFolder
    from harness.tuning.read import read_search, read_sweeps

    problems = []
    for journal in sorted(results.glob("*/journal.log")):
        try:
            folder = SearchFolder(journal.parent)
            write_search(read_search(folder), folder.root)
            write_sweeps(read_sweeps(folder), folder.root)
        except JournalError as error:
            problems.append(str(error))
    write_leaderboard(results)
    return problems


def read(results: Path) -> Leaderboard:
    """The ranked rows of a results folder.

    Raises:
        ResultsError: If there is no such folder.
    """
    return leaderboard(results)


def published(results: Path, *, datasets: Collection[str]) -> pd.DataFrame:
    """Published numbers of these datasets; all where none is named.

    Raises:
        ResultsError: If the table is missing.
    """
    return read_published(results, datasets=datasets)


if __name__ == "__main__":
    from harness.cli import leaderboard_alone

    leaderboard_alone()
