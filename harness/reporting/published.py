"""Published numbers, for context beside ours. They were made by other protocols, so they never enter a rank.

The table is `results/published.csv`: a number as its source gives it, where it was read, and why it does not compare.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.errors import ResultsError
from harness.reporting.wording import MISSING

FILE = "published.csv"
IN_THE_REPOSITORY = Path(__file__).parents[2] / "results" / FILE
COLUMNS = ("dataset", "classes", "method", "year", "metric", "value_percent", "caveat", "source")
SHOWN = ("method", "year", "metric", "value_percent", "classes", "caveat")


def read_published(
    results: Path, *, datasets: Collection[str], otherwise: Path = IN_THE_REPOSITORY
) -> pd.DataFrame:
    """The published numbers of these datasets, the highest first.

    Args:
        results: The results folder.
        datasets: Names as search files write them; none for all.
        otherwise: The file that is read where the results folder has none.

    Raises:
        ResultsError: If the file is missing, is no such table, or lacks a column.
    """
    path = next((path for path in (results / FILE, otherwise) if path.is_file()), None)
    if path is None:
        raise ResultsError(
            f"expected published numbers in {results / FILE}, got nothing there; copy the repository's results/{FILE}"
        )
    frame = _read(path)
    if missing := sorted(set(COLUMNS) - set(frame.columns)):
        raise ResultsError(
            f"{path}: expected the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing"
        )
    wanted = frame if not datasets else frame[frame["dataset"].isin(list(datasets))]
    order = ["dataset", "value_percent"]
    return wanted.sort_values(order, ascending=[True, False], kind="stable", ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    types = {name: "float64" if name == "value_percent" else "string" for name in COLUMNS}
    try:
        return pd.read_csv(path, dtype=types)
    except ValueError as error:  # no CSV, no text, or no number
        raise ResultsError(f"{path}: expected a table of published numbers, got one with: {error}") from error


def published_view(frame: pd.DataFrame) -> RenderableType:
    """A dim table per dataset, under a title that says that it does not compare."""
    if frame.empty:
        return Text("no published numbers of these datasets")
    return Group(*(_table(str(dataset), rows) for dataset, rows in frame.groupby("dataset")))


def _table(dataset: str, rows: pd.DataFrame) -> Table:
    title = Text.assemble(
        (dataset, "bold"),
        "  published, not comparable",
        ("\nas their sources give them; protocols differ", "dim"),
    )
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2, 0, 0))
    one_metric = rows["metric"].nunique() == 1
    shown = [name for name in SHOWN if rows[name].notna().any() and not (name == "metric" and one_metric)]
    for name in shown:
        number = name == "value_percent"
        header = name if not number else f"{rows['metric'].iloc[0]} %" if one_metric else "%"
        table.add_column(header, justify="right" if number else "left", overflow="fold")
    for row in rows.to_dict("records"):
        cells = (MISSING if pd.isna(row[name]) else str(row[name]) for name in shown)
        table.add_row(*map(Text, cells), style="dim")
    return table
