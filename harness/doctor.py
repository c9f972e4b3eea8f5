"""`harness doctor RESULTS`: examines every search of a results folder, suites' too, and mends what it can.

It does not know how anything is printed. A search that a driver works on is left alone.
"""

from __future__ import annotations

from pathlib import Path

from harness.errors import LockedError, ResultsError
from harness.reporting.leaderboard import search_folders, write_leaderboard
from harness.reporting.suite_file import is_suite
from harness.tuning.doctor.examine import examine
from harness.tuning.doctor.finding import Examination, Verdict
from harness.tuning.folder import SearchFolder


def doctor(results: Path, *, dry: bool) -> list[Examination]:
    """What was found in each search, and what was done.

    Args:
        results: A results folder.
        dry: Only says what would be done.

    Raises:
        ResultsError: If there is no such folder, or the file system refuses.
    """
    if not results.is_dir():
        raise ResultsError(f"expected a folder of searches, got {results}, which is none; name another")
    suites = [path for path in sorted(results.iterdir()) if path.is_dir() and is_suite(path)]
    found = []
    for place in (results, *suites):
        seen = [_examined(folder, dry=dry) for folder in search_folders(place)]
        if not dry and any(each.verdict is Verdict.MENDED for each in seen):
            write_leaderboard(place)
        found += seen
    return found


def _examined(folder: Path, *, dry: bool) -> Examination:
    seen = Examination(folder=folder, dry=dry)
    search = SearchFolder(folder)
    if dry:
        if search.owner.exists():
            seen.note("running.json names a driver", "it is left alone while it beats", Verdict.IN_USE)
        else:
            examine(seen)
        return seen
    left = search.owner.read_bytes() if search.owner.exists() else None
    try:
        with search.locked():
            if left is not None:
                seen.keep("running.json", left, "a dead driver's lease")
            examine(seen)
    except (LockedError, ResultsError) as error:
        verdict = Verdict.IN_USE if isinstance(error, LockedError) else Verdict.INCURABLE
        seen.note(str(error), "left alone", verdict)
    return seen
