"""`harness embed`: pictures through an exported model into a Parquet file. It decides nothing about faces."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import Debug, Quiet, errors_told, silence_engines


class OnBadImage(StrEnum):
    """What happens where a picture cannot be read."""

    ERROR = "error"
    SKIP = "skip"


def embed(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder that `harness export` wrote.")],
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGES", help="A folder (with all folders in it), a picture, or a .txt or .csv list."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PARQUET", help="The table; must be new.")
    ],
    batch_size: Annotated[int, typer.Option(min=1, metavar="N", help="Pictures at a time.")] = 256,
    on_bad_image: Annotated[
        OnBadImage, typer.Option(help="error, or skip what cannot be read.")
    ] = OnBadImage.ERROR,
    device: Annotated[str, typer.Option(metavar="NAME", help="cpu, or cuda.")] = "cpu",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Embed pictures with an exported model: their path, predicted class, distances to the class means, and embedding."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.embed import embed_pictures
        from harness.model import load_model

        loaded = load_model(model, device=device)
        console = printing.console(quiet=quiet)
        with printing.counting(console, "embedding") as progress:
            embedded = embed_pictures(
                loaded,
                images,
                output=output,
                batch_size=batch_size,
                on_bad_image=on_bad_image.value,
                progress=progress,
            )
        printing.embedded(console, embedded, loaded)
