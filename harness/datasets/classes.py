"""Classes: their order, and the choice of some of them. It does not know files or splits."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from harness.datasets.faceset import FaceSet
from harness.errors import LabelError


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels, sorted; by value where all are whole numbers, so that 10 comes after 9."""
    distinct = set(labels)
    numbers = all(label.removeprefix("-").isdecimal() for label in distinct)
    return tuple(sorted(distinct, key=lambda label: (int(label) if numbers else 0, label)))


def chosen_classes(
    classes: tuple[str, ...] | None, *, labels: Collection[str], where: str
) -> tuple[str, ...]:
    """The class names, in the order of the label ids.

    Args:
        classes: The wanted classes in the wanted order; None takes every label.
        labels: The labels that exist.
        where: The dataset or the path, for the message.

    Returns:
        C names, C >= 2, each with a face.

    Raises:
        LabelError: If a wanted class has no face or is named twice, or if fewer than two classes are left.
    """
    names = in_order(labels) if classes is None else classes
    for name in names:
        if name not in labels:
            raise LabelError(f"{where}: class {name!r} has no face{_nearest(name, labels)}")
        if names.count(name) > 1:
            raise LabelError(f"{where}: class {name!r} is named twice in dataset.classes; name it once")
    if len(names) < 2:
        raise LabelError(
            f"{where}: expected two classes or more, got {len(names)}: {', '.join(names) or 'none'}. "
            "Check dataset.classes, and that dataset.path is the folder right above the class folders"
        )
    return names


def keep_classes(faces: FaceSet, names: tuple[str, ...]) -> FaceSet:
    """The faces of these classes, with label ids in their order."""
    ids = np.array([names.index(name) if name in names else -1 for name in faces.class_names], dtype=np.int64)
    kept = faces.take(np.flatnonzero(ids[faces.labels] >= 0))
    return replace(kept, labels=ids[kept.labels], class_names=names)


def _nearest(name: str, labels: Collection[str]) -> str:
    folded = {label.casefold(): label for label in labels}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    hint = f"; did you mean {folded[close[0]]!r}?" if close else ";"
    return f"{hint} The labels that exist: {', '.join(in_order(labels)) or 'none'}. Correct dataset.classes"
