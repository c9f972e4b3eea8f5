"""How a sweep's table looks. It computes nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.reporting.sweep_tables import answer, points
from harness.reporting.wording import MISSING, percent

_COLOURS = {"better": "green", "worse": "red"}


def sweep_view(table: pd.DataFrame, *, parameter: str, reference: str, metric: str) -> RenderableType:
    """The levels, and what they show in words."""
    shown = Table(box=None, padding=(0, 2, 0, 0))
    shown.add_column(parameter, header_style="dim", no_wrap=True)
    for name in ("n", f"{metric} % [95 %]", "difference [95 %]", "p Holm", "collapsed", "failed"):
        shown.add_column(name, header_style="dim", justify="right", no_wrap=True)
    shown.add_column("shown", header_style="dim", no_wrap=True)
    for row in table.to_dict("records"):
        shown.add_row(*_cells(row, reference=reference))
    return Group(shown, "", Text(answer(table, parameter=parameter, reference=reference)))


def _cells(row: Mapping[Hashable, Any], *, reference: str) -> tuple[str | Text, ...]:
    interval = f"{percent(row['low'])}, {percent(row['high'])}" if row["low"] == row["low"] else MISSING
    first = (str(row["level"]), str(row["n"]), f"{percent(row['mean'])} [{interval}]")
    counts = str(row["collapsed"]), str(row["failed"])
    if row["level"] == reference:
        return (*first, MISSING, MISSING, *counts, Text("reference", style="dim"))
    if not row["pairs"]:
        return (*first, MISSING, MISSING, *counts, Text(MISSING, style="dim"))
    verdict = row["shown"]
    word = (
        Text(verdict, style=_COLOURS[verdict]) if verdict in _COLOURS else Text("no difference", style="dim")
    )
    difference = points(row).replace(" points", "")
    p_value = f"{row['p_holm']:.3f}" if row["p_holm"] == row["p_holm"] else MISSING
    return (*first, difference, p_value, *counts, word)
