"""Folds as a CSV that a paper can publish and another machine can read. It knows faces by their row, label and owner.

    fold,part,face,label,owner
    0,train,0,anger,S005

Every face of every fold of the confirmation has a row. Label and owner (subject, else group, else sequence) are there for people,
and so that a list of other faces is refused. The search trains the first `search_folds` of the list.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.atomic import whole_file
from harness.datasets.faceset import FaceSet
from harness.datasets.protocols.division import Division, Fold, Indices, make_division
from harness.datasets.protocols.rotation import confirm_all, require_outer
from harness.datasets.protocols.settings import Protocol
from harness.errors import SplitError

COLUMNS = ("fold", "part", "face", "label", "owner")
PARTS = ("train", "validation", "test")
LONGEST_NUMBER = 18
"""Digits of a fold's or a face's number."""


def export_folds(faces: FaceSet, division: Division, path: Path) -> None:
    """Writes the folds of the confirmation.

    Raises:
        SplitError: If the test part is another dataset: its rows would be read as rows of these faces.
        ResultsError: If the file system refuses.
    """
    if division._test_faces is not None:
        raise SplitError(
            f"{faces.name}: expected a division of one dataset, got one that is tested on {division._test_faces.name}; "
            "leave protocol.test_on out to write the folds of the training set"
        )
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for number, (fold, test) in enumerate(zip(division.confirm_folds, division._tests, strict=True)):
            for part, indices in zip(PARTS, (fold.train, fold.validation, test), strict=True):
                for face in indices.tolist():
                    writer.writerow((number, part, face, *_identity(faces, face)))


def divide_by_list(faces: FaceSet, protocol: Protocol) -> Division:
    """The division that a CSV of `export_folds` describes.

    Raises:
        SplitError: If the file cannot be read, or is of other faces; with the line.
    """
    path = protocol.fold_list
    assert path is not None, "a protocol of this split has one"
    folds = _read(faces, path)
    confirm = [Fold(parts["train"], parts["validation"]) for parts in folds]
    tests = [parts["test"] for parts in folds]
    words = f"{len(folds)} folds of {path.name}"
    if protocol.outer is not None:
        return _nested(faces, confirm, tests, outer=protocol.outer, words=words)
    return confirm_all(faces, protocol, folds=confirm, tests=tests, words=words)


def _nested(faces: FaceSet, confirm: list[Fold], tests: list[Indices], *, outer: int, words: str) -> Division:
    """One fold of the list, in the search and in the confirmation: the search never sees its test part."""
    require_outer(faces, outer, folds=len(confirm))
    chosen = confirm[outer : outer + 1]
    return make_division(
        faces,
        search=chosen,
        confirm=chosen,
        tests=[tests[outer]],
        words=f"{words}, nested in fold {outer}",
        every_class=False,
    )


def _read(faces: FaceSet, path: Path) -> list[Mapping[str, Indices]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SplitError(
            f"{path}: expected a CSV of folds, got {error}; `harness data folds` writes one"
        ) from error
    if not rows or tuple(rows[0]) != COLUMNS:
        got = ",".join(rows[0]) if rows else "an empty file"
        raise SplitError(
            f"{path} line 1: expected {','.join(COLUMNS)}, got {got}; `harness data folds` writes such a list"
        )
    found: dict[int, dict[str, list[int]]] = {}
    lines: dict[tuple[int, int], int] = {}
    for line, row in enumerate(rows[1:], start=2):
        fold, part, face = _cells(faces, row, where=f"{path} line {line}")
        if (earlier := lines.setdefault((fold, face), line)) != line:
            raise SplitError(
                f"{path} line {line}: expected each face once in a fold, got face {face} of fold {fold} "
                f"as in line {earlier}; delete one of the two"
            )
        found.setdefault(fold, {name: [] for name in PARTS})[part].append(face)
    if sorted(found) != list(range(len(found))) or not found:
        raise SplitError(f"{path}: expected folds 0, 1, 2 and so on, got {sorted(found) or 'none'}")
    return [
        {part: np.array(sorted(found[number][part]), dtype=np.int64) for part in PARTS}
        for number in sorted(found)
    ]


def _cells(faces: FaceSet, row: list[str], *, where: str) -> tuple[int, str, int]:
    if len(row) != len(COLUMNS) or row[1] not in PARTS or not (_is_number(row[0]) and _is_number(row[2])):
        raise SplitError(
            f"{where}: expected fold, part ({', '.join(PARTS)}), face, label, owner, got {','.join(row)[:80]!r}"
        )
    face = int(row[2])
    told = _of_owner(row[3], row[4])
    is_there = _of_owner(*_identity(faces, face)) if face < len(faces) else f"one of {len(faces)}"
    if told != is_there:
        raise SplitError(
            f"{where}: expected face {face} to be {told}, got {is_there}: the list is of other faces or of other options"
        )
    return int(row[0]), row[1], face


def _identity(faces: FaceSet, face: int) -> tuple[str, str]:
    """Label and owner of a face; the owner is empty where nothing is known."""
    owners = faces.together
    return faces.class_names[faces.labels[face]], "" if owners is None else str(owners[face])


def _of_owner(label: str, owner: str) -> str:
    return f"{label!r} of {owner!r}" if owner else repr(label)


def _is_number(cell: str) -> bool:
    """Whether a cell is a whole number of a size that faces can have; Python refuses to read thousands of digits."""
    return cell.isdecimal() and len(cell) <= LONGEST_NUMBER
