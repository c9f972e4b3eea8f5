"""Splits with one test part: the source's own, or carved by subject, by group, or by class. It does not know rotating folds."""

from __future__ import annotations

import numpy as np

from harness.datasets.carving import carve
from harness.datasets.faceset import SPLITS, FaceSet
from harness.datasets.protocols.division import Division, Fold, Indices, make_division
from harness.datasets.protocols.settings import Protocol
from harness.errors import SplitError
from harness.seeding import derive_seed


def divide_once(faces: FaceSet, protocol: Protocol) -> Division:
    """Divides by the official split where it may be used, else by what must stay together, else by class.

    Raises:
        SplitError: If an official test part is demanded and there is none, something is in two parts, or a part lacks a class.
    """
    if protocol.split == "grouped":
        official = dict.fromkeys(SPLITS, np.arange(0))
        official["train"] = np.arange(len(faces))
    else:
        official = {part: _official(faces, part) for part in SPLITS}
    if protocol.split == "official" and not len(official["test"]):
        raise SplitError(
            f"{faces.name}: expected a test part of the source's own, got none; set protocol.split to holdout or grouped"
        )
    folds, test = _parts(faces, protocol, official=official)
    return make_division(
        faces,
        search=folds,
        confirm=folds,
        tests=[test] * len(folds),
        words=_words(faces, protocol, official=len(official["test"]) > 0),
        every_class=True,
    )


def _official(faces: FaceSet, part: str) -> Indices:
    """The faces of an official split; all are `train` where the source has none."""
    splits = np.full(len(faces), "train") if faces.splits is None else faces.splits
    return np.flatnonzero(splits == part)


def _parts(
    faces: FaceSet, protocol: Protocol, *, official: dict[str, Indices]
) -> tuple[tuple[Fold, ...], Indices]:
    """The folds and the test part, unchecked. What is carved beside an official part is a share of the rest."""
    generator = np.random.default_rng(derive_seed(protocol.seed, "division"))
    train, validation, test = (official[part] for part in SPLITS)
    given_test, given_validation = len(test) > 0, len(validation) > 0
    if protocol.folds > 1:
        train, validation = np.union1d(train, validation), validation[:0]
    if not given_test:
        still_to_cut = 1 if len(validation) else max(2, protocol.folds)
        test, train = carve(train, protocol.test, faces=faces, keep=still_to_cut, generator=generator)
    if protocol.folds > 1:
        return cut_folds(train, protocol.folds, faces=faces, generator=generator), test
    if not given_validation:
        share = protocol.validation if given_test else protocol.validation / (1 - protocol.test)
        validation, train = carve(train, share, faces=faces, keep=1, generator=generator)
    return (Fold(train, validation),), test


def cut_folds(
    pool: Indices, number: int, *, faces: FaceSet, generator: np.random.Generator
) -> tuple[Fold, ...]:
    """Cuts the pool into so many parts, each of which is the validation of one fold."""
    parts, rest = [], pool
    for left in range(number - 1, 0, -1):
        part, rest = carve(rest, 1 / (left + 1), faces=faces, keep=left, generator=generator)
        parts.append(part)
    return tuple(Fold(np.setdiff1d(pool, part), part) for part in [*parts, rest])


def _words(faces: FaceSet, protocol: Protocol, *, official: bool) -> str:
    how = f"{_unit(faces)} seed {protocol.seed}"
    if official:
        return "official split" if protocol.folds == 1 else f"official test, {protocol.folds} folds {how}"
    validation, test = _percent(protocol.validation), _percent(protocol.test)
    if protocol.folds > 1:
        return f"test {test} %, {protocol.folds} folds {how}"
    train = _percent(1 - protocol.validation - protocol.test)
    return f"holdout {train}/{validation}/{test} {how}"


def _unit(faces: FaceSet) -> str:
    """What carving keeps together."""
    if faces.subjects is not None:
        return "by subject"
    if faces.groups is not None:
        return "by group"
    return "by class" if faces.sequences is None else "by sequence"


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g}"
