"""Faces divided: parts as indices, what the search and the confirmation may see of them, and the checks that nothing leaks.

It does not know how the parts were chosen. `open_test_split` is the one door to test faces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet
from harness.errors import SplitError

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """One training and its validation: sorted, disjoint indices into the faces that they are given with."""

    train: Indices
    validation: Indices


@dataclass(frozen=True, eq=False)
class TrialFaces:
    """What a training may see: the faces of training and validation, and the folds that index them."""

    faces: FaceSet
    folds: tuple[Fold, ...]


@dataclass(frozen=True, eq=False)
class TestFaces:
    """Test faces, and for each fold of the confirmation which of them are its test part."""

    __test__ = False  # pytest collects classes by their names

    faces: FaceSet
    folds: tuple[Indices, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Division:
    """How one set of faces is divided.

    Attributes:
        search_folds: What the search trains; indices into the whole set.
        confirm_folds: What the confirmation trains.
        words: How it was divided, for a protocol's name.
        split_hash: Hash of all indices; equal divisions have equal hashes on every machine.
        counts: Faces per part, `train`, `validation` and `test`, of the first fold of the confirmation.
        fingerprint: Of the faces that were divided.
    """

    search_folds: tuple[Fold, ...]
    confirm_folds: tuple[Fold, ...]
    words: str
    split_hash: str
    counts: Mapping[str, int]
    fingerprint: str
    _tests: tuple[Indices, ...] = field(repr=False)
    _test_faces: FaceSet | None = field(repr=False, default=None)


def make_division(
    faces: FaceSet,
    *,
    search: Sequence[Fold],
    confirm: Sequence[Fold],
    tests: Sequence[Indices],
    words: str,
    every_class: bool,
    torn: bool = False,
) -> Division:
    """A division of these parts, once they are checked.

    Args:
        faces: The whole set.
        search: Folds of the search.
        confirm: Folds of the confirmation.
        tests: Test part of each of them.
        words: How it was divided.
        every_class: Validation and test parts must have every class, too. A prescribed fold of a few people may lack one.
        torn: Subjects may be in two parts: that is what the rule is about.

    Raises:
        SplitError: If something that belongs together is in two parts, or a part lacks a class.
    """
    many = len(confirm) > 1
    for number, (fold, test) in enumerate(zip(confirm, tests, strict=True)):
        place = f" of fold {number}" if many else ""
        parts = {f"train{place}": fold.train, f"validation{place}": fold.validation, f"test{place}": test}
        _check_parts(faces, parts, every_class=every_class, torn=torn)
    for number, fold in enumerate(search):
        parts = {
            f"train of search fold {number}": fold.train,
            f"validation of search fold {number}": fold.validation,
        }
        _check_parts(faces, parts, every_class=every_class, torn=torn)
    return Division(
        search_folds=tuple(search),
        confirm_folds=tuple(confirm),
        words=words,
        split_hash=split_hash(search, confirm, tests),
        counts={
            "train": len(confirm[0].train),
            "validation": len(confirm[0].validation),
            "test": len(tests[0]),
        },
        fingerprint=faces.fingerprint,
        _tests=tuple(tests),
    )


def search_faces(faces: FaceSet, division: Division) -> TrialFaces:
    """What the search may see: no fold holds a face of its own test part.

    Raises:
        SplitError: If the division is of other faces.
    """
    return _seen(faces, division, division.search_folds)


def confirmation_faces(faces: FaceSet, division: Division) -> TrialFaces:
    """What the confirmation trains on and validates with.

    Raises:
        SplitError: If the division is of other faces.
    """
    return _seen(faces, division, division.confirm_folds)


def open_test_split(faces: FaceSet, division: Division) -> TestFaces:
    """The test faces. No other function gives them.

    The confirmation calls it, and a sweep that is told to; a test reads the sources to see that nobody else does.

    Raises:
        SplitError: If the division is of other faces.
    """
    _same_faces(faces, division)
    if division._test_faces is not None:
        return TestFaces(division._test_faces, division._tests)
    opened = _union(division._tests)
    return TestFaces(faces.take(opened), tuple(np.searchsorted(opened, test) for test in division._tests))


def split_hash(search: Sequence[Fold], confirm: Sequence[Fold], tests: Sequence[Indices]) -> str:
    """Hash of the indices as text, so that no byte order and no integer width can change it."""
    parts = [part for fold in [*search, *confirm] for part in (fold.train, fold.validation)]
    text = "\n".join(" ".join(map(str, part.tolist())) for part in [*parts, *tests])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _seen(faces: FaceSet, division: Division, folds: Sequence[Fold]) -> TrialFaces:
    """The faces of these folds alone, and the folds as indices into them."""
    _same_faces(faces, division)
    seen = _union([part for fold in folds for part in (fold.train, fold.validation)])
    return TrialFaces(
        faces.take(seen),
        tuple(
            Fold(np.searchsorted(seen, fold.train), np.searchsorted(seen, fold.validation)) for fold in folds
        ),
    )


def _union(parts: Sequence[Indices]) -> Indices:
    return np.unique(np.concatenate(parts))


def _check_parts(faces: FaceSet, parts: Mapping[str, Indices], *, every_class: bool, torn: bool) -> None:
    for part, indices in parts.items():
        if not len(indices):
            raise SplitError(
                f"{faces.name}: expected faces in {part}, got none; divide otherwise, or mend the fold list"
            )
        if every_class or part.startswith("train"):
            _check_classes(faces, part, indices)
    _check_disjoint(faces, parts)
    if not torn:
        _check_together(faces, parts)


def _check_classes(faces: FaceSet, part: str, indices: Indices) -> None:
    missing = np.bincount(faces.labels[indices], minlength=len(faces.class_names)) == 0
    if not missing.any():
        return
    names = ", ".join(repr(faces.class_names[label]) for label in np.flatnonzero(missing))
    owners = "" if faces.subjects is None else f" of {len(np.unique(faces.subjects))} subjects"
    raise SplitError(
        f"{faces.name}: expected every class in {part} ({len(indices)} of {len(faces)} faces{owners}), "
        f"got none of {names}. Leave the class out with dataset.classes, "
        "add faces of it, or give that part a larger share"
    )


def _check_disjoint(faces: FaceSet, parts: Mapping[str, Indices]) -> None:
    times = np.bincount(np.concatenate(list(parts.values())), minlength=len(faces))
    if (times > 1).any():
        number = int(np.flatnonzero(times > 1)[0])
        raise SplitError(
            f"{faces.name}: expected each face in one of {', '.join(parts)}, got face {number} in two; mend the fold list"
        )


def _check_together(faces: FaceSet, parts: Mapping[str, Indices]) -> None:
    """No subject, no group and no sequence is in two parts."""
    for kind, owners in (
        ("subject", faces.subjects),
        ("group", faces.groups),
        ("sequence", faces.sequences),
    ):
        if owners is not None:
            _check_owners(faces, parts, owners, kind=kind)


def _check_owners(
    faces: FaceSet, parts: Mapping[str, Indices], owners: NDArray[np.str_], *, kind: str
) -> None:
    seen: dict[str, str] = {}
    shared = []
    for part, indices in parts.items():
        names = np.unique(owners[indices]).tolist()
        shared += [f"{name!r} in {seen[name]} and {part}" for name in names if name in seen]
        seen |= dict.fromkeys(names, part)
    if shared:
        raise SplitError(
            f"{faces.name}: expected each {kind} in one part, got {len(shared)} in two: "
            f"{'; '.join(shared[:5])}. Correct the split, or leave it away: "
            f"faces are then divided by {kind}"
        )


def _same_faces(faces: FaceSet, division: Division) -> None:
    if faces.fingerprint != division.fingerprint:
        raise SplitError(
            f"{faces.name}: expected the faces that were divided ({division.fingerprint}), "
            f"got {faces.fingerprint}; divide these faces first"
        )
