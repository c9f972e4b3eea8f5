"""Laws of every division of faces, and the lock on the test split."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import (
    Division,
    Protocol,
    confirmation_faces,
    divide,
    open_test_split,
    search_faces,
)
from harness.errors import SplitError

HARNESS = Path(__file__).parents[2] / "harness"


def make_faces(
    labels: list[int], *, subjects: list[str] | None = None, splits: list[str] | None = None
) -> FaceSet:
    """Faces of 2 x 2 pixels, no two of them alike."""
    numbers = np.arange(len(labels), dtype=np.uint16)
    images = np.stack([numbers >> 8, numbers & 255, numbers * 0, numbers * 0], axis=1).astype(np.uint8)
    return FaceSet(
        name="made",
        images=images.reshape(-1, 2, 2),
        labels=np.array(labels, dtype=np.int64),
        class_names=tuple("abcdefgh"[: max(labels) + 1]),
        subjects=None if subjects is None else np.array(subjects),
        splits=None if splits is None else np.array(splits),
    )


def crowd(*, people: int, classes: int, seed: int = 0) -> FaceSet:
    """People with 1 to 6 faces of random classes."""
    generator = np.random.default_rng(seed)
    owners = np.repeat(np.arange(people), generator.integers(1, 7, people))
    labels = generator.integers(0, classes, len(owners))
    return make_faces(labels.tolist(), subjects=[f"p{owner}" for owner in owners])


def numbers(faces: FaceSet) -> set[int]:
    """Which of the made faces these are."""
    pixels = faces.images.reshape(len(faces), 4).astype(int)
    return set((pixels[:, 0] * 256 + pixels[:, 1]).tolist())


def seen_subjects(faces: FaceSet) -> set[str]:
    assert faces.subjects is not None
    return set(faces.subjects.tolist())


def opened(faces: FaceSet, division: Division) -> FaceSet:
    """The test faces of a split with one test part."""
    test = open_test_split(faces, division)
    for fold in test.folds:
        assert fold.tolist() == list(range(len(test.faces)))
    return test.faces


# --- laws


@st.composite
def divisible_faces(draw: st.DrawFn) -> tuple[FaceSet, Protocol]:
    """Faces that can be divided: each class has a person of its own for each part, and others join."""
    classes, folds = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    pure = [(label, f"{label}-{part}") for label in range(classes) for part in range(max(3, folds + 1))]
    mixed = draw(st.lists(st.tuples(st.integers(0, classes - 1), st.sampled_from("uvwxyz")), max_size=60))
    rows = draw(st.permutations([*pure, *mixed]))
    subjects = draw(st.booleans())
    faces = make_faces([label for label, _ in rows], subjects=[who for _, who in rows] if subjects else None)
    shares = draw(st.sampled_from([(0.15, 0.15), (0.1, 0.3), (0.25, 0.25)]))
    seed = draw(st.integers(0, 5))
    return faces, Protocol(validation=shares[0], test=shares[1], folds=folds, seed=seed)


@settings(max_examples=60, deadline=None)
@given(case=divisible_faces())
def test_every_division_is_complete_and_disjoint_and_has_every_class_everywhere(
    case: tuple[FaceSet, Protocol],
) -> None:
    faces, protocol = case
    division = divide(faces, protocol)
    search, test = search_faces(faces, division), opened(faces, division)
    assert len(division.search_folds) == len(search.folds) == protocol.folds
    for whole, fold in zip(division.search_folds, search.folds, strict=True):
        parts = [search.faces.take(fold.train), search.faces.take(fold.validation), test]
        assert sorted(number for part in parts for number in numbers(part)) == list(range(len(faces)))
        assert numbers(parts[0]) == set(whole.train.tolist())
        assert all(set(part.labels.tolist()) == set(faces.labels.tolist()) for part in parts)
        if faces.subjects is not None:
            assert sum(len(seen_subjects(part)) for part in parts) == len(seen_subjects(faces))
    if protocol.folds > 1:
        validated = [number for fold in division.search_folds for number in fold.validation.tolist()]
        assert sorted(validated) == sorted(numbers(search.faces))


@settings(max_examples=20, deadline=None)
@given(case=divisible_faces())
def test_a_division_repeats_itself(case: tuple[FaceSet, Protocol]) -> None:
    assert divide(*case).split_hash == divide(*case).split_hash


def test_another_seed_divides_otherwise() -> None:
    faces = crowd(people=40, classes=3)
    assert len({divide(faces, Protocol(seed=seed)).split_hash for seed in range(5)}) == 5


def test_the_split_hash_is_the_same_in_another_process_and_for_wider_strings() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/datasets'); import test_protocols as t;"
        "print(t.divide(t.crowd(people=40, classes=3), t.Protocol()).split_hash)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=HARNESS.parent
    )
    faces = crowd(people=40, classes=3)
    assert faces.subjects is not None
    wider = replace(faces, subjects=faces.subjects.astype("U60"))
    assert (
        there.stdout.strip() == divide(faces, Protocol()).split_hash == divide(wider, Protocol()).split_hash
    )


@pytest.mark.parametrize("folds", [1, 5])
def test_subjects_are_dealt_so_that_each_part_has_its_share_of_each_class(folds: int) -> None:
    faces = crowd(people=200, classes=4)
    division = divide(faces, Protocol(folds=folds))
    totals = np.bincount(faces.labels)
    share = 0.15 if folds == 1 else 0.85 / folds
    for fold in division.search_folds:
        got = np.bincount(faces.labels[fold.validation]) / totals
        assert np.abs(got - share).max() < 0.02
    test = opened(faces, division)
    assert np.abs(np.bincount(test.labels) / totals - 0.15).max() < 0.02


def test_the_test_part_leaves_each_class_a_subject_for_train_and_for_validation() -> None:
    # 2 + 2 of 24 faces would be nearest to 15 %, but then one subject had to be in both other parts.
    faces = make_faces([0] * 24 + [1] * 24, subjects=[*"aabb", *"c" * 20, *"ddee", *"f" * 20])
    assert divide(faces, Protocol()).counts == {"train": 40, "validation": 4, "test": 4}


def test_without_subjects_each_class_is_cut_by_itself() -> None:
    faces = make_faces([0] * 100 + [1] * 20)
    division = divide(faces, Protocol(validation=0.2, test=0.1))
    assert division.counts == {"train": 84, "validation": 24, "test": 12}
    assert np.bincount(opened(faces, division).labels).tolist() == [10, 2]


# --- official splits


def test_an_official_split_is_used_as_it_is() -> None:
    faces = make_faces([0, 1] * 6, splits=["train"] * 6 + ["val"] * 2 + ["test"] * 4)
    division = divide(faces, Protocol(seed=3))
    assert division.words.startswith("official")
    assert division.search_folds[0].train.tolist() == [0, 1, 2, 3, 4, 5]
    assert division.search_folds[0].validation.tolist() == [6, 7]
    assert numbers(opened(faces, division)) == {8, 9, 10, 11}


def test_without_an_official_validation_part_it_is_carved_from_train() -> None:
    faces = make_faces([0, 1] * 50, splits=["train"] * 80 + ["test"] * 20)
    division = divide(faces, Protocol(validation=0.2, test=0.1))
    assert division.words.startswith("official")
    assert division.counts == {"train": 64, "validation": 16, "test": 20}
    assert numbers(opened(faces, division)) == set(range(80, 100))


def test_without_an_official_test_part_it_is_carved_from_train() -> None:
    faces = make_faces([0, 1] * 50, splits=["train"] * 80 + ["val"] * 20)
    division = divide(faces, Protocol(validation=0.1, test=0.2))
    assert division.words.startswith("holdout")
    assert division.counts == {"train": 64, "validation": 20, "test": 16}
    assert division.search_folds[0].validation.tolist() == list(range(80, 100))


def test_folds_pool_official_train_and_validation_and_leave_the_official_test_alone() -> None:
    faces = make_faces([0, 1] * 50, splits=["train"] * 60 + ["val"] * 20 + ["test"] * 20)
    division = divide(faces, Protocol(folds=4))
    assert division.words.startswith("official")
    assert numbers(opened(faces, division)) == set(range(80, 100))
    assert [len(fold.validation) for fold in division.search_folds] == [20, 20, 20, 20]
    assert any(number < 60 for number in division.search_folds[0].validation)


def test_the_search_sees_a_copy_without_test_faces() -> None:
    faces = crowd(people=40, classes=3)
    division = divide(faces, Protocol())
    search, test = search_faces(faces, division), opened(faces, division)
    assert numbers(search.faces) | numbers(test) == set(range(len(faces)))
    assert not numbers(search.faces) & numbers(test)
    assert not np.shares_memory(search.faces.images, faces.images)
    assert len(search.faces) == division.counts["train"] + division.counts["validation"]


# --- what is refused


def division_of(faces: FaceSet, protocol: Protocol | None = None) -> Division:
    return divide(faces, protocol or Protocol())


def test_a_subject_in_two_official_parts_is_refused_by_name() -> None:
    faces = make_faces(
        [0, 1] * 3,
        subjects=["ann", "ben", "cem", "ann", "dan", "eva"],
        splits=["train", "train", "val", "val", "test", "test"],
    )
    with pytest.raises(SplitError, match=r"made: .* got 1 in two: 'ann' in train and validation. Correct"):
        division_of(faces)


def test_an_official_part_without_a_class_is_refused_by_name() -> None:
    faces = make_faces([0, 1, 0, 1, 0, 0], splits=["train", "train", "val", "val", "test", "test"])
    with pytest.raises(SplitError, match=r"every class in test \(2 of 6 faces\), got none of 'b'. Leave"):
        division_of(faces)


def test_official_splits_without_train_are_refused() -> None:
    with pytest.raises(SplitError, match="expected faces in train, got none"):
        division_of(make_faces([0, 1, 0, 1], splits=["test"] * 4))


def test_no_faces_are_refused() -> None:
    nobody = make_faces([0, 1], subjects=["ann", "ben"]).take(np.array([], dtype=np.int64))
    with pytest.raises(SplitError, match="expected faces in train, got none"):
        division_of(nobody)


def test_a_class_with_fewer_subjects_than_parts_is_refused() -> None:
    faces = make_faces([0] * 6 + [1] * 6, subjects=[*"uvwxyz", *"uuuvvv"])
    with pytest.raises(SplitError, match=r"of 6 subjects\), got none of 'b'. Leave the class out"):
        division_of(faces)


def test_a_fold_that_lacks_a_class_is_named() -> None:
    with pytest.raises(SplitError, match=r"validation of fold \d .* got none of 'b'"):
        division_of(make_faces([0] * 30 + [1] * 4), Protocol(folds=5))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"validation": 0.0}, "validation=0, test=0.15"),
        ({"test": 1.5}, "test=1.5"),
        ({"validation": 0.5, "test": 0.5}, "validation=0.5, test=0.5"),
        ({"folds": 0}, "got folds=0"),
    ],
)
def test_a_protocol_out_of_range_is_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(SplitError, match=message):
        Protocol(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("use", [search_faces, confirmation_faces, open_test_split])
def test_a_division_of_other_faces_is_refused(use: type) -> None:
    faces = crowd(people=40, classes=3)
    backwards = faces.take(np.arange(len(faces))[::-1])
    with pytest.raises(SplitError, match=f"expected .*{faces.fingerprint}.* got {backwards.fingerprint}"):
        use(backwards, divide(faces, Protocol()))


# --- names, and the lock


@pytest.mark.parametrize(
    ("protocol", "official", "by_subject", "words"),
    [
        (Protocol(), True, True, "official split"),
        (Protocol(), False, True, "holdout 70/15/15 by subject seed 0"),
        (Protocol(validation=1 / 3, test=0.1, seed=4), False, False, "holdout 56.7/33.3/10 by class seed 4"),
        (Protocol(folds=5), True, True, "official test, 5 folds by subject seed 0"),
        (Protocol(folds=10, test=0.2), False, True, "test 20 %, 10 folds by subject seed 0"),
    ],
)
def test_a_division_is_named_by_what_makes_rows_incomparable(
    protocol: Protocol, official: bool, by_subject: bool, words: str
) -> None:
    people = [f"p{number}" for number in range(100)]
    splits = ["train"] * 80 + ["test"] * 20 if official else None
    faces = make_faces([0, 1] * 50, subjects=people if by_subject else None, splits=splits)
    assert divide(faces, protocol).words == words


def uses(source: str, *, name: str, by: tuple[type[ast.AST], ...]) -> bool:
    """Whether the code, not its comments and docstrings, uses the name in these ways."""
    return any(
        isinstance(node, by) and name in (getattr(node, part, None) for part in ("id", "attr", "name"))
        for node in ast.walk(ast.parse(source))
    )


def files_that_use(name: str, *, by: tuple[type[ast.AST], ...]) -> set[str]:
    return {
        file.relative_to(HARNESS).as_posix()
        for file in HARNESS.rglob("*.py")
        if uses(file.read_text(encoding="utf-8"), name=name, by=by)
    }


def test_only_the_confirmation_and_the_sweep_take_the_function_that_opens_the_test_split() -> None:
    package = {"datasets/protocols/__init__.py"}
    openers = {"tuning/confirm.py", "tuning/sweep.py"}
    assert files_that_use("open_test_split", by=(ast.Name, ast.alias)) - package == openers


def test_only_the_search_asks_the_confirmation_to_open_it() -> None:
    assert files_that_use("open_test_split", by=(ast.Attribute,)) <= {"tuning/confirm.py", "search.py"}


def test_only_a_confirmation_its_reproduction_and_an_export_open_it_under_a_rule() -> None:
    anyhow = (ast.Name, ast.alias, ast.Attribute)
    assert files_that_use("open_under_rule", by=anyhow) == {
        "tuning/confirm.py",
        "reproduce.py",
        "export.py",
    }


def test_nobody_reaches_past_the_function_to_the_indices() -> None:
    inside = {
        "datasets/protocols/division.py",
        "datasets/protocols/fold_list.py",
        "datasets/protocols/leaky.py",
    }
    assert files_that_use("_tests", by=(ast.Attribute,)) == inside


@pytest.mark.parametrize(
    ("source", "by"),
    [
        ("open_test_split(faces, division)", ast.Name),
        ("from harness.datasets.protocols import open_test_split as innocent", ast.alias),
        ("protocols.open_test_split", ast.Attribute),
    ],
)
def test_the_lock_sees_names_imports_and_attributes(source: str, by: type[ast.AST]) -> None:
    assert uses(source, name="open_test_split", by=(by,))
