"""What the literature's leaky rules would have claimed for our own configs, beside what was honestly measured.

It reads the leaderboard's rows: each leaky one is of the same search and the same config as the honest one.
"""

from __future__ import annotations

import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.records import HONEST
from harness.reporting.wording import percent

HOW_TO = (
    "no leaky rule was measured here; this measures both for the confirmed configs:\n"
    "  --set 'confirm.leaky=[oracle-best-epoch, leaky-random-images]'"
)


def inflation(board: pd.DataFrame) -> pd.DataFrame:
    """A row per search and leaky rule.

    Args:
        board: The leaderboard's rows.

    Returns:
        `dataset`, `search`, `trial`, `metric`, `rule`, `honest` and `claimed` (shares), and `inflation_points`, their
        difference in percentage points.
    """
    keys = ["dataset", "search", "trial", "metric"]
    honest = board[board["rule"] == HONEST].dropna(subset=["mean"])[[*keys, "mean"]]
    leaky = board[board["rule"] != HONEST][[*keys, "rule", "mean"]]
    both = leaky.merge(honest, on=keys, suffixes=("_claimed", "_honest"))
    both = both.rename(columns={"mean_claimed": "claimed", "mean_honest": "honest"})
    both["inflation_points"] = 100 * (both["claimed"] - both["honest"])
    return both[[*keys, "rule", "honest", "claimed", "inflation_points"]]


def inflation_view(frame: pd.DataFrame) -> RenderableType:
    """The rows as a table; how to get some where there are none."""
    if frame.empty:
        return Text(HOW_TO)
    title = Text.assemble(
        ("inflation", "bold"), ("  the same configs under the literature's leaky rules", "dim")
    )
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2, 0, 0))
    for name in ("dataset", "search", "metric", "rule"):
        table.add_column(name, header_style="dim", overflow="fold")
    for name in ("honest %", "claimed %", "points"):
        table.add_column(name, header_style="dim", justify="right")
    for row in frame.to_dict("records"):
        table.add_row(
            row["dataset"],
            row["search"],
            row["metric"],
            row["rule"],
            percent(row["honest"]),
            percent(row["claimed"]),
            f"{row['inflation_points']:+.1f}",
        )
    return table
