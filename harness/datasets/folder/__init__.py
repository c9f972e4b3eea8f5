"""Anybody's own faces, from an image-folder tree, a `labels.csv` or a Parquet file.

It does not know how they will be divided.

    root/<label>/*.png                  a class per folder
    root/<split>/<label>/*.png          split is train, val (valid, validation) or test
    root/labels.csv, or the file        path,label[,subject][,split]
    root/*.parquet, or the file         image,label[,subject][,split]

In a folder that has several of them, `labels.csv` wins over the tree, and the tree over the Parquet file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.datasets.classes import chosen_classes
from harness.datasets.faceset import FaceSet
from harness.datasets.folder.decode import decode_images
from harness.datasets.folder.labels_csv import csv_rows
from harness.datasets.folder.parquet import parquet_rows
from harness.datasets.folder.rows import HOW_TO_SKIP, Row, listed, sound_rows
from harness.datasets.folder.tree import empty_class_folders, has_faces, loose_images, tree_rows
from harness.errors import DatasetError, ImageError, LabelError


def read_folder(
    path: Path, *, size: int, color: str, classes: tuple[str, ...] | None, on_bad_image: str
) -> FaceSet:
    """Reads the faces under a path.

    Args:
        path: A folder, a `.csv` or a `.parquet` file.
        size: Width and height of the faces, in pixels.
        color: `gray` or `rgb`.
        classes: The classes to keep, in the order of the label ids; None keeps all, sorted.
        on_bad_image: `error`, or `skip` to leave faulty faces out and count them in `FaceSet.skipped`.

    Returns:
        The faces, in the order of the table or of the sorted paths, named after the folder or the file.

    Raises:
        DatasetError: If there are no faces, or a table is broken.
        ImageError: If images are missing or cannot be read.
        LabelError: If labels are missing, a class folder is empty, or a class of `classes` has no face.
        SplitError: If a split is unknown, or a subject is in two splits.
    """
    rows = _rows(path, classes=classes, on_bad_image=on_bad_image)
    if classes is not None:  # a misspelt class is told at once, not after an hour of decoding
        chosen_classes(classes, labels={row.label for row in rows if row.label}, where=str(path))
    # A row without a label stays: it is a fault for the checks to report, not a class that nobody wants.
    wanted = [row for row in rows if classes is None or row.label in classes or not row.label]
    sound = sound_rows(wanted, where=str(path), on_bad_image=on_bad_image)
    images, readable = _images(sound, path=path, size=size, color=color, on_bad_image=on_bad_image)
    labels = [row.label for row in readable]
    names = chosen_classes(classes, labels=set(labels), where=str(path))
    return FaceSet(
        name=_name(path),
        images=images,
        labels=np.array([names.index(label) for label in labels], dtype=np.int64),
        class_names=names,
        subjects=_known([row.subject for row in readable]),
        splits=_known([row.split for row in readable]),
        skipped=len(wanted) - len(readable),
    )


def _rows(path: Path, *, classes: tuple[str, ...] | None, on_bad_image: str) -> list[Row]:
    """The rows of whatever lies at the path; at least one."""
    source = _source(path)
    if source.is_dir():
        if on_bad_image == "error" and (empty := empty_class_folders(source, classes=classes)):
            raise LabelError(
                f"{path}: expected images in every class folder; empty: {listed(empty)}. {HOW_TO_SKIP}"
            )
        return tree_rows(source)
    rows = csv_rows(source) if source.suffix.lower() == ".csv" else parquet_rows(source)
    if not rows:
        raise DatasetError(f"{source}: expected a row per face, got none; list the faces in it")
    return rows


def _source(path: Path) -> Path:
    """What to read at the path: a table, or the folder itself where it is a tree with images."""
    if path.is_file() and path.suffix.lower() in (".csv", ".parquet"):
        return path
    if not path.is_dir():
        got = "another file" if path.exists() else "nothing there"
        raise DatasetError(
            f"{path}: expected a folder, a .csv or a .parquet file, got {got}; correct dataset.path"
        )
    if (table := path / "labels.csv").is_file():
        return table
    if has_faces(path):
        return path
    tables = sorted(path.glob("*.parquet"))
    if len(tables) == 1:
        return tables[0]
    raise DatasetError(_no_faces(path, tables))


def _no_faces(path: Path, tables: Sequence[Path]) -> str:
    if tables:
        names = listed([table.name for table in tables])
        return f"{path}: expected one Parquet file; {names}. Set dataset.path to the one that is meant"
    return (
        f"{path}: expected labels.csv, class folders of images, or a Parquet file, got no images in folders "
        f"and {loose_images(path)} beside them. Sort the images into a folder per class, or list them in "
        "labels.csv (path,label)"
    )


def _images(
    rows: Sequence[Row], *, path: Path, size: int, color: str, on_bad_image: str
) -> tuple[NDArray[np.uint8], list[Row]]:
    """The images that can be read, and their rows."""
    images, reasons = decode_images([row.image for row in rows], size=size, color=color)
    faults = [f"{row.where}: {reason}" for row, reason in zip(rows, reasons, strict=True) if reason]
    if not faults:
        return images, list(rows)
    if on_bad_image == "error":
        raise ImageError(f"{path}: expected images that can be read; {listed(faults)}. {HOW_TO_SKIP}")
    keep = [index for index, reason in enumerate(reasons) if not reason]
    return images[keep], [rows[index] for index in keep]


def _name(path: Path) -> str:
    whole = path.resolve()
    return whole.parent.name if whole.name == "labels.csv" else whole.stem if whole.is_file() else whole.name


def _known(values: Sequence[str]) -> NDArray[np.str_] | None:
    """The values as an array; None where the source gives none. The checks made sure that it gives all or
    none.
    """
    return np.array(values, dtype=np.str_) if any(values) else None
