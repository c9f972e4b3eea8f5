"""From a dataset's distribution to faces: listed, checked against the literature, packed once, loaded from the pack.

It knows no dataset by name, and prints nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.datasets.check import CheckReport, check
from harness.datasets.faceset import FaceSet
from harness.datasets.pack.arrow import load_pack
from harness.datasets.pack.prepare import find_pack, prepare_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.source import Listing, Options, Source, chosen_options
from harness.errors import DatasetError

Progress = Callable[[int, int], None]
"""Is told how many faces are prepared, and how many there are."""


def no_progress(done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What is taken of a distribution, and how it is prepared.

    Attributes:
        source: Whose distribution.
        path: Where it lies; None looks in `default_root`.
        options: Of the source; those that are not given take their defaults.
        size: Width and height of the faces, in pixels.
        color: `gray` or `rgb`.
        on_bad_image: `error`, or `skip`.
        undetected: `keep`, or `drop`.
        strict: Whether counts that differ from the literature are an error.
    """

    source: Source
    path: Path | None
    options: Options
    size: int
    color: str
    on_bad_image: str
    undetected: str
    strict: bool

    @property
    def root(self) -> Path:
        """Where the distribution is."""
        return self.path or default_root(self.source.name)


def default_root(name: str) -> Path:
    """Where a distribution is looked for when nobody says where it is: `$HARNESS_DATA/NAME`, by default `data/NAME`."""
    return Path(os.environ.get("HARNESS_DATA", "data")) / name


def list_distribution(preparation: Preparation) -> tuple[Listing, CheckReport]:
    """Lists a distribution, and compares it with what it should hold.

    Raises:
        DatasetError: If there is none, or it is damaged.
    """
    options = chosen_options(preparation.source, preparation.options)
    listing = preparation.source.list_samples(preparation.root, options)
    return listing, check(preparation.source, listing, options)


def pack_distribution(preparation: Preparation, *, cache: Path, progress: Progress) -> Path:
    """The pack of a distribution as it is now: the one that is there if nothing has changed, else a new one.

    Raises:
        DatasetError: If the distribution is damaged, or, where that is asked for, differs from the literature.
    """
    listing, report = list_distribution(preparation)
    if preparation.strict and report.differs:
        raise DatasetError(_told(preparation, report))
    return prepare_pack(
        preparation.source,
        listing,
        preparation.root,
        _settings(preparation),
        cache=cache,
        progress=progress,
        checked=not report.differs,
    )


def load_distribution(preparation: Preparation, *, cache: Path, progress: Progress) -> FaceSet:
    """The faces of a distribution. Where a pack of it is known, the distribution itself is not touched.

    Raises:
        DatasetError: As `pack_distribution`.
    """
    pack = find_pack(_settings(preparation), root=preparation.root, cache=cache, checked=preparation.strict)
    return load_pack(pack or pack_distribution(preparation, cache=cache, progress=progress))


def _settings(preparation: Preparation) -> PackSettings:
    return PackSettings(
        source=preparation.source.name,
        options=chosen_options(preparation.source, preparation.options),
        size=preparation.size,
        color=preparation.color,
        undetected=preparation.undetected,
        on_bad_image=preparation.on_bad_image,
    )


def _told(preparation: Preparation, report: CheckReport) -> str:
    shown = "; ".join(row.words for row in report.differs[:5])
    more = f" and {len(report.differs) - 5} more" if len(report.differs) > 5 else ""
    name, root = preparation.source.name, preparation.root
    return (
        f"{root}: expected the {preparation.source.title} that the literature counts, got {len(report.differs)} counts "
        f"that differ: {shown}{more}. `harness data check {name} --root {root}` shows all; "
        "if this copy is what you mean, --set dataset.strict=false goes on"
    )
