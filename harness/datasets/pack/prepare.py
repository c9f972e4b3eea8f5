"""Makes the pack of a distribution, or finds the one that is there. It does not know how a pack is loaded.

A pack's name is the hash of its settings and of the files that it was made from (path, size and time of change), so another
setting or a changed file makes another pack. A kill at any moment costs the shards at work, no more.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from harness.atomic import whole_file
from harness.datasets.pack.arrow import write_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.pack.shards import (
    BROKEN,
    UNDETECTED,
    Progress,
    parts_of,
    read_faces,
    read_outcome,
    write_shards,
)
from harness.datasets.sample import Sample
from harness.datasets.source import Listing
from harness.errors import ImageError, ResultsError

SHOWN = 5
"""Faulty files that a message names."""


def prepare_pack(
    listing: Listing,
    root: Path,
    settings: PackSettings,
    *,
    cache: Path,
    progress: Progress,
    checked: bool = False,
    workers: int | None = None,
) -> Path:
    """The pack of a listing: the one that is there if neither files nor settings have changed, else a new one.

    Args:
        listing: The samples.
        root: Of the distribution.
        settings: How faces are prepared.
        cache: Packs lie in its folder `packs`.
        progress: Told how many samples are done.
        checked: The listing's counts are those of the literature; `find_pack` remembers it.
        workers: Processes; by default one per core.

    Raises:
        ImageError: If pictures cannot be read and `settings.on_bad_image` is `error`; or if no face is left. What is done is
            kept: once the files are mended, only their part is done again.
        DatasetError: If a process was killed, most likely for want of memory.
        ResultsError: If the file system refuses.
    """
    folder = cache / "packs"
    parts = parts_of(listing.samples, root)
    pack = folder / f"{settings.source}-{_hash(settings.digest, *(part.digest for part in parts))}.arrow"
    # What is left out of a pack changes no picture, so packs that differ in that alone share their shards.
    pictures = replace(settings, undetected="keep", on_bad_image="error")
    shards = folder / f".{settings.source}-{_hash(pictures.digest, str(root.resolve()))}"
    with _writing(folder):
        shards.mkdir(parents=True, exist_ok=True)
        with FileLock(shards.with_suffix(".lock")):
            if not pack.exists():
                paths = write_shards(parts, root, settings, folder=shards, progress=progress, workers=workers)
                _assemble(pack, paths, listing.samples, root=root, settings=settings)
            shutil.rmtree(shards, ignore_errors=True)
            _remember(folder, pack, root=root, settings=settings, checked=checked)
    return pack


def find_pack(settings: PackSettings, *, root: Path, cache: Path, checked: bool) -> Path | None:
    """The last pack that was made of this root under these settings, without a look at the root.

    A search trusts it, so that a prepared distribution can be moved away; `prepare_pack` looks whether files have changed.

    Args:
        settings: How faces are prepared.
        root: Of the distribution; need not exist.
        cache: As `prepare_pack` had it.
        checked: Only a pack whose counts were those of the literature will do.
    """
    entry = _entry(cache / "packs", root=root, settings=settings)
    try:
        known = json.loads(entry.read_text())
        pack = entry.parent / known["pack"]
        fits = known["checked"] or not checked
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pack if fits and pack.exists() else None


def _entry(folder: Path, *, root: Path, settings: PackSettings) -> Path:
    """The file that remembers which pack belongs to a root and settings."""
    digest = hashlib.sha256(f"{root.resolve()}\0{settings.digest}".encode()).hexdigest()[:16]
    return folder / f"{settings.source}-{digest}.json"


def _remember(folder: Path, pack: Path, *, root: Path, settings: PackSettings, checked: bool) -> None:
    known = {"pack": pack.name, "root": str(root.resolve()), "checked": checked, **settings.to_dict()}
    with whole_file(_entry(folder, root=root, settings=settings)) as temporary:
        temporary.write_text(json.dumps(known))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Tells what the file system refuses; reading pictures has its own errors."""
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"cannot write {folder}: {error.strerror or error}; mend that, then run the same command again"
        ) from error


def _hash(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]


def _assemble(
    pack: Path, shards: Sequence[Path], samples: Sequence[Sample], *, root: Path, settings: PackSettings
) -> None:
    outcomes = [read_outcome(path) for path in shards]
    states = np.concatenate([outcome.states for outcome in outcomes])
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    if faults and settings.on_bad_image == "error":
        raise ImageError(_told(faults, root=root))
    kept = _kept(states, settings)
    if not kept.any():
        raise ImageError(
            f"{root}: expected faces, got none: of {len(samples)} pictures {len(faults)} cannot be read "
            "and in the others no face was found; set dataset.undetected=keep"
        )
    digests = np.concatenate([outcome.digests for outcome in outcomes])
    write_pack(
        pack,
        faces=(
            _chosen(read_faces(path), _kept(each.states, settings))
            for path, each in zip(shards, outcomes, strict=True)
        ),
        image_digest=hashlib.sha256(digests[kept].data).hexdigest()[:16],
        samples=[sample for sample, keep in zip(samples, kept, strict=True) if keep],
        detected=states[kept] != UNDETECTED,
        settings=settings,
        faults=faults,
        dropped=int((~kept).sum()) - len(faults),
    )


def _told(faults: Sequence[str], *, root: Path) -> str:
    more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    return (
        f"{root}: expected pictures that can be read, got {len(faults)} that cannot: "
        f"{'; '.join(faults[:SHOWN])}{more}. Fetch them again, or leave them out with "
        "--set dataset.on_bad_image=skip"
    )


def _kept(states: NDArray[np.uint8], settings: PackSettings) -> NDArray[np.bool_]:
    dropped = (BROKEN, UNDETECTED) if settings.undetected == "drop" else (BROKEN,)
    return ~np.isin(states, dropped)


def _chosen(faces: NDArray[np.uint8], kept: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Most shards are kept whole, and then need no copy."""
    return faces if kept.all() else faces[kept]
