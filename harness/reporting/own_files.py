"""A file of a search folder, if it is one: a results folder from elsewhere may hold links to what is only here. It reads none."""

from __future__ import annotations

from pathlib import Path


def own_file(folder: Path, *parts: str) -> Path | None:
    """The path of a file in a folder, or in a folder of it; None where there is none, or it lies elsewhere.

    Args:
        folder: A search folder, which may itself be a link.
        parts: The way from there to the file.
    """
    path = folder.joinpath(*parts)
    return path if path.is_file() and path.resolve().is_relative_to(folder.resolve()) else None
