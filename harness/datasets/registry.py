"""The face sets by name, and what a search file may say about one.

It does not know how faces are drawn, read or divided.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from harness.datasets import synthetic
from harness.datasets.cache import cached
from harness.datasets.classes import chosen_classes
from harness.datasets.faceset import FaceSet
from harness.datasets.folder import read_folder
from harness.errors import DatasetError


@dataclass(frozen=True)
class KnownDataset:
    """A name that `DatasetSettings` accepts.

    Attributes:
        kind: `posed` and `spontaneous` are drawn; `folder` is read from the user's disk.
        description: One line for a list.
    """

    kind: Literal["posed", "spontaneous", "folder"]
    description: str


KNOWN: Mapping[str, KnownDataset] = {
    "synthetic-posed": KnownDataset(
        "posed", "drawn faces: strong, complete, frontal expressions; no download"
    ),
    "synthetic-spontaneous": KnownDataset(
        "spontaneous",
        "drawn faces: weak, partial expressions, pose, light, occlusion, imbalance; no download",
    ),
    "folder": KnownDataset("folder", "your own faces: a folder per class, a labels.csv, or a Parquet file"),
}


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """Which faces, and how they are prepared.

    Attributes:
        name: One of `KNOWN`.
        path: Where the faces lie; of `folder` alone.
        size: Width and height, in pixels.
        color: `gray` or `rgb`; drawn faces are grey, `rgb` repeats them in three channels.
        classes: The classes to keep, in the order of the label ids; None keeps all.
        on_bad_image: `error`, or `skip` to leave faulty faces out and count them; of `folder` alone.
        images: How many faces are drawn; of the synthetic sets alone.
        seed: Of the drawing; of the synthetic sets alone.

    Raises:
        DatasetError: If a value is none of the above, or `path` is missing or has no use.
    """

    name: str
    path: Path | None = None
    size: int = 48
    color: str = "gray"
    classes: tuple[str, ...] | None = None
    on_bad_image: str = "error"
    images: int = 2800
    seed: int = 0

    def __post_init__(self) -> None:
        _require_choice("name", self.name, tuple(KNOWN))
        _require_choice("color", self.color, ("gray", "rgb"))
        _require_choice("on_bad_image", self.on_bad_image, ("error", "skip"))
        for key in ("size", "images"):
            if (value := getattr(self, key)) < 1:
                raise DatasetError(f"dataset.{key}: expected 1 or more, got {value}")
        if self.name == "folder" and self.path is None:
            raise DatasetError(
                "dataset.path: `folder` expects where the faces lie, got nothing; --set dataset.path=DIR"
            )
        if self.name != "folder" and self.path is not None:
            raise DatasetError(
                f"dataset.path: {self.name} is drawn and has no path, got {self.path}; "
                "--set dataset.name=folder reads it"
            )


def load_faces(settings: DatasetSettings, *, cache: Path | None) -> FaceSet:
    """The faces that the settings describe.

    Args:
        settings: Which faces, and how they are prepared.
        cache: Folder for drawn sets; None draws anew each time. Faces of `folder` are never copied there.

    Returns:
        Faces of C >= 2 classes.

    Raises:
        DatasetError: If the faces cannot be had; see `read_folder` for its kinds.
    """
    if settings.path is not None:
        return read_folder(
            settings.path,
            size=settings.size,
            color=settings.color,
            classes=settings.classes,
            on_bad_image=settings.on_bad_image,
        )
    faces = (
        _drawn(settings) if cache is None else cached(cache / _file_name(settings), lambda: _drawn(settings))
    )
    if settings.color == "rgb":
        faces = replace(faces, images=np.repeat(faces.images[:][:, None], 3, axis=1))
    return faces if settings.classes is None else _only(faces, settings.classes)


def _drawn(settings: DatasetSettings) -> FaceSet:
    kind = KNOWN[settings.name].kind
    if kind == "folder":
        raise DatasetError(f"dataset.name: expected a set that is drawn, got {settings.name}")
    return synthetic.draw_faces(kind, images=settings.images, size=settings.size, seed=settings.seed)


def _file_name(settings: DatasetSettings) -> str:
    """Names all that decides what is drawn: the settings, and the drawing's own source as its version."""
    digest = hashlib.sha256(f"{settings.name} {settings.images} {settings.size} {settings.seed}".encode())
    for module in sorted(Path(synthetic.__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return f"{settings.name}-{digest.hexdigest()[:16]}.npz"


def _only(faces: FaceSet, classes: tuple[str, ...]) -> FaceSet:
    """The faces of these classes, with label ids in their order."""
    present = {faces.class_names[label] for label in np.unique(faces.labels)}
    names = chosen_classes(classes, labels=present, where=faces.name)
    new_ids = np.array(
        [names.index(name) if name in names else -1 for name in faces.class_names], dtype=np.int64
    )
    kept = faces.take(np.flatnonzero(new_ids[faces.labels] >= 0))
    return replace(kept, labels=new_ids[kept.labels], class_names=names)


def _require_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        close = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise DatasetError(f"dataset.{key}: expected one of {', '.join(choices)}, got {value!r}{hint}")
