"""How a reproduction looks: a line per run, a line per part of the provenance that differs. It compares nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.reporting.equality import Difference, RunComparison
from harness.reporting.rank import mean_interval
from harness.reporting.wording import MISSING, percent


def runs_view(runs: Sequence[RunComparison], *, metric: str) -> Table:
    """Each run with the leaderboard's metric in all its digits, and which numbers differ."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("run", "seed", f"stored {metric}", "found"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("equal", overflow="fold")
    for run in runs:
        stored, found = (_digits(row.get(metric)) for row in (run.stored, run.found))
        table.add_row(str(run.repeat), str(run.seed), stored, found, _equal(run))
    return table


def means(runs: Sequence[RunComparison], *, metric: str) -> str:
    """The leaderboard's number, stored and found, as `test_uar: stored 81.5 % [77.1, 85.9], found 80.2 %`.

    It says how far apart numbers are that are not equal: the interval is of the fresh seeds.
    """
    stored = mean_interval(_values([run.stored for run in runs], metric))
    found = _values([run.found for run in runs], metric)
    bounds = f"[{percent(stored.low)}, {percent(stored.high)}]"
    return f"{metric}: stored {percent(stored.mean)} % {bounds}, found {percent(mean_interval(found).mean)} %"


def _values(rows: Sequence[Mapping[str, Any]], metric: str) -> list[float]:
    return [row[metric] for row in rows if row.get(metric) is not None]


def _digits(value: object) -> str:
    """A number with as many digits as tell it from every other one."""
    return repr(value) if isinstance(value, float) else MISSING


def _equal(run: RunComparison) -> Text:
    if not run.differing:
        return Text("yes", style="green")
    if run.found["reason"]:
        return Text(f"no: {run.found['reason']}", style="red")
    names = [name for name in run.differing if not name.startswith(("fold_", "pooled_"))] or run.differing
    shown, more = ", ".join(names[:2]), len(run.differing) - len(names[:2])
    return Text(f"no: {shown}{f' and {more} more' if more else ''}", style="red")


def differences_view(differences: Sequence[Difference]) -> Table:
    """Each part as it was stored and as it is now."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("part", "stored", "now"):
        table.add_column(name, overflow="fold")
    for each in differences:
        table.add_row(*(Text(word) for word in each))
    return table
