"""Trained on one dataset, tested on another, over the classes that they share. It does not know how either was read."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from harness.datasets.classes import keep_classes
from harness.datasets.faceset import FaceSet
from harness.datasets.protocols.division import Division
from harness.datasets.protocols.holdout import divide_once
from harness.datasets.protocols.settings import Protocol
from harness.errors import SplitError


def divide_across(faces: FaceSet, other: FaceSet, protocol: Protocol) -> tuple[FaceSet, Division]:
    """The training set reduced to the shared classes, and a division whose test part is the other set.

    The test part is the other set's official one where it has one, else all of it. The training set's own test part stays unused.

    Args:
        faces: To train and validate on.
        other: To test on, of the same size and colour.
        protocol: Divides the training set into training and validation.

    Raises:
        SplitError: If the sets share fewer than two classes, if they share a picture, or if their pictures differ in shape.
    """
    shapes = faces.images.shape[1:], other.images.shape[1:]
    if shapes[0] != shapes[1]:
        raise SplitError(
            f"{faces.name} to {other.name}: expected pictures of one shape, got {shapes[0]} and {shapes[1]}"
        )
    shared = tuple(name for name in faces.class_names if name in other.class_names)
    if len(shared) < 2:
        raise SplitError(
            f"{faces.name} to {other.name}: expected two shared classes or more, got {', '.join(shared) or 'none'} "
            f"of {', '.join(faces.class_names)} and {', '.join(other.class_names)}"
        )
    train, test = keep_classes(faces, shared), keep_classes(other, shared)
    if test.splits is not None and (test.splits == "test").any():
        test = test.take(np.flatnonzero(test.splits == "test"))
    _check_apart(train, test)
    inner = divide_once(train, replace(protocol, split="holdout"))
    everyone = np.arange(len(test))
    division = replace(
        inner,
        words=f"cross to {other.name}, {len(shared)} classes, {inner.words}",
        counts={**inner.counts, "test": len(test)},
        split_hash=f"{inner.split_hash[:8]}{test.fingerprint[:8]}",
        _tests=(everyone,) * len(inner.confirm_folds),
        _test_faces=test,
    )
    return train, division


def _check_apart(train: FaceSet, test: FaceSet) -> None:
    """No picture is in both sets, as it would be if they were one set, or two label sets of the same pictures."""
    if shared := shared_pictures(train, test):
        raise SplitError(
            f"{train.name} to {test.name}: expected other pictures to test on, got {shared} that are in both; "
            "name another dataset in protocol.test_on"
        )


def shared_pictures(faces: FaceSet, others: FaceSet) -> int:
    """How many different pictures are in both sets, pixel by pixel."""
    return len(_hashes(faces) & _hashes(others))


def _hashes(faces: FaceSet) -> set[bytes]:
    """A hash of each picture, read some at a time, since they may lie in a file larger than memory."""
    parts = (faces.images[start : start + 1024] for start in range(0, len(faces), 1024))
    return {hashlib.sha256(np.ascontiguousarray(picture).data).digest() for part in parts for picture in part}
