"""`harness doctor`: what is wrong with a results folder, and mending it. It decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import UNFINISHED, Debug, errors_told, silence_engines


def doctor(
    results: Annotated[Path, typer.Argument(metavar="[RESULTS]", help="A results folder.")] = Path("results"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Check every search of a results folder and mend it; nothing is deleted, it is moved to SEARCH/aside/."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.doctor import doctor as story
        from harness.tuning.doctor.finding import Verdict

        found = story(results, dry=dry_run)
        printing.examined(printing.console(), found, dry=dry_run)
    if any(each.verdict is Verdict.INCURABLE for each in found):
        raise SystemExit(UNFINISHED)
