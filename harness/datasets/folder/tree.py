"""Lists the faces of an image-folder tree: `root/<label>/...` or `root/<split>/<label>/...`.

It opens no image. Folders below the label are walked too and carry no meaning. Names that begin with a dot
are left alone, as are files that do not end like an image. The order is that of the sorted paths, whatever
the file system gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.datasets.folder.rows import SPLIT_NAMES, Row, split_name
from harness.errors import DatasetError

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)


def tree_rows(root: Path) -> list[Row]:
    """The faces under the root, without subjects; empty where there is no class folder with an image.

    Raises:
        DatasetError: If class folders and split folders lie side by side.
    """
    return [
        Row(image=file, label=folder.name, split=split, where=file.relative_to(root).as_posix())
        for folder, split in _class_folders(root)
        for file in sorted(_images(folder))
    ]


def has_faces(root: Path) -> bool:
    """Whether `tree_rows` would find one; looks no further than the first.

    Raises:
        DatasetError: If class folders and split folders lie side by side.
    """
    return any(_has_images(folder) for folder, _ in _class_folders(root))


def empty_class_folders(root: Path, *, classes: tuple[str, ...] | None) -> list[str]:
    """The class folders without an image, relative to the root; of these classes alone, if any are given.

    Raises:
        DatasetError: If class folders and split folders lie side by side.
    """
    return [
        folder.relative_to(root).as_posix()
        for folder, _ in _class_folders(root)
        if (classes is None or folder.name in classes) and not _has_images(folder)
    ]


def all_images(root: Path) -> list[Path]:
    """Every image below the root, whatever folder it is in, sorted; nothing below a folder whose name begins with a dot."""
    found = sorted(_images(root))
    return [file for file in found if not any(part[0] == "." for part in file.relative_to(root).parts)]


def loose_images(root: Path) -> int:
    """How many images lie in the root itself, where nothing tells their label."""
    return sum(_is_image(file) for file in root.iterdir())


def _class_folders(root: Path) -> list[tuple[Path, str]]:
    """Each class folder with its split, which is empty where the tree has none."""
    folders = _folders(root)
    splits = [folder for folder in folders if folder.name.lower() in SPLIT_NAMES]
    if not splits:
        return [(folder, "") for folder in folders]
    if others := sorted({folder.name for folder in folders} - {split.name for split in splits}):
        raise DatasetError(
            f"{root}: expected class folders or split folders, got split folders "
            f"({', '.join(split.name for split in splits)}) beside others ({', '.join(others)}). "
            "Move the others away, or list the faces in a labels.csv"
        )
    return [(folder, split_name(split.name)) for split in splits for folder in _folders(split)]


def _folders(root: Path) -> list[Path]:
    return sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _has_images(folder: Path) -> bool:
    return next(_images(folder), None) is not None


def _images(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if _is_image(file))


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
