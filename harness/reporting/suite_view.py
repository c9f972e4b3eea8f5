"""How the tables of a suite's questions look on a screen. It computes nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.reporting.wording import MISSING, percent

_COLUMNS = ("IQM", "difference [95 %]", "g", "P(>)", "p Holm")
_COLOURS = {"better": "green", "worse": "red"}


def question_view(table: pd.DataFrame, *, baseline: str, metric: str) -> RenderableType:
    """Each method against the baseline, a table per dataset."""
    if table.empty:
        return Text("nothing was confirmed yet", style="dim")
    return Group(
        *(
            _of_dataset(str(name), rows, baseline=baseline, metric=metric)
            for name, rows in table.groupby("dataset")
        )
    )


def ranges_view(table: pd.DataFrame) -> RenderableType:
    """Trials by their margin range, a table per dataset."""
    return Group(*(_ranges_of_dataset(str(name), rows) for name, rows in table.groupby("dataset")))


def _ranges_of_dataset(dataset: str, rows: pd.DataFrame) -> Table:
    title = Text.assemble((dataset, "bold"), ("  trials by their margin range, on validation", "dim"))
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2, 0, 0))
    table.add_column("of the range", header_style="dim", no_wrap=True)
    for name in ("from", "to", "trials", "collapsed", "mean % [95 %]", "difference", "p Holm"):
        table.add_column(name, header_style="dim", justify="right", no_wrap=True)
    table.add_column("shown", header_style="dim", no_wrap=True)
    for row in rows.to_dict("records"):
        table.add_row(*range_cells(row), _shown(row["shown"]))
    return table


def range_cells(row: Mapping[Hashable, Any]) -> list[str]:
    """What one reads of a part of the ranges: aspect, bounds, trials, collapsed, mean, difference, corrected p."""
    return [
        str(row["aspect"]),
        f"{row['from']:.2f}",
        f"{row['to']:.2f}",
        str(row["n"]),
        str(row["collapsed"]),
        f"{percent(row['mean'])} {_range(row, '')}",
        f"{100 * row['difference']:+.1f}",
        f"{row['p_holm']:.3f}",
    ]


def _shown(verdict: str) -> Text:
    return Text(verdict, style=_COLOURS[verdict]) if verdict in _COLOURS else Text("no", style="dim")


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
        _shown(shown),
    )


def _range(row: Mapping[Hashable, Any], prefix: str) -> str:
    low, high = 100 * row[f"{prefix}low"], 100 * row[f"{prefix}high"]
    return f"[{low:.1f}, {high:.1f}]" if low == low else f"[{MISSING}]"
