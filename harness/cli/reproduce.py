"""`harness reproduce`: a stored leaderboard row trained again, equal or not. It decides nothing about trainings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import (
    UNFINISHED,
    BackendName,
    Debug,
    chosen_backend,
    errors_told,
    silence_engines,
    stoppable,
)


def reproduce(
    search: Annotated[
        str, typer.Argument(metavar="SEARCH", help="A search, as the leaderboard's column `search` names it.")
    ],
    results: Annotated[
        Path,
        typer.Option("--results", metavar="DIR", help="The results folder; of a suite, the suite's own."),
    ] = Path("results"),
    rule: Annotated[str, typer.Option(help="Which row: honest, or a leaky rule.")] = "honest",
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Where faces lie here, such as dataset.path=DIR; resources."
        ),
    ] = None,
    backend: Annotated[
        BackendName, typer.Option("--backend", help="ray trains runs side by side on this machine.")
    ] = BackendName.SERIAL,
    debug: Debug = False,
) -> None:
    """Train a leaderboard row again from its stored configs, and say whether every number is equal to the last digit."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness import reproduce as story
        from harness.reporting.progress import Progress
        from harness.tuning.yaml_file import parse_set

        overrides = [parse_set(text) for text in assignments or []]
        stored = story.read_stored(results, search, rule=rule, overrides=overrides)
        console = printing.console()
        printing.stored_search(console, stored)
        with printing.preparing(console, stored.spec.dataset.name) as packing:
            prepared = story.prepare_again(stored, progress=packing)
        progress = Progress(console, objective=stored.spec.protocol.objective)
        with (
            tempfile.TemporaryDirectory(prefix="harness-reproduce-") as folder,
            stoppable(console, told=printing.stopped_anew),
            chosen_backend(backend, prepared, results=Path(folder)) as running,
        ):
            outcome = story.reproduce(stored, prepared, running, scratch=Path(folder), progress=progress)
        printing.reproduction(console, outcome)
    if not outcome.equal:
        raise SystemExit(UNFINISHED)
