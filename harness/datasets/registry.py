"""Face sets by name, and what a search file may say about them. It does not know what they are for."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from harness.datasets import synthetic
from harness.datasets.cache import cached
from harness.datasets.classes import chosen_classes, keep_classes
from harness.datasets.distribution import Preparation, Progress, load_distribution, no_progress
from harness.datasets.faceset import FaceSet
from harness.datasets.folder import read_folder
from harness.datasets.source import Options, chosen_options
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
            chosen_options(source_named(self.name), self.options)
        elif self.options:
            raise DatasetError(
                f"dataset.options: {self.name} has none, got {', '.join(self.options)}; leave them out"
            )


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
    source = source_named(settings.name)
    words = source.describe(chosen_options(source, settings.options))
    return words if settings.undetected == "keep" else f"{words}, undetected dropped"


def preparation(settings: DatasetSettings) -> Preparation:
    """What `load_distribution` needs to know of a distribution."""
    return Preparation(
        source=source_named(settings.name),
        path=settings.path,
        options=settings.options,
        size=settings.size,
        color=settings.color,
        on_bad_image=settings.on_bad_image,
        undetected=settings.undetected,
        strict=settings.strict,
    )


def _distributed(settings: DatasetSettings, *, cache: Path | None, progress: Progress) -> FaceSet:
    if cache is None:
        raise DatasetError(
            f"dataset.name: {settings.name} is prepared once and kept; a cache folder is needed"
        )
    return load_distribution(preparation(settings), cache=cache, progress=progress)


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


def _require_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        close = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise DatasetError(f"dataset.{key}: expected one of {', '.join(choices)}, got {value!r}{hint}")
