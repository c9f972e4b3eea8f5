"""`harness compare A B`: two searches side by side, from their folders to what may be said, readable from top to bottom.

It does not know how anything is printed, and opens no journal.
"""

from __future__ import annotations

from pathlib import Path

from harness.reporting.comparison import Comparison, compare_confirmed
from harness.reporting.confirmed import read_confirmed
from harness.reporting.named import find_search


def compare(a: str, b: str, *, results: Path, anyway: bool = False) -> Comparison:
    """Compares two searches.

    Args:
        a: A search of the results folder, by name, or the path of a search folder.
        b: The other one.
        results: Where names are looked for, before they are taken as paths.
        anyway: Compares numbers of different faces or splits, too.

    Raises:
        ResultsError: If one is no search, has confirmed nothing, or they cannot be compared.
    """
    first, second = (find_search(name, results=results) for name in (a, b))
    same_name = first.name == second.name
    return compare_confirmed(
        *(
            read_confirmed(folder, label=str(folder) if same_name else folder.name)
            for folder in (first, second)
        ),
        anyway=anyway,
    )
