"""What a dataset's name says to whoever passes a network on: under which terms its faces are, and how they were cropped.

It gives no legal advice and opens no picture.
"""

from __future__ import annotations

from harness.datasets.settings import DRAWN, FOLDER
from harness.datasets.sources import source_named


def licence(name: str) -> str:
    """Under which terms the faces of a dataset are, and so the weights that were trained on them."""
    if name in DRAWN:
        return "The faces were drawn by this code; no dataset's terms apply."
    if name == FOLDER:
        return (
            "The faces are somebody's own: the terms under which they may be used hold for the weights, too."
        )
    source = source_named(name)
    return (
        f"{source.title} is given under terms of its own, see <{source.page}>. Weights that were trained on it inherit "
        "them: ask there before you pass them on or use them for anything but research."
    )


def cropping(name: str) -> str:
    """How the faces of a dataset came to be square, since new ones must be cropped alike."""
    if name in DRAWN:
        return "drawn as a square"
    if name == FOLDER:
        return "the centre square of each picture, as `harness embed` takes it"
    return (
        f"cropped and aligned as `harness data prepare {name}` does it; `harness embed` takes the centre square of a picture "
        "and aligns nothing, so give it pictures that are cropped alike"
    )
