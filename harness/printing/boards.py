"""What is said of results: leaderboard, report, comparison, published numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from harness.printing.screen import plain, table_or_text

if TYPE_CHECKING:
    import pandas as pd

    from harness.report import Report
    from harness.reporting.comparison import Comparison


def leaderboard(out: Console, frame: pd.DataFrame, *, format: str, dataset: str | None) -> None:
    """The ranked searches, all of them or those of one dataset."""
    from harness.reporting.leaderboard_view import of_dataset, render

    shown = render(frame if dataset is None else of_dataset(frame, dataset), format=format)
    if isinstance(shown, str):
        plain(shown)
    else:
        out.print(shown)


def inflation(out: Console, frame: pd.DataFrame, *, format: str, dataset: str | None) -> None:
    """What leaky rules would have claimed, of all searches or of those of one dataset."""
    from harness.reporting.inflation import inflation as inflated
    from harness.reporting.inflation import inflation_view
    from harness.reporting.leaderboard_view import of_dataset

    rows = inflated(frame if dataset is None else of_dataset(frame, dataset))
    table_or_text(out, rows, inflation_view(rows), format=format)


def published(out: Console, frame: pd.DataFrame, *, format: str) -> None:
    """Published numbers, apart from ours."""
    from harness.reporting.published import published_view

    table_or_text(out, frame, published_view(frame), format=format)


def comparison(out: Console, compared: Comparison, *, format: str) -> None:
    """Two searches side by side: as tables, as JSON, or as Markdown."""
    from harness.reporting.comparison_view import comparison_markdown, comparison_view
    from harness.reporting.comparison_words import to_document

    if format == "table":
        out.print(comparison_view(compared))
    else:
        plain(to_document(compared) if format == "json" else comparison_markdown(compared))


def report(out: Console, written: Report) -> None:
    """What the page says, and where it is."""
    for line in written.answers.lines:
        out.print(escape(line), soft_wrap=True)
    size = written.path.stat().st_size / 1e6
    out.print(
        f"[bold]{escape(str(written.path))}[/]  {written.searches} searches, {size:.1f} MB", soft_wrap=True
    )
