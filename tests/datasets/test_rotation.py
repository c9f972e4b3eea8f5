"""Laws of the splits that test each subject once, of nested ones, of fold lists, of crossing datasets, and of the leaky rules."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import (
    Division,
    Protocol,
    confirmation_faces,
    deal_random_images,
    divide,
    divide_across,
    export_folds,
    open_test_split,
    search_faces,
)
from harness.errors import SplitError


def sequences_of(
    *, people: int, classes: int = 3, frames: int = 3, seed: int = 0, camera: int = 0
) -> FaceSet:
    """Each person shows each class in a sequence of frames; no two pictures are alike, nor those of two cameras."""
    count = people * classes * frames
    order = np.random.default_rng(seed).permutation(count)
    person = np.repeat(np.arange(people), classes * frames)[order]
    label = np.tile(np.repeat(np.arange(classes), frames), people)[order]
    numbers = np.arange(count, dtype=np.uint16)
    images = np.stack([numbers >> 8, numbers & 255, numbers * 0 + camera, numbers * 0], axis=1).astype(
        np.uint8
    )
    return FaceSet(
        name="made",
        images=images.reshape(-1, 2, 2),
        labels=label.astype(np.int64),
        class_names=tuple("abcdefgh"[:classes]),
        subjects=np.array([f"S{number:03d}" for number in person]),
        sequences=np.array([f"S{p:03d}/{c}" for p, c in zip(person, label, strict=True)]),
    )


def owners(faces: FaceSet, indices: NDArray[np.int64]) -> set[str]:
    assert faces.subjects is not None
    return set(faces.subjects[indices].tolist())


def people_of_tests(faces: FaceSet, division: Division) -> list[set[str]]:
    """The people of each fold's test part."""
    test = open_test_split(faces, division)
    return [owners(test.faces, fold) for fold in test.folds]


@settings(max_examples=40, deadline=None)
@given(
    people=st.integers(4, 25),
    folds=st.integers(3, 10),
    searched=st.integers(1, 12),
    outer=st.none() | st.integers(0, 9),
    split=st.sampled_from(["kfold", "loso"]),
    seed=st.integers(0, 3),
)
def test_no_subject_and_no_sequence_is_in_two_parts_of_a_fold(
    people: int, folds: int, searched: int, outer: int | None, split: str, seed: int
) -> None:
    folds = min(folds, people)
    number = people if split == "loso" else folds
    outer = None if outer is None else outer % number
    faces = sequences_of(people=people, seed=seed)
    division = divide(faces, Protocol(split=split, folds=folds, search_folds=searched, outer=outer))
    trained, people_tested = confirmation_faces(faces, division), people_of_tests(faces, division)
    assert len(trained.folds) == len(people_tested) == (number if outer is None else 1)
    for fold, test in zip(trained.folds, people_tested, strict=True):
        train, validation = owners(trained.faces, fold.train), owners(trained.faces, fold.validation)
        assert not train & validation
        assert not (train | validation) & test
        assert len(train) + len(validation) + len(test) == people
    assert len(division.search_folds) == min(searched, number if outer is None else number - 1)
    if outer is None:
        assert sorted(name for part in people_tested for name in part) == sorted(set(faces.subjects.tolist()))  # type: ignore[union-attr]


def test_ten_folds_deal_sorted_subjects_as_published_for_ckplus() -> None:
    faces = sequences_of(people=118)
    division = divide(faces, Protocol(split="kfold", folds=10))
    parts = people_of_tests(faces, division)
    everyone = sorted(set().union(*parts))
    assert [sorted(part) for part in parts] == [everyone[fold::10] for fold in range(10)]
    assert [len(part) for part in parts] == [12] * 8 + [11] * 2
    assert division.words == "10 folds by subject, 3 in the search"


def test_each_fold_validates_on_the_part_that_the_next_one_tests() -> None:
    faces = sequences_of(people=10)
    division = divide(faces, Protocol(split="kfold", folds=5))
    parts = people_of_tests(faces, division)
    for number, fold in enumerate(division.confirm_folds):
        assert owners(faces, fold.validation) == parts[(number + 1) % 5]


def test_a_fold_of_the_search_holds_no_face_of_its_own_test_part() -> None:
    faces = sequences_of(people=10)
    division = divide(faces, Protocol(split="kfold", folds=5, search_folds=2))
    seen, parts = search_faces(faces, division), people_of_tests(faces, division)
    for fold, part in zip(seen.folds, parts[:2], strict=True):
        assert not owners(seen.faces, np.concatenate([fold.train, fold.validation])) & part


def test_a_nested_search_sees_nobody_of_the_outer_fold() -> None:
    faces = sequences_of(people=12)
    division = divide(faces, Protocol(split="kfold", folds=6, outer=4))
    seen, (part,) = search_faces(faces, division), people_of_tests(faces, division)
    assert not owners(seen.faces, np.arange(len(seen.faces))) & part
    assert len(seen.folds) == 3
    assert division.words == "6 folds by subject, nested in fold 4, 3 in the search"


def test_equal_divisions_have_equal_hashes_in_another_process_with_another_hash_seed() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/datasets'); import test_rotation as t;"
        "print(t.divide(t.sequences_of(people=20), t.Protocol(split='kfold', folds=10)).split_hash)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "9"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    here = divide(sequences_of(people=20), Protocol(split="kfold", folds=10))
    assert there.stdout.strip() == here.split_hash
    assert here.split_hash != divide(sequences_of(people=20), Protocol(split="kfold", folds=5)).split_hash


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 50), share=st.sampled_from([0.1, 0.2, 0.3]))
def test_a_grouped_split_keeps_photographs_whole_and_forgets_official_parts(seed: int, share: float) -> None:
    whole = sequences_of(people=30, seed=seed)
    faces = replace(
        whole, subjects=None, groups=whole.subjects, sequences=None, splits=np.array(["train"] * len(whole))
    )
    division = divide(faces, Protocol(split="grouped", test=share, seed=seed))
    test = open_test_split(faces, division).faces
    (fold,) = division.confirm_folds
    assert faces.groups is not None
    assert test.groups is not None
    parts = [set(faces.groups[fold.train]), set(faces.groups[fold.validation]), set(test.groups)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 30
    assert division.words.endswith(f"by group seed {seed}")
    assert (
        np.bincount(faces.labels).tolist()
        == (
            np.bincount(faces.labels[fold.train])
            + np.bincount(faces.labels[fold.validation])
            + np.bincount(test.labels)
        ).tolist()
    )


# --- fold lists


def test_a_fold_list_is_read_back_as_the_same_division(tmp_path: Path) -> None:
    faces = sequences_of(people=12)
    division = divide(faces, Protocol(split="kfold", folds=6))
    export_folds(faces, division, tmp_path / "folds.csv")
    again = divide(faces, Protocol(split="list", fold_list=tmp_path / "folds.csv"))
    assert again.split_hash == division.split_hash
    assert people_of_tests(faces, again) == people_of_tests(faces, division)
    nested = divide(faces, Protocol(split="list", fold_list=tmp_path / "folds.csv", outer=2))
    assert people_of_tests(faces, nested) == people_of_tests(faces, division)[2:3]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fold,part,face", "line 1: expected fold,part,face,label,owner, got fold,part,face"),
        ("0,trian,0,a,S000", "line 2: expected fold, part .*, got '0,trian,0,a,S000'"),
        ("x,train,0,a,S000", "line 2: expected fold, part .*, got 'x,train,0,a,S000'"),
        ("0,train,999,a,S000", "line 2: expected face 999 to be 'a' of 'S000', got one of 108"),
        ("0,train,0,z,OWNER", "line 2: expected face 0 to be 'z' of 'S0..', got '[abc]' of"),
        ("0,train,0,LABEL,S999", "line 2: expected face 0 to be '[abc]' of 'S999', got '[abc]' of 'S0"),
        (f"0,train,{'9' * 5000},a,S000", "line 2: expected fold, part .*, got '0,train,999"),
        ("0,train,0,LABEL,OWNER\n0,test,0,LABEL,OWNER", "line 3: .*, got face 0 of fold 0 as in line 2"),
        ("3,train,0,LABEL,OWNER", "expected folds 0, 1, 2 and so on, got \\[3\\]"),
    ],
)
def test_a_fold_list_that_does_not_fit_is_refused_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    faces = sequences_of(people=12)
    head = "" if line.startswith("fold") else "fold,part,face,label,owner\n"
    assert faces.subjects is not None
    label, owner = faces.class_names[faces.labels[0]], str(faces.subjects[0])
    text = head + line.replace("LABEL", label).replace("OWNER", owner)
    (tmp_path / "folds.csv").write_text(text + "\n")
    with pytest.raises(SplitError, match=told):
        divide(faces, Protocol(split="list", fold_list=tmp_path / "folds.csv"))


def test_a_fold_list_with_a_subject_on_both_sides_is_refused(tmp_path: Path) -> None:
    faces = sequences_of(people=12)
    path = tmp_path / "folds.csv"
    export_folds(faces, divide(faces, Protocol(split="kfold", folds=6)), path)
    lines = path.read_text().splitlines()
    first_test = next(i for i, line in enumerate(lines) if line.startswith("0,test"))
    lines[first_test] = lines[first_test].replace("0,test", "0,train", 1)
    path.write_text("\n".join(lines))
    with pytest.raises(
        SplitError, match=r"expected each subject in one part, got 1 in two: .* in train of fold 0"
    ):
        divide(faces, Protocol(split="list", fold_list=path))


def test_a_fold_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match=r"nowhere\.csv: expected a CSV of folds, got .*No such file"):
        divide(sequences_of(people=4), Protocol(split="list", fold_list=tmp_path / "nowhere.csv"))


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(),
        Protocol(folds=5),
        Protocol(split="grouped", folds=2),
        Protocol(split="kfold", folds=6, search_folds=4),
        Protocol(split="loso"),
    ],
    ids=lambda protocol: f"{protocol.split}-{protocol.folds}",
)
def test_a_fold_list_has_the_hash_of_what_it_was_written_from(tmp_path: Path, protocol: Protocol) -> None:
    faces = sequences_of(people=12)
    division = divide(faces, protocol)
    export_folds(faces, division, tmp_path / "folds.csv")
    searched = len(division.search_folds)
    again = divide(faces, Protocol(split="list", fold_list=tmp_path / "folds.csv", search_folds=searched))
    assert again.split_hash == division.split_hash


def test_a_crossing_writes_no_fold_list(tmp_path: Path) -> None:
    other = replace(sequences_of(people=30, seed=1, camera=1), name="other")
    trained, division = divide_across(sequences_of(people=20), other, Protocol())
    with pytest.raises(
        SplitError, match="expected a division of one dataset, got one that is tested on other"
    ):
        export_folds(trained, division, tmp_path / "folds.csv")
    assert not (tmp_path / "folds.csv").exists()


# --- across datasets


def test_a_crossing_trains_on_one_dataset_and_tests_on_the_other_over_shared_classes() -> None:
    faces, other = sequences_of(people=20, classes=4), sequences_of(people=5, classes=3, seed=1, camera=1)
    other = replace(other, name="other", class_names=("c", "z", "a"))
    trained, division = divide_across(faces, other, Protocol())
    test = open_test_split(trained, division).faces
    assert trained.class_names == test.class_names == ("a", "c")
    assert (len(trained), len(test)) == (20 * 2 * 3, 5 * 2 * 3)
    assert division.counts["test"] == len(test)
    assert division.words.startswith("cross to other, 2 classes, holdout")
    assert set(test.labels[other.labels[np.isin(other.labels, [0, 2])] == 2].tolist()) == {0}


def test_a_crossing_uses_the_official_test_part_of_the_other_dataset() -> None:
    other = sequences_of(people=5, camera=1)
    other = replace(other, splits=np.array(["train", "test", "test"] * 15), subjects=None, sequences=None)
    trained, division = divide_across(sequences_of(people=20), other, Protocol())
    assert len(open_test_split(trained, division).faces) == 30


def test_a_picture_that_is_trained_on_cannot_be_tested_on() -> None:
    faces = sequences_of(people=20)
    with pytest.raises(
        SplitError, match="made to again: expected other pictures to test on, got 180 that are in both"
    ):
        divide_across(faces, replace(faces, name="again"), Protocol())


def test_datasets_that_share_too_little_do_not_cross() -> None:
    faces = sequences_of(people=8)
    with pytest.raises(SplitError, match="expected two shared classes or more, got a of a, b, c and a, y, z"):
        divide_across(faces, replace(faces, class_names=("a", "y", "z")), Protocol())
    wide = replace(faces, images=np.zeros((len(faces), 3, 3), dtype=np.uint8))
    with pytest.raises(SplitError, match=r"pictures of one shape, got \(2, 2\) and \(3, 3\)"):
        divide_across(faces, wide, Protocol())


# --- leaky rules


def test_dealt_pictures_put_people_on_both_sides_and_keep_the_folds_sizes() -> None:
    faces = sequences_of(people=20)
    honest = divide(faces, Protocol(split="kfold", folds=5))
    leaky = deal_random_images(faces, honest, seed=0)
    for fold, other, test in zip(
        honest.confirm_folds, leaky.confirm_folds, people_of_tests(faces, leaky), strict=True
    ):
        assert (len(fold.train), len(fold.validation)) == (len(other.train), len(other.validation))
        assert owners(faces, other.train) & test
        assert np.bincount(faces.labels[other.validation], minlength=3).min() > 0
    assert leaky.words == "5 folds by subject, 3 in the search, dealt by pictures"
    assert leaky.split_hash == deal_random_images(faces, honest, seed=0).split_hash
    assert leaky.split_hash != deal_random_images(faces, honest, seed=1).split_hash


# --- what is refused


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"split": "kfold", "folds": 2}, "kfold needs 3 folds to train, validate and test, got folds=2"),
        ({"split": "random"}, "expected a split out of official, .*, got 'random'"),
        ({"split": "loso", "search_folds": 0}, "got folds=1, search_folds=0"),
        ({"split": "list"}, "split list needs the CSV in fold_list, got none"),
    ],
)
def test_a_rotation_out_of_range_is_refused(values: dict[str, str | int], told: str) -> None:
    with pytest.raises(SplitError, match=told):
        Protocol(**values)  # type: ignore[arg-type]


def test_too_few_subjects_or_none_are_refused() -> None:
    with pytest.raises(SplitError, match="expected 10 subjects or more for kfold, got 4"):
        divide(sequences_of(people=4), Protocol(split="kfold", folds=10))
    alone = replace(sequences_of(people=4), subjects=None, sequences=None)
    with pytest.raises(SplitError, match="expected subjects for a loso split, got none"):
        divide(alone, Protocol(split="loso"))
    with pytest.raises(SplitError, match=r"expected an outer fold in \[0, 4\), got 4"):
        divide(sequences_of(people=8), Protocol(split="kfold", folds=4, outer=4))
    with pytest.raises(SplitError, match="expected a test part of the source's own, got none"):
        divide(sequences_of(people=8), Protocol(split="official"))
