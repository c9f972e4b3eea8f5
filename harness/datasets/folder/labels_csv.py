"""Lists the faces of a `labels.csv`: path, label, and if known subject and split.

It does not know whether the files exist. The table is UTF-8 with commas and a header, in any order and case;
other columns are ignored. Paths are relative to its folder.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from harness.datasets.folder.rows import Row, split_name
from harness.datasets.folder.table import require_columns
from harness.errors import DatasetError


def csv_rows(file: Path, *, required: Collection[str] = ("path", "label")) -> list[Row]:
    """The rows of the file, in its order, each with its line number.

    Args:
        file: The table.
        required: Columns that must be there.

    Raises:
        DatasetError: If the file is no UTF-8 table, lacks a column, or has a line with more cells than the
            header.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return _rows(csv.DictReader(stream, restval=""), file, required=required)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{file}: expected UTF-8 text with commas, got {error}; save it as CSV UTF-8"
        ) from error


def _rows(reader: csv.DictReader[str], file: Path, *, required: Collection[str]) -> list[Row]:
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    require_columns(required, got=reader.fieldnames, source=file)
    return [_row(cells, file=file, line=reader.line_num) for cells in reader]


def _row(cells: Mapping[str | None, str], *, file: Path, line: int) -> Row:
    # DictReader collects the cells beyond the header under the key None: the mark of a comma without quotes.
    if beyond := cells.get(None):
        raise DatasetError(
            f"{file} line {line}: expected {len(cells) - 1} cells as in the header, got {len(beyond)} more "
            f"({', '.join(beyond)}); put a cell that has a comma in quotes"
        )
    path = cells["path"].strip()
    return Row(
        image=file.parent / path,
        label=cells.get("label", "").strip(),
        subject=cells.get("subject", "").strip(),
        split=split_name(cells.get("split", "").strip()),
        where=f"{file.name} line {line} ({path})",
    )
