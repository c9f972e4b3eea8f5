"""Splits with a test part in each fold: k folds by subject, or one subject left out. It does not know official splits.

In fold k the k-th part is tested, the next one validates, and the rest trains. The search trains the first few of these folds,
each without its own test part; the confirmation trains all. So a config is chosen by faces that other folds test, as in every
ten-fold number whose hyperparameters were tuned once. With an outer fold the search is strictly nested: it rotates over the other
parts alone, and the confirmation tests the outer one.

Reference: the parts of `kfold` are `sorted(subjects)[k::K]`, as published for CK+ with K = 10 (Meng et al. 2019, Emotion-FAN).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols.division import Division, Fold, Indices, make_division
from harness.datasets.protocols.settings import Protocol
from harness.errors import SplitError


def divide_by_subject(faces: FaceSet, protocol: Protocol) -> Division:
    """K folds of `sorted(subjects)[k::K]`, or a fold per subject.

    Raises:
        SplitError: If there are no subjects, or fewer than the folds need.
    """
    owners = faces.together
    if owners is None:
        raise SplitError(
            f"{faces.name}: expected subjects for a {protocol.split} split, got none; "
            "set protocol.split to holdout, or give the faces subjects"
        )
    people = np.unique(owners)  # sorted
    number = len(people) if protocol.split == "loso" else protocol.folds
    if len(people) < max(3, number):
        raise SplitError(
            f"{faces.name}: expected {max(3, number)} subjects or more for {protocol.split}, got {len(people)}"
        )
    parts = [np.flatnonzero(np.isin(owners, people[fold::number])) for fold in range(number)]
    words = "leave one subject out" if protocol.split == "loso" else f"{number} folds by subject"
    return rotate(faces, protocol, parts=parts, words=words)


def rotate(faces: FaceSet, protocol: Protocol, *, parts: Sequence[Indices], words: str) -> Division:
    """The division in which each part is tested once, or the outer one alone.

    Raises:
        SplitError: If the outer fold does not exist, something is in two parts, or a training part lacks a class.
    """
    if protocol.outer is not None:
        return _nested(faces, protocol, parts=parts, words=words)
    folds = [_fold(parts, test=number, validation=(number + 1) % len(parts)) for number in range(len(parts))]
    return confirm_all(faces, protocol, folds=folds, tests=parts, words=words)


def confirm_all(
    faces: FaceSet, protocol: Protocol, *, folds: Sequence[Fold], tests: Sequence[Indices], words: str
) -> Division:
    """The division whose confirmation trains all folds, and whose search trains the first few of them.

    Raises:
        SplitError: If something is in two parts, or a training part lacks a class.
    """
    searched = min(protocol.search_folds, len(folds))
    return make_division(
        faces,
        search=folds[:searched],
        confirm=folds,
        tests=tests,
        words=f"{words}, {searched} in the search",
        every_class=False,
    )


def require_outer(faces: FaceSet, outer: int, *, folds: int) -> None:
    """Checks that an outer fold exists.

    Raises:
        SplitError: If it does not.
    """
    if not 0 <= outer < folds:
        raise SplitError(f"{faces.name}: expected an outer fold in [0, {folds}), got {outer}")


def _nested(faces: FaceSet, protocol: Protocol, *, parts: Sequence[Indices], words: str) -> Division:
    outer = protocol.outer
    assert outer is not None, "asked by the caller"
    require_outer(faces, outer, folds=len(parts))
    others = [(outer + step) % len(parts) for step in range(1, len(parts))]
    searched = others[: min(protocol.search_folds, len(others))]
    return make_division(
        faces,
        search=[_fold(parts, test=outer, validation=number) for number in searched],
        confirm=[_fold(parts, test=outer, validation=others[0])],
        tests=[parts[outer]],
        words=f"{words}, nested in fold {outer}, {len(searched)} in the search",
        every_class=False,
    )


def _fold(parts: Sequence[Indices], *, test: int, validation: int) -> Fold:
    rest = [part for number, part in enumerate(parts) if number not in (test, validation)]
    return Fold(np.sort(np.concatenate(rest)), parts[validation])
