"""From a dataset's distribution to faces: listed, checked against the literature, packed once, loaded from the pack.

It knows no dataset by name, and prints nothing.
"""

from __future__ import annotations

from pathlib import Path

from harness.datasets.check import CheckReport, check
from harness.datasets.faceset import FaceSet
from harness.datasets.pack.arrow import load_pack
from harness.datasets.pack.prepare import find_pack, prepare_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.pack.shards import Progress
from harness.datasets.settings import DatasetSettings
from harness.datasets.source import Listing
from harness.errors import DatasetError


def no_progress(done: int, total: int) -> None:
    """Tells nobody."""


def list_distribution(settings: DatasetSettings) -> tuple[Listing, CheckReport]:
    """Lists a distribution, and compares it with what it should hold.

    Raises:
        DatasetError: If there is none, or it is damaged.
    """
    listing = settings.source.list_samples(settings.root, settings.all_options)
    return listing, check(settings.source, listing, settings.all_options)


def pack_distribution(settings: DatasetSettings, *, cache: Path, progress: Progress) -> Path:
    """The pack of a distribution as it is now: the one that is there if nothing has changed, else a new one.

    Raises:
        DatasetError: If the distribution is damaged, or, where that is asked for, differs from the literature.
    """
    listing, report = list_distribution(settings)
    if settings.strict and report.differs:
        raise DatasetError(_told(settings, report))
    return prepare_pack(
        listing,
        settings.root,
        _pack_settings(settings),
        cache=cache,
        progress=progress,
        checked=not report.differs,
    )


def load_distribution(settings: DatasetSettings, *, cache: Path, progress: Progress) -> FaceSet:
    """The faces of a distribution. Where a pack of it is known, the distribution itself is not touched.

    Raises:
        DatasetError: As `pack_distribution`.
    """
    pack = find_pack(_pack_settings(settings), root=settings.root, cache=cache, checked=settings.strict)
    return load_pack(pack or pack_distribution(settings, cache=cache, progress=progress))


def _pack_settings(settings: DatasetSettings) -> PackSettings:
    return PackSettings(
        source=settings.source.name,
        options=settings.all_options,
        size=settings.size,
        color=settings.color,
        undetected=settings.undetected,
        on_bad_image=settings.on_bad_image,
    )


def _told(settings: DatasetSettings, report: CheckReport) -> str:
    shown = "; ".join(row.words for row in report.differs[:5])
    more = f" and {len(report.differs) - 5} more" if len(report.differs) > 5 else ""
    name, root = settings.source.name, settings.root
    return (
        f"{root}: expected the {settings.source.title} that the literature counts, got {len(report.differs)} counts "
        f"that differ: {shown}{more}. `harness data check {name} --root {root}` shows all; "
        "if this copy is what you mean, --set dataset.strict=false goes on"
    )
