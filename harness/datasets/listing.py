"""What the sources have in common: looking into a distribution's folders, and counting what was listed.

It knows no dataset by name and opens no picture. Every message about a root names the dataset, what was expected, and what to
do: `Tree` writes them.
"""

from __future__ import annotations

import csv
import fnmatch
import os
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.datasets.sample import Sample
from harness.datasets.source import Expectation, LeftOut, Listing, Source
from harness.errors import DatasetError

UNIT_KEYS = {"sequences": "sequence", "subjects": "subject"}
NAMED = 5
"""Absent files that a message names."""
CHANGED = "files are missing or were added"
"""The likeliest reason of most differences."""


class Tree:
    """A distribution's folder, walked once.

    Args:
        root: The folder that a user names.
        source: Whose distribution it should be, for messages.

    Raises:
        DatasetError: If the root is no folder that can be read.
    """

    def __init__(self, root: Path, *, source: Source) -> None:
        self.root, self.source = root, source
        if root.is_file():
            kind = "a zip file" if zipfile.is_zipfile(root) else "a file"
            raise DatasetError(
                f"{root}: expected the folder of {source.title}, got {kind}; unpack it, and name the folder"
            )
        if not root.is_dir():
            raise DatasetError(
                f"{root}: expected the folder of {source.title}, got nothing there. {where_to_get(source)}"
            )

    @cached_property
    def _paths(self) -> tuple[list[str], list[str]]:
        """All folders and all files under the root, relative, sorted; names that begin with a dot are left alone."""
        folders: list[str] = []
        files: list[str] = []

        def refuse(error: OSError) -> None:
            raise DatasetError(
                f"{error.filename}: cannot be read: {error.strerror}; give yourself the right to read it"
            ) from error

        for at, below, names in os.walk(self.root, onerror=refuse):
            below[:] = sorted(name for name in below if not name.startswith((".", "__MACOSX")))
            place = Path(at).relative_to(self.root).as_posix()
            prefix = "" if place == "." else f"{place}/"
            folders += [prefix + name for name in below]
            files += [prefix + name for name in names if not name.startswith(".")]
        return sorted(folders), sorted(files)

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = {}
        for file in self._paths[1]:
            grouped.setdefault(file.rpartition("/")[0], []).append(file)
        return grouped

    @cached_property
    def _all_files(self) -> frozenset[str]:
        return frozenset(self._paths[1])

    def folders(self, pattern: str) -> list[str]:
        """The folders whose path matches; `*` stays within a name.

        Raises:
            DatasetError: If there is none.
        """
        found = _matching(self._paths[0], pattern)
        if not found:
            raise self.missing(pattern)
        return found

    def files(self, pattern: str) -> list[str]:
        """The files whose path matches, possibly none; `*` stays within a name. A folder without `*` is looked up directly."""
        folder, _, name = pattern.rpartition("/")
        if any(sign in folder for sign in "*?["):
            return _matching(self._paths[1], pattern)
        return [
            path
            for path in self._by_folder.get(folder, [])
            if fnmatch.fnmatchcase(path.rpartition("/")[2], name)
        ]

    def first(self, *patterns: str) -> str:
        """The first file that matches the first pattern that has one.

        Raises:
            DatasetError: If none has.
        """
        for pattern in patterns:
            if found := self.files(pattern):
                return found[0]
        raise self.missing(patterns[0])

    def text(self, path: str) -> str:
        """A small text file's content.

        Raises:
            DatasetError: If it cannot be read, or is not text.
        """
        try:
            return (self.root / path).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise DatasetError(
                f"{self.root / path}: expected utf-8 text, got byte {byte:#04x} at {error.start}; "
                "fetch it again, or save it as utf-8"
            ) from error
        except OSError as error:
            raise DatasetError(
                f"{self.root / path}: cannot be read: {error.strerror}; give yourself the right to read it, or fetch it again"
            ) from error

    def table(self, path: str, *, delimiter: str = ",") -> list[list[str]]:
        """The rows of a delimited text file, cells stripped, blank lines left out.

        Raises:
            DatasetError: If it cannot be read, or is not text.
        """
        csv.field_size_limit(2**24)  # a face as text is longer than the default limit
        rows = csv.reader(self.text(path).splitlines(), delimiter=delimiter, skipinitialspace=True)
        try:
            return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
        except csv.Error as error:
            raise DatasetError(
                f"{self.root / path}: line {rows.line_num} is no table row: {error}; fetch it again"
            ) from error

    def has(self, path: str) -> bool:
        """Whether this very file is there."""
        return path in self._all_files

    def has_folder(self, path: str) -> bool:
        """Whether this very folder is there, empty or not."""
        return path in self._paths[0]

    def missing(self, what: str) -> DatasetError:
        """The error that something of the layout is not there, with what is."""
        there = ", ".join(sorted(entry.name for entry in self.root.iterdir())[:6]) or "an empty folder"
        zips = sorted(
            path for path in self._paths[1] if path.lower().endswith((".zip", ".7z", ".tar", ".gz", ".rar"))
        )
        cure = (
            f"unpack {zips[0]} there" if zips else "name the folder right above it, or fetch what is missing"
        )
        return DatasetError(f"{self.root}: expected {self.source.title} with {what}, got {there}; {cure}")

    def absent(self, what: str, paths: Sequence[str]) -> DatasetError:
        """The error that files are named and not there: how many, and the first of them."""
        return self.missing(f"{what} (absent: {len(paths):,}, such as {', '.join(paths[:NAMED])})")

    def listing(self, samples: Sequence[Sample], left_out: Iterable[LeftOut] = ()) -> Listing:
        """The listing of these samples, checked for what no distribution may have.

        Raises:
            DatasetError: If there is no sample, or two are the same face.
        """
        if not samples:
            raise DatasetError(
                f"{self.root}: expected faces of {self.source.title}, got none; {where_to_get(self.source)}"
            )
        seen = set()
        for sample in samples:
            if (key := (sample.place, sample.crop)) in seen:
                raise DatasetError(f"{self.root}: {sample.place} is listed twice; keep one of its rows")
            seen.add(key)
        return Listing(samples=tuple(samples), left_out=tuple(part for part in left_out if part.count))


def where_to_get(source: Source) -> str:
    """What to fetch, from whom, and what it should look like."""
    return (
        f"Ask for {source.title} at {source.page}, unpack it, and name its folder with "
        f"--set dataset.path=DIR; it holds {source.layout[0]}"
    )


def codes_in_words(codes: Mapping[Any, str]) -> str:
    """Codes and what they mean, for messages: `1 surprise, 2 fear`."""
    return ", ".join(f"{code} {name}" for code, name in codes.items())


def count_classes(
    counts: Mapping[str, int | tuple[int, ...]],
    *,
    part: str = "",
    unit: str = "faces",
    role: str = "",
    sure: bool = True,
    reason: str = CHANGED,
) -> list[Expectation]:
    """An expectation per class: faces, or distinct sequences or subjects, of a split and a role; several counts where honest
    copies differ.
    """

    def counter(label: str, known: int | tuple[int, ...]) -> Expectation:
        def found(listing: Listing) -> int:
            chosen = [
                sample
                for sample in listing.samples
                if sample.label == label
                if not part or sample.split == part
                if not role or sample.role == role
            ]
            return len(chosen) if unit == "faces" else _distinct(chosen, unit)

        return Expectation(
            what=label if unit == "faces" else f"{label} {unit}",
            part=part,
            counts=known if isinstance(known, tuple) else (known,),
            found=found,
            sure=sure,
            reason=reason,
        )

    return [counter(label, known) for label, known in counts.items()]


def count_faces(*counts: int, part: str = "", sure: bool = True, reason: str = CHANGED) -> Expectation:
    """All faces of a split; several counts where honest copies differ."""

    def found(listing: Listing) -> int:
        return sum(not part or sample.split == part for sample in listing.samples)

    return Expectation(what="faces", part=part, counts=counts, found=found, sure=sure, reason=reason)


def count_sequences(*counts: int, sure: bool = True, reason: str = CHANGED) -> Expectation:
    """Distinct sequences."""
    return _count_distinct("sequences", counts, sure=sure, reason=reason)


def count_subjects(*counts: int, sure: bool = True, reason: str = CHANGED) -> Expectation:
    """Distinct subjects."""
    return _count_distinct("subjects", counts, sure=sure, reason=reason)


def _count_distinct(unit: str, counts: tuple[int, ...], *, sure: bool, reason: str) -> Expectation:
    return Expectation(
        what=unit,
        counts=counts,
        found=lambda listing: _distinct(listing.samples, unit),
        sure=sure,
        reason=reason,
    )


def _distinct(samples: Iterable[Sample], unit: str) -> int:
    return len({getattr(sample, UNIT_KEYS[unit]) for sample in samples})


def _matching(paths: Iterable[str], pattern: str) -> list[str]:
    parts = [fnmatch.translate(part) for part in pattern.split("/")]
    expressions = [re.compile(part) for part in parts]
    return [
        path
        for path in paths
        if path.count("/") == len(parts) - 1
        and all(expression.match(name) for expression, name in zip(expressions, path.split("/"), strict=True))
    ]
