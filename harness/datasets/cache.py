"""Keeps drawn faces on disk, one `.npz` a set.

It does not know how they are drawn, nor what the file's name stands for. A file that is torn, or that
something else wrote, is as good as none. So is a disk that cannot be written: the cache only saves time.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet


def cached(file: Path, draw: Callable[[], FaceSet]) -> FaceSet:
    """The faces in the file, or freshly drawn ones, which are then in the file.

    Args:
        file: Its name must stand for all that decides what is drawn. Its folder need not exist.
        draw: Called when the file does not give a whole set.
    """
    faces = _read(file)
    if faces is None:
        faces = draw()
        with contextlib.suppress(OSError):
            _write(file, faces)
    return faces


def _read(file: Path) -> FaceSet | None:
    """The faces in the file; None where it is absent, torn, or its content is not what was written."""
    try:
        # Opened here, not by numpy, which leaves a file open that turns out to be torn.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as parts:
            faces = FaceSet(
                name=str(parts["name"]),
                images=parts["images"],
                labels=parts["labels"],
                class_names=tuple(parts["class_names"].tolist()),
                subjects=parts.get("subjects"),
                splits=parts.get("splits"),
            )
            return faces if faces.fingerprint == str(parts["fingerprint"]) else None
    except Exception:  # bytes that something else wrote can raise anything
        return None


def _write(file: Path, faces: FaceSet) -> None:
    """Writes beside the file, then renames: a reader finds the whole file or none, however many processes
    draw at a time.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    parts: dict[str, NDArray[Any] | None] = {
        "name": np.array(faces.name),
        "images": faces.images[:],
        "labels": faces.labels,
        "class_names": np.array(faces.class_names),
        "fingerprint": np.array(faces.fingerprint),
        "subjects": faces.subjects,
        "splits": faces.splits,
    }
    with tempfile.NamedTemporaryFile(
        dir=file.parent, prefix=file.name, suffix=".part", delete=False
    ) as stream:
        try:
            given = {name: part for name, part in parts.items() if part is not None}
            np.savez(stream, allow_pickle=False, **given)
            stream.close()
            Path(stream.name).replace(file)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise
