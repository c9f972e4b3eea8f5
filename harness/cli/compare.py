"""`harness compare A B`: two searches side by side. It computes nothing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import Debug, Results, errors_told, silence_engines


class ComparisonFormat(StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A search of --results, or the path of its folder.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other one; differences are A - B.")],
    results: Results = Path("results"),
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare numbers of different faces or splits, with a warning.")
    ] = False,
    format: Annotated[ComparisonFormat, typer.Option(help="How to print it.")] = ComparisonFormat.TABLE,
    debug: Debug = False,
) -> None:
    """Compare two searches: what differs, and whether the confirmed metric does."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.compare import compare as story

        compared = story(a, b, results=results, anyway=anyway)
        printing.comparison(printing.console(), compared, format=format.value)
