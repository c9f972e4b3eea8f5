"""What a `labels.csv` and a Parquet table of faces have in common: columns that must be there.

It reads no file.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

from harness.errors import DatasetError


def require_columns(wanted: Collection[str], *, got: Collection[str], source: Path) -> None:
    """Checks that a table has the columns that it needs; more are welcome.

    Raises:
        DatasetError: If one is missing, with the nearest that is there.
    """
    for column in wanted:
        if column not in got:
            close = difflib.get_close_matches(column, got, n=1)
            hint = f"; rename {close[0]!r}" if close else f"; add {column!r}"
            columns = ", ".join(got) or "none"
            raise DatasetError(
                f"{source}: expected the columns {', '.join(wanted)}, got {columns} "
                f"(optional: subject, split){hint}"
            )
