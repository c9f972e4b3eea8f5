"""Ways to damage a distribution, each as a function of its root. They know no dataset.

A file that may not be read is a link to nowhere here, because permissions do not hold for every user.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

Damage = Callable[[Path], None]


def found(root: Path, pattern: str) -> Path:
    """The first path that matches."""
    paths = sorted(root.glob(pattern))
    assert paths, f"nothing in {root} matches {pattern}"
    return paths[0]


def without(pattern: str) -> Damage:
    """All files and folders that match are gone."""

    def damage(root: Path) -> None:
        found(root, pattern)
        for path in sorted(root.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def renamed(pattern: str, name: str) -> Damage:
    """The first that matches has another name."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.rename(path.with_name(name))

    return damage


def copied(pattern: str, name: str) -> Damage:
    """The first file that matches lies there under another name, too."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        shutil.copy(path, path.with_name(name))

    return damage


def cut(pattern: str, *, keep: int = 100) -> Damage:
    """The first file that matches ends after a few bytes."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.write_bytes(path.read_bytes()[:keep])

    return damage


def holding(pattern: str, content: str | bytes) -> Damage:
    """The first file that matches holds something else."""

    def damage(root: Path) -> None:
        content_bytes = content.encode() if isinstance(content, str) else content
        found(root, pattern).write_bytes(content_bytes)

    return damage


def line(pattern: str, number: int, change: Callable[[str], str]) -> Damage:
    """A line, counted from 1, or from the end if it is negative, of the first file that matches is another."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        lines = path.read_text().splitlines()
        at = number - 1 if number > 0 else number
        changed = change(lines[at])
        assert changed != lines[at]
        path.write_text("\n".join([*lines[:at], changed, *lines[at + 1 :]]) + "\n")

    return damage


def put(old: str, new: str) -> Callable[[str], str]:
    """A line with its first `old` made `new`."""
    return lambda text: text.replace(old, new, 1)


def end(new: str, *, by: str) -> Callable[[str], str]:
    """A line with its last cell made `new`."""
    return lambda text: text.rpartition(by)[0] + by + new


def twice(pattern: str, number: int = -1) -> Damage:
    """A line of the first file that matches stands there twice."""
    return line(pattern, number, lambda text: f"{text}\n{text}")


def in_utf_16(pattern: str) -> Damage:
    """The first file that matches is saved in another encoding."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.write_text(path.read_text(), encoding="utf-16")

    return damage


def folder_at(pattern: str) -> Damage:
    """A folder lies where the first file that matches was."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.unlink()
        path.mkdir()

    return damage


def nowhere(pattern: str) -> Damage:
    """The first file that matches is a link to a file that is gone."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.unlink()
        path.symlink_to(root / "gone")

    return damage


def zipped(pattern: str) -> Damage:
    """The first folder that matches is still packed."""

    def damage(root: Path) -> None:
        folder = found(root, pattern)
        with zipfile.ZipFile(folder.with_name(f"{folder.name}.zip"), "w") as archive:
            archive.writestr("inside", "")
        shutil.rmtree(folder)

    return damage


def number_in(pattern: str, value: int | list[int]) -> Damage:
    """The first numpy file that matches holds another value."""

    def damage(root: Path) -> None:
        np.save(found(root, pattern), np.array(value))

    return damage


def cut_line(pattern: str) -> Damage:
    """The first file that matches has lost its last line."""

    def damage(root: Path) -> None:
        path = found(root, pattern)
        path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")

    return damage
