"""How a suite's table looks. It computes nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.reporting.suite_tables import answer
from harness.reporting.wording import MISSING, percent

_COLUMNS = ("IQM", "difference [95 %]", "g", "P(>)", "p Holm")
_COLOURS = {"better": "green", "worse": "red"}


def question_view(table: pd.DataFrame, *, baseline: str, metric: str) -> RenderableType:
    """The table of each dataset, and what it shows in words."""
    parts: list[RenderableType] = []
    if not table.empty:
        for dataset, rows in table.groupby("dataset"):
            parts += [_of_dataset(str(dataset), rows, baseline=baseline, metric=metric), ""]
    return Group(*parts, Text(answer(table, baseline=baseline)))


def _of_dataset(dataset: str, rows: pd.DataFrame, *, baseline: str, metric: str) -> Table:
    title = Text.assemble((dataset, "bold"), (f"  {metric} of {rows['n'].max()} fresh seeds", "dim"))
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2, 0, 0))
    table.add_column("method", header_style="dim", no_wrap=True)
    for name in (f"{metric} % [95 %]", *_COLUMNS):
        table.add_column(name, header_style="dim", justify="right", no_wrap=name.endswith("[95 %]"))
    table.add_column("shown", header_style="dim", no_wrap=True)
    for row in rows.to_dict("records"):
        table.add_row(*_cells(row, baseline=baseline))
    return table


def _cells(row: Mapping[Hashable, Any], *, baseline: str) -> tuple[str | Text, ...]:
    mean = f"{percent(row['mean'])} {_range(row, '')}"
    first = (str(row["method"]), mean, percent(row["iqm"]))
    if row["method"] == baseline or not isinstance(row.get("shown"), str):
        return (*first, MISSING, MISSING, MISSING, MISSING, Text("baseline", style="dim"))
    shown = row["shown"]
    return (
        *first,
        f"{100 * row['difference']:+.1f} {_range(row, 'difference_')}",
        f"{row['g']:+.2f}",
        f"{row['improvement']:.2f}",
        f"{row['p_holm']:.3f}",
        Text(shown, style=_COLOURS[shown]) if shown in _COLOURS else Text("no", style="dim"),
    )


def _range(row: Mapping[Hashable, Any], prefix: str) -> str:
    low, high = 100 * row[f"{prefix}low"], 100 * row[f"{prefix}high"]
    return f"[{low:.1f}, {high:.1f}]" if low == low else f"[{MISSING}]"
