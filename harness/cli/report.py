"""`harness report`: a results folder as one page. It decides nothing about what is on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import Debug, Quiet, errors_told, silence_engines


def report(
    results: Annotated[
        Path, typer.Argument(metavar="[RESULTS]", help="A results folder, such as results or results/quick.")
    ] = Path("results"),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="By default RESULTS/report.html.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write everything in a results folder as one HTML page that opens offline."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.report import REPORT_FILE, write_report

        console = printing.console(quiet=quiet)
        with console.status("reads the tables and draws the figures"):
            written = write_report(results, results / REPORT_FILE if output is None else output)
        for problem in written.problems:
            printing.left_out(problem)
        printing.report(console, written)
