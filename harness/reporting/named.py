"""A search by the name that the leaderboard's column `search` gives it. It reads no table.

A name that is none's is told with where the search may lie instead.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from harness.errors import ResultsError
from harness.reporting.leaderboard import search_folders
from harness.reporting.suite_file import is_suite


def find_search(results: Path, name: str) -> Path:
    """The search's folder.

    Args:
        results: A results folder; of a suite, the suite's own.
        name: Of a folder in it.

    Raises:
        ResultsError: If there is no such folder, or no such search in it.
    """
    if not results.is_dir():
        raise ResultsError(
            f"expected a folder of searches, got {results}, which is none; name one with --results"
        )
    known = [folder.name for folder in search_folders(results)]
    if name not in known:
        raise ResultsError(f"{results} holds no search {name!r}{_hint(results, name, known=known)}")
    return results / name


def _hint(results: Path, name: str, *, known: list[str]) -> str:
    suites = [folder for folder in sorted(results.iterdir()) if folder.is_dir() and is_suite(folder)]
    for suite in suites:
        if name == suite.name:
            return f", but a suite; name one of its searches, with --results {suite}"
        if (suite / name).is_dir():
            return f", but a suite does; run this with --results {suite}"
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; it holds {', '.join(known) or 'none'}"
