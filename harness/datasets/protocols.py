"""How faces are divided into training, validation and test, and the one door to the test part.

It does not know who trains. The source's own splits are used where it has them. What it leaves open is
carved: by subject where subjects are known, else by class. Every part has every class, and no subject is in
two parts; else nothing is divided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from harness.datasets.carving import Indices, carve
from harness.datasets.faceset import SPLITS, FaceSet
from harness.errors import SplitError
from harness.seeding import derive_seed


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How faces are divided, where their source leaves it open.

    Attributes:
        validation: Share of all faces, in (0, 1). Where only one of validation and test is carved, it keeps
            its ratio to train.
        test: Share of all faces, in (0, 1); validation and test together stay below 1.
        folds: 1 holds one validation part out. k > 1 makes k folds of all that is not test; the source's own
            boundary between train and validation is then ignored, and `validation` is 1/k of that whatever it
            says.
        seed: Of the carving.

    Raises:
        SplitError: If shares or folds are out of range.
    """

    validation: float = 0.15
    test: float = 0.15
    folds: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.validation, self.test)
        if not all(0 < share < 1 for share in shares) or sum(shares) >= 1:
            got = f"validation={self.validation:g}, test={self.test:g}"
            raise SplitError(f"protocol: expected shares above 0 that leave faces to train on, got {got}")
        if self.folds < 1:
            raise SplitError(f"protocol: expected 1 fold or more, got folds={self.folds}")


@dataclass(frozen=True, eq=False)
class Fold:
    """One training and its validation: sorted, disjoint indices into the faces that they are given with."""

    train: Indices
    validation: Indices


@dataclass(frozen=True, kw_only=True, eq=False)
class Division:
    """How one set of faces is divided.

    Attributes:
        folds: Indices into the whole set.
        split_hash: Hash of all train, validation and test indices; equal divisions have equal hashes on every
            machine.
        counts: Faces per part, `train`, `validation` and `test`; of the first fold where there are several.
        official: The test part is the source's own.
        fingerprint: Of the faces that were divided.
    """

    folds: tuple[Fold, ...]
    split_hash: str
    counts: Mapping[str, int]
    official: bool
    fingerprint: str
    _test: Indices = field(repr=False)


@dataclass(frozen=True, eq=False)
class SearchFaces:
    """What a search may see: a copy of the faces of training and validation, and the folds that index it."""

    faces: FaceSet
    folds: tuple[Fold, ...]


def divide(faces: FaceSet, protocol: Protocol) -> Division:
    """Divides faces by their official splits, by subject, or by class, in that order of preference.

    Args:
        faces: The whole set.
        protocol: Shares, folds and seed of what the source leaves open.

    Returns:
        A division that depends on the order of the faces, their labels, subjects and splits, and the protocol
        alone.

    Raises:
        SplitError: If a subject is in two parts, or a part lacks a class.
    """
    folds, test = _parts(faces, protocol)
    _check(faces, folds=folds, test=test)
    return Division(
        folds=folds,
        split_hash=_hash(folds, test),
        counts={"train": len(folds[0].train), "validation": len(folds[0].validation), "test": len(test)},
        official=len(_official(faces, "test")) > 0,
        fingerprint=faces.fingerprint,
        _test=test,
    )


def search_faces(faces: FaceSet, division: Division) -> SearchFaces:
    """The faces that a search may see, with not one pixel of the test part.

    Raises:
        SplitError: If the division is of other faces.
    """
    _same_faces(faces, division)
    seen = np.union1d(division.folds[0].train, division.folds[0].validation)
    folds = tuple(
        Fold(np.searchsorted(seen, fold.train), np.searchsorted(seen, fold.validation))
        for fold in division.folds
    )
    return SearchFaces(faces.take(seen), folds)


def open_test_split(faces: FaceSet, division: Division) -> FaceSet:
    """The test faces. No other function gives them.

    The confirmation alone calls it; a test reads the sources to see that nobody else does.

    Raises:
        SplitError: If the division is of other faces.
    """
    _same_faces(faces, division)
    return faces.take(division._test)


def protocol_name(protocol: Protocol, *, official: bool, by_subject: bool, classifier: str) -> str:
    """A short name with all that makes two rows of a leaderboard incomparable.

    Args:
        protocol: How the faces were divided.
        official: `Division.official`.
        by_subject: Subjects are known, so that carving kept each in one part.
        classifier: What classifies the embedding.

    Returns:
        Such as `official split, nearest-mean` or `holdout 70/15/15 by subject seed 0, nearest-mean`.
    """
    how = f"{'by subject' if by_subject else 'by class'} seed {protocol.seed}"
    validation, test = _percent(protocol.validation), _percent(protocol.test)
    if official:
        division = "official split" if protocol.folds == 1 else f"official test, {protocol.folds} folds {how}"
    elif protocol.folds == 1:
        train = _percent(1 - protocol.validation - protocol.test)
        division = f"holdout {train}/{validation}/{test} {how}"
    else:
        division = f"test {test} %, {protocol.folds} folds {how}"
    return f"{division}, {classifier}"


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g}"


def _official(faces: FaceSet, part: str) -> Indices:
    """The faces of an official split; all are `train` where the source has none."""
    splits = np.full(len(faces), "train") if faces.splits is None else faces.splits
    return np.flatnonzero(splits == part)


def _parts(faces: FaceSet, protocol: Protocol) -> tuple[tuple[Fold, ...], Indices]:
    """The folds and the test part, unchecked."""
    generator = np.random.default_rng(derive_seed(protocol.seed, "division"))
    train, validation, test = (_official(faces, part) for part in SPLITS)
    if protocol.folds > 1:
        train, validation = np.union1d(train, validation), validation[:0]
    if not len(test):
        # Beside a validation part of the source's own, the test part is a share of what is not validation.
        share = protocol.test / (1 - protocol.validation if len(validation) else 1)
        still_to_cut = 1 if len(validation) else max(2, protocol.folds)
        test, train = carve(train, share, faces=faces, keep=still_to_cut, generator=generator)
    if protocol.folds > 1:
        return _folds(train, protocol.folds, faces=faces, generator=generator), test
    if not len(validation):
        share = protocol.validation / (1 - protocol.test)
        validation, train = carve(train, share, faces=faces, keep=1, generator=generator)
    return (Fold(train, validation),), test


def _folds(pool: Indices, number: int, *, faces: FaceSet, generator: np.random.Generator) -> tuple[Fold, ...]:
    """Cuts the pool into so many parts, each of which is the validation of one fold."""
    parts, rest = [], pool
    for left in range(number - 1, 0, -1):
        part, rest = carve(rest, 1 / (left + 1), faces=faces, keep=left, generator=generator)
        parts.append(part)
    return tuple(Fold(np.setdiff1d(pool, part), part) for part in [*parts, rest])


def _check(faces: FaceSet, *, folds: tuple[Fold, ...], test: Indices) -> None:
    """Every part has every class, and no subject is in two parts of a fold."""
    for number, fold in enumerate(folds):
        place = f" of fold {number}" if len(folds) > 1 else ""
        parts = {f"train{place}": fold.train, f"validation{place}": fold.validation, "test": test}
        for part, indices in parts.items():
            _check_classes(faces, part, indices)
        _check_subjects(faces, parts)


def _check_classes(faces: FaceSet, part: str, indices: Indices) -> None:
    missing = np.bincount(faces.labels[indices], minlength=len(faces.class_names)) == 0
    if not missing.any():
        return
    names = ", ".join(repr(faces.class_names[label]) for label in np.flatnonzero(missing))
    owners = "" if faces.subjects is None else f" of {len(np.unique(faces.subjects))} subjects"
    raise SplitError(
        f"{faces.name}: expected every class in {part} ({len(indices)} of {len(faces)} faces{owners}), "
        f"got none of {names}. Leave the class out with dataset.classes, "
        f"add faces{' of other subjects' if owners else ''}, or lower protocol.folds"
    )


def _check_subjects(faces: FaceSet, parts: Mapping[str, Indices]) -> None:
    if faces.subjects is None:
        return
    seen: dict[str, str] = {}
    shared = []
    for part, indices in parts.items():
        people = np.unique(faces.subjects[indices]).tolist()
        shared += [f"{person!r} in {seen[person]} and {part}" for person in people if person in seen]
        seen |= dict.fromkeys(people, part)
    if shared:
        raise SplitError(
            f"{faces.name}: expected each subject in one part, got {len(shared)} in two: "
            f"{'; '.join(shared[:5])}. Correct the official split, or leave it away: "
            "faces are then divided by subject"
        )


def _same_faces(faces: FaceSet, division: Division) -> None:
    if faces.fingerprint != division.fingerprint:
        raise SplitError(
            f"{faces.name}: expected the faces that were divided ({division.fingerprint}), "
            f"got {faces.fingerprint}; divide these faces first"
        )


def _hash(folds: tuple[Fold, ...], test: Indices) -> str:
    """Hash of the indices as text, so that no byte order and no integer width can change it."""
    parts = [part for fold in folds for part in (fold.train, fold.validation)]
    text = "\n".join(" ".join(map(str, part.tolist())) for part in [*parts, test])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
