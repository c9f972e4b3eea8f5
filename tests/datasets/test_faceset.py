"""What a set of faces promises about its content, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from harness.datasets.faceset import FaceSet
from harness.errors import DatasetError


def faces() -> FaceSet:
    return FaceSet(
        name="four",
        images=np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3),
        labels=np.array([0, 1, 0, 1]),
        class_names=("anger", "fear"),
        subjects=np.array(["ann", "ann", "ben", "cem"]),
        splits=np.array(["train", "train", "val", "test"]),
    )


def test_equal_content_has_an_equal_fingerprint() -> None:
    assert faces().fingerprint == faces().fingerprint


def test_the_fingerprint_does_not_depend_on_the_width_of_strings_or_the_layout_in_memory() -> None:
    wide = replace(
        faces(),
        subjects=np.array(["ann", "ann", "ben", "cem"], dtype="U40"),
        images=np.asfortranarray(faces().images),
    )
    assert wide.fingerprint == faces().fingerprint


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = (
        "import numpy as np; from harness.datasets.faceset import FaceSet;"
        "print(FaceSet(name='x', images=np.ones((2, 2, 2), np.uint8), labels=np.array([0, 1]),"
        " class_names=('a', 'b'), subjects=np.array(['p', 'q'])).fingerprint)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    here = FaceSet(
        name="x",
        images=np.ones((2, 2, 2), np.uint8),
        labels=np.array([0, 1]),
        class_names=("a", "b"),
        subjects=np.array(["p", "q"]),
    )
    assert there.stdout.strip() == here.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"images": faces().images + 1},
        {"labels": np.array([1, 0, 0, 1])},
        {"class_names": ("anger", "joy")},
        {"subjects": None},
        {"subjects": np.array(["ann", "ann", "ben", "dan"])},
        {"splits": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_the_content_changes_the_fingerprint(change: dict[str, object]) -> None:
    assert replace(faces(), **change).fingerprint != faces().fingerprint


def test_no_faces_have_a_fingerprint_too() -> None:
    nobody = faces().take(np.array([], dtype=np.int64))
    assert len(nobody) == 0
    assert nobody.fingerprint != faces().fingerprint


def test_taking_faces_keeps_labels_subjects_and_splits_beside_their_images() -> None:
    taken = faces().take(np.array([3, 0]))
    assert taken.images.tolist() == faces().images[[3, 0]].tolist()
    assert taken.labels.tolist() == [1, 0]
    assert taken.subjects is not None
    assert taken.subjects.tolist() == ["cem", "ann"]
    assert taken.splits is not None
    assert taken.splits.tolist() == ["test", "train"]


def test_faces_cannot_be_changed_after_they_are_made() -> None:
    with pytest.raises(FrozenInstanceError, match="labels"):
        faces().labels = np.zeros(4, dtype=np.int64)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"images": np.zeros((4, 2, 2), np.float32)},
            r"four: images must be uint8 .* got float32 \[4, 2, 2\]",
        ),
        ({"images": np.zeros((4, 2), np.uint8)}, r"got uint8 \[4, 2\]"),
        ({"labels": np.array([0, 1])}, "four: 4 images but 2 labels"),
        ({"subjects": np.array(["ann"])}, "four: 4 images but 1 subjects"),
        ({"labels": np.array([0, 1, 2, 1])}, r"label ids must lie in \[0, 2\), got 0 to 2"),
        ({"labels": np.array([0, 1, -1, 1])}, "got -1 to 1"),
        ({"splits": np.array(["train", "dev", "val", "test"])}, r"splits must be out of .* got \['dev'\]"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        replace(faces(), **change)
