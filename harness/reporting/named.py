"""A search by the name that the leaderboard's column `search` gives it, by `suite/name`, or by path. It reads no table.

A name that is none's is told with the nearest one that there is.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from harness.errors import ResultsError
from harness.reporting.leaderboard import search_folders
from harness.reporting.suite_file import is_suite


def find_search(name: str, *, results: Path) -> Path:
    """The folder of a search.

    Args:
        name: Of a search in the results folder, `suite/name`, or a path.
        results: Where names are looked for, before they are taken as paths.

    Raises:
        ResultsError: If there is none, with the nearest name that there is.
    """
    folder = next((path for path in (results / name, Path(name)) if path.is_dir()), None)
    if folder is None:
        raise ResultsError(
            f"expected a search of {results} or a folder, got {name!r}; {_hint(name, results)}"
        )
    if is_suite(folder):
        cells = ", ".join(path.name for path in search_folders(folder))
        raise ResultsError(
            f"expected a search, got the suite {folder}; name its searches with --results {folder}: {cells}"
        )
    return folder


def _hint(name: str, results: Path) -> str:
    known = _known(results)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"the nearest one there is {near[0]!r}"
    return f"searches there: {', '.join(known)}" if known else "there is no search there; run one first"


def _known(results: Path) -> list[str]:
    """The searches of a results folder, those of its suites with the suite's name before theirs."""
    if not results.is_dir():
        return []
    suites = [path for path in sorted(results.iterdir()) if is_suite(path)]
    cells = [f"{suite.name}/{path.name}" for suite in suites for path in search_folders(suite)]
    return [*(path.name for path in search_folders(results)), *cells]
