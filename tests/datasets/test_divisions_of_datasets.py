"""No dataset leaks: whatever the seed, the folds and the split, nothing that belongs together is in two parts."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import Protocol, confirmation_faces, divide, open_test_split, search_faces
from harness.datasets.sample import CANONICAL
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources import NAMES, source_named

ROTATED = ("ckplus", "mmi", "oulu-casia", "jaffe", "kdef")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FaceSet]:
    """The small copy of each dataset, as a search would divide it, with a number in place of each picture."""
    found = {}
    for name in NAMES:
        root: Path = tmp_path_factory.mktemp(name)
        importlib.import_module(f"{name.replace('-', '_')}_tree").write_tree(root)
        source = source_named(name)
        found[name] = numbered(name, source.list_samples(root, chosen_options(source, {})))
    return found


def numbered(name: str, listing: Listing) -> FaceSet:
    samples = listing.samples
    names = tuple(label for label in CANONICAL if any(sample.label == label for sample in samples))

    def column(part: str) -> NDArray[np.str_] | None:
        values = np.array([getattr(sample, part) for sample in samples])
        return values if (values != "").any() else None

    numbers = np.arange(len(samples), dtype=np.uint16)
    return FaceSet(
        name=name,
        images=numbers.view(np.uint8).reshape(-1, 1, 2),
        labels=np.array([names.index(sample.label) for sample in samples], dtype=np.int64),
        class_names=names,
        subjects=column("subject"),
        groups=column("group"),
        sequences=column("sequence"),
        splits=column("split"),
    )


def is_apart(parts: list[FaceSet]) -> None:
    """No picture, subject, group or sequence is in two of the parts."""
    for kind in ("images", "subjects", "groups", "sequences"):
        values = [getattr(part, kind) for part in parts]
        if values[0] is None:
            continue
        distinct = [set(map(bytes, part)) if kind == "images" else set(part.tolist()) for part in values]
        assert sum(map(len, distinct)) == len(set.union(*distinct)), kind


def is_sound(faces: FaceSet, protocol: Protocol) -> None:
    division = divide(faces, protocol)
    trained, test = confirmation_faces(faces, division), open_test_split(faces, division)
    for fold, tested in zip(trained.folds, test.folds, strict=True):
        parts = [trained.faces.take(fold.train), trained.faces.take(fold.validation), test.faces.take(tested)]
        is_apart(parts)
        counts = sum(np.bincount(part.labels, minlength=len(faces.class_names)) for part in parts)
        assert counts.tolist() == np.bincount(faces.labels).tolist()  # type: ignore[union-attr]
    seen = search_faces(faces, division)
    for number, fold in enumerate(seen.folds):
        own = test.faces.take(test.folds[min(number, len(test.folds) - 1)])
        is_apart([seen.faces.take(fold.train), seen.faces.take(fold.validation), own])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_the_fields_own_split_leaks_nothing(sets: dict[str, FaceSet], name: str, seed: int) -> None:
    source = source_named(name)
    is_sound(
        sets[name], Protocol(split=source.protocol, folds=source.folds, validation=0.2, test=0.2, seed=seed)
    )


@pytest.mark.parametrize("name", ROTATED)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(folds=st.integers(3, 10), outer=st.none() | st.integers(0, 2))
def test_any_number_of_folds_leaks_nothing(
    sets: dict[str, FaceSet], name: str, folds: int, outer: int | None
) -> None:
    is_sound(sets[name], Protocol(split="kfold", folds=folds, outer=outer))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), folds=st.integers(1, 3))
def test_a_seeded_split_leaks_nothing(sets: dict[str, FaceSet], name: str, seed: int, folds: int) -> None:
    is_sound(sets[name], Protocol(split="grouped", folds=folds, validation=0.2, test=0.2, seed=seed))
