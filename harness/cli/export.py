"""`harness export`: a row of the leaderboard as a model folder. It decides nothing about training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import Debug, Quiet, Results, errors_told, silence_engines


def export(
    search: Annotated[
        str, typer.Argument(metavar="SEARCH", help="A search, as the leaderboard's column `search` names it.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The model folder; must be new or empty.")
    ],
    results: Results = Path("results"),
    repeat: Annotated[
        int | None,
        typer.Option(metavar="K", help="Which fresh seed, from 0; by default the first that ran to its end."),
    ] = None,
    fold: Annotated[int, typer.Option(metavar="K", help="Which fold, from 0.")] = 0,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="What may differ from the stored search file, such as dataset.path=DIR.",
        ),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train a confirmed config's run again, check that it comes out equal, and write it as a model folder."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.export import read_order, train_again, write
        from harness.tuning.yaml_file import parse_set

        console = printing.console(quiet=quiet)
        with printing.counting(console, "preparing the faces") as progress:
            order = read_order(
                results,
                search,
                output=output,
                repeat=repeat,
                fold=fold,
                overrides=[parse_set(text) for text in assignments or []],
                progress=progress,
            )
        printing.order(console, order)
        with printing.counting(console, "epochs") as progress:
            retrained = train_again(order, progress=progress)
        printing.exported(console, order, write(order, retrained))
