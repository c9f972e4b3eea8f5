"""Names of face sets, and what a search file may say about one. It loads nothing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.datasets import synthetic
from harness.datasets.source import Options, Source, Value, chosen_options
from harness.datasets.sources import NAMES, source_named
from harness.errors import DatasetError

DRAWN: Mapping[str, synthetic.Kind] = {
    "synthetic-posed": "posed",
    "synthetic-spontaneous": "spontaneous",
}
"""Sets that are drawn by code, and their kinds."""

FOLDER = "folder"
"""Anybody's own faces."""

DATASETS = (*DRAWN, *NAMES, FOLDER)
"""Every name that `DatasetSettings` accepts."""


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """Which faces, and how they are prepared.

    Attributes:
        name: One of `DATASETS`.
        path: Where the faces lie; None looks for a distribution in `default_root`. Drawn sets have none.
        size: Width and height, in pixels.
        color: `gray` or `rgb`; drawn faces are grey, `rgb` repeats them in three channels.
        classes: The classes to keep, in the order of the label ids; None keeps all.
        on_bad_image: `error`, or `skip` to leave faulty faces out and count them; of files alone.
        options: What a distribution's source can be asked for, by name.
        strict: A distribution whose counts differ from the literature is an error.
        undetected: `keep` crops the centre where no face was found, `drop` leaves the picture out.
        images: How many faces are drawn; of the drawn sets alone.
        seed: Of the drawing; of the drawn sets alone.

    Raises:
        DatasetError: If a value is none of the above, or `path` or an option is missing or has no use.
    """

    name: str
    path: Path | None = None
    size: int = 48
    color: str = "gray"
    classes: tuple[str, ...] | None = None
    on_bad_image: str = "error"
    options: Options = field(default_factory=dict)
    strict: bool = True
    undetected: str = "keep"
    images: int = 2800
    seed: int = 0

    @property
    def source(self) -> Source:
        """Of a distribution: the dataset of that name."""
        return source_named(self.name)

    @property
    def root(self) -> Path:
        """Of a distribution: where it is."""
        return self.path or default_root(self.name)

    @property
    def all_options(self) -> dict[str, Value]:
        """Of a distribution: every option of its source, those that are not given by their defaults."""
        return chosen_options(self.source, self.options)

    def __post_init__(self) -> None:
        _require_choice("name", self.name, DATASETS)
        _require_choice("color", self.color, ("gray", "rgb"))
        _require_choice("on_bad_image", self.on_bad_image, ("error", "skip"))
        _require_choice("undetected", self.undetected, ("keep", "drop"))
        for key in ("size", "images"):
            if (value := getattr(self, key)) < 1:
                raise DatasetError(f"dataset.{key}: expected 1 or more, got {value}")
        if self.name == FOLDER and self.path is None:
            raise DatasetError(
                "dataset.path: `folder` expects where the faces lie, got nothing; --set dataset.path=DIR"
            )
        if self.name in DRAWN and self.path is not None:
            raise DatasetError(
                f"dataset.path: {self.name} is drawn and has no path, got {self.path}; "
                "--set dataset.name=folder reads it"
            )
        if self.name in NAMES:
            _ = self.all_options  # raises on one that does not exist
        elif self.options:
            raise DatasetError(
                f"dataset.options: {self.name} has none, got {', '.join(self.options)}; leave them out"
            )


def default_root(name: str) -> Path:
    """Where a distribution is looked for when nobody says where it is: `$HARNESS_DATA/NAME`, by default `data/NAME`."""
    return Path(os.environ.get("HARNESS_DATA", "data")) / name


def _require_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        close = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise DatasetError(f"dataset.{key}: expected one of {', '.join(choices)}, got {value!r}{hint}")
