"""Face sets by name: drawn, distributed, or anybody's own. It does not know what they are for."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.datasets import synthetic
from harness.datasets.cache import cached
from harness.datasets.classes import chosen_classes, keep_classes
from harness.datasets.distribution import load_distribution, no_progress
from harness.datasets.faceset import FaceSet
from harness.datasets.folder import read_folder
from harness.datasets.pack.shards import Progress
from harness.datasets.settings import DRAWN, FOLDER, DatasetSettings
from harness.datasets.sources import NAMES
from harness.errors import DatasetError


def load_faces(settings: DatasetSettings, *, cache: Path | None, progress: Progress = no_progress) -> FaceSet:
    """The faces that the settings describe.

    Args:
        settings: Which faces, and how they are prepared.
        cache: Folder for drawn sets and packs; None draws anew each time. Faces of `folder` are never copied there.
        progress: Told of the preparation of a distribution: faces done, faces in all.

    Returns:
        Faces of C >= 2 classes.

    Raises:
        DatasetError: If the faces cannot be had; see `read_folder` and `load_distribution` for its kinds.
    """
    if settings.name == FOLDER:
        assert settings.path is not None, "checked by the settings"
        return read_folder(
            settings.path,
            size=settings.size,
            color=settings.color,
            classes=settings.classes,
            on_bad_image=settings.on_bad_image,
        )
    faces = (
        _drawn_or_kept(settings, cache=cache)
        if settings.name in DRAWN
        else _distributed(settings, cache=cache, progress=progress)
    )
    return faces if settings.classes is None else _only(faces, settings.classes)


def variant(settings: DatasetSettings) -> str:
    """What of a distribution was taken, in the words of its source; empty for other faces."""
    if settings.name not in NAMES:
        return ""
    words = settings.source.describe(settings.all_options)
    return words if settings.undetected == "keep" else f"{words}, undetected dropped"


def _distributed(settings: DatasetSettings, *, cache: Path | None, progress: Progress) -> FaceSet:
    if cache is None:
        raise DatasetError(
            f"dataset.name: {settings.name} is prepared once and kept; a cache folder is needed"
        )
    return load_distribution(settings, cache=cache, progress=progress)


def _drawn_or_kept(settings: DatasetSettings, *, cache: Path | None) -> FaceSet:
    faces = (
        _drawn(settings) if cache is None else cached(cache / _file_name(settings), lambda: _drawn(settings))
    )
    if settings.color == "rgb":
        faces = replace(faces, images=np.repeat(faces.images[:][:, None], 3, axis=1))
    return faces


def _drawn(settings: DatasetSettings) -> FaceSet:
    kind = DRAWN[settings.name]
    return synthetic.draw_faces(kind, images=settings.images, size=settings.size, seed=settings.seed)


def _file_name(settings: DatasetSettings) -> str:
    """Names all that decides what is drawn: the settings, and the drawing's own source as its version."""
    digest = hashlib.sha256(f"{settings.name} {settings.images} {settings.size} {settings.seed}".encode())
    for module in sorted(Path(synthetic.__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return f"{settings.name}-{digest.hexdigest()[:16]}.npz"


def _only(faces: FaceSet, classes: tuple[str, ...]) -> FaceSet:
    present = {faces.class_names[label] for label in np.unique(faces.labels)}
    return keep_classes(faces, chosen_classes(classes, labels=present, where=faces.name))
