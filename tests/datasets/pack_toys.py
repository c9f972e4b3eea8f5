"""Samples for the tests of packs: a few rows of a table, or small pictures in files, of a dataset that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from harness.datasets.pack.prepare import prepare_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.sample import Crop, ImageFile, PixelText, Sample, Whole
from harness.datasets.source import Listing, Source

SOURCE = Source(
    name="toy",
    kind="posed",
    title="Toy",
    page="https://example.org",
    layout=("0.png",),
    list_samples=lambda root, options: Listing(samples=()),
    expected=lambda options: (),
    describe=lambda options: "",
    protocol="kfold",
)


def settings(
    *, size: int = 8, color: str = "gray", undetected: str = "keep", on_bad_image: str = "error"
) -> PackSettings:
    return PackSettings(
        source="toy", options={}, size=size, color=color, undetected=undetected, on_bad_image=on_bad_image
    )


def table_rows(count: int) -> list[Sample]:
    """Rows of a table that need no file; the grey of a face tells its row."""
    return [
        Sample(
            place=PixelText("toy.csv", row, bytes([row % 251]) * 64, width=8, height=8),
            crop=Whole(),
            label=("happiness", "anger")[row % 2],
            code=str(row % 2),
        )
        for row in range(count)
    ]


def pictures(root: Path, count: int, *, crop: Crop | None = None) -> list[Sample]:
    """Small pictures in files, each of its own grey."""
    root.mkdir(exist_ok=True)
    for number in range(count):
        Image.fromarray(np.full((16, 20), 10 * number, dtype=np.uint8)).save(root / f"{number}.png")
    return [
        Sample(place=ImageFile(f"{number}.png"), crop=crop or Whole(), label="fear", code="1")
        for number in range(count)
    ]


def prepared(
    samples: Sequence[Sample], root: Path, chosen: PackSettings | None = None, *, workers: int = 1
) -> Path:
    """The pack; its cache lies beside the root."""
    return prepare_pack(
        Listing(samples=tuple(samples)),
        root,
        chosen or settings(),
        cache=root.parent / "cache",
        progress=lambda done, total: None,
        workers=workers,
    )
