"""Pictures without labels: those below a folder, one file, or those that a list names. It opens none of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.datasets.folder.labels_csv import csv_rows
from harness.datasets.folder.tree import IMAGE_SUFFIXES, all_images
from harness.errors import DatasetError


class Picture(NamedTuple):
    """One picture: its path as one would write it, and the file."""

    path: str
    file: Path


def list_pictures(images: Path) -> list[Picture]:
    """The pictures at a path, at least one.

    Args:
        images: A folder, searched through all its folders (paths are then relative to it, sorted); a `.txt` with a path a
            line, or a `.csv` with a column `path` (relative to the list's folder, in its order); or one picture.

    Raises:
        DatasetError: If nothing is there, or a list cannot be read or names no picture.
    """
    if images.is_dir():
        found = [Picture(file.relative_to(images).as_posix(), file) for file in all_images(images)]
        cure = f"name a folder with {', '.join(sorted(IMAGE_SUFFIXES))}"
    elif not images.is_file():
        raise DatasetError(
            f"{images}: expected a folder, a picture or a list of them, got nothing there; correct the path"
        )
    elif images.suffix.lower() == ".csv":
        rows = csv_rows(images, required=("path",))
        found = [
            Picture(_below(images.parent, row.image), row.image)
            for row in rows
            if isinstance(row.image, Path)
        ]
        cure = "list a path in each row"
    elif images.suffix.lower() == ".txt":
        found = [Picture(line, images.parent / line) for line in _lines(images)]
        cure = "list a path in each line"
    else:
        return [Picture(images.name, images)]
    if not found:
        raise DatasetError(f"{images}: expected pictures, got none; {cure}")
    return found


def _below(folder: Path, file: Path) -> str:
    """The file's path from the folder; of a file that is not in it, the whole path."""
    return (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{file}: expected UTF-8 text with a path a line, got {error}; save it as UTF-8"
        ) from error
    return [line.strip() for line in lines if line.strip()]
