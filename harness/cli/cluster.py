"""`harness cluster`: the files that describe a cluster, and its token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import Debug, errors_told

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="When one machine is not enough: files, token, status."
)


@app.command()
def token(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="Where to write it.")] = Path("ray-token"),
    debug: Debug = False,
) -> None:
    """Make the token that opens a cluster, in a file that you alone can read."""
    with errors_told(debug=debug):
        from harness.clusters.token import make_token

        make_token(path)
        printing.token_made(printing.console(), path)
