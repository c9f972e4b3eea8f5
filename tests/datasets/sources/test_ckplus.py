"""CK+ as it is distributed: which frames, which labels, which people, and what is told of a damaged copy."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import ckplus_tree
import pytest

from harness.datasets.check import CheckRow, check
from harness.datasets.sample import ImageFile, LandmarkFile
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.ckplus import SOURCE
from harness.errors import DatasetError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ckplus")
    ckplus_tree.write_tree(root, people=5)
    return root


@pytest.fixture
def one_person(tmp_path: Path) -> Path:
    """S005 alone, to be damaged."""
    ckplus_tree.write_tree(tmp_path, people=1)
    return tmp_path


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def counted(root: Path, **options: str | int | bool) -> dict[str, CheckRow]:
    """The counts that are compared with the literature, by what is counted."""
    report = check(SOURCE, listed(root, **options), chosen_options(SOURCE, options))
    return {row.what: row for row in report.rows}


def test_each_labelled_sequence_gives_its_last_three_frames(tree: Path) -> None:
    listing = listed(tree)
    assert len(listing.samples) == 5 * 7 * 3
    assert set(Counter(sample.sequence for sample in listing.samples).values()) == {3}
    first = listing.samples[0]
    assert first.place == ImageFile("cohn-kanade-images/S005/001/S005_001_00000003.png")
    assert first.crop == LandmarkFile("Landmarks/S005/001/S005_001_00000003_landmarks.txt")
    assert (first.label, first.code, first.subject, first.sequence) == ("anger", "1", "S005", "S005/001")


def test_a_sequence_without_a_label_is_left_out_and_counted(tree: Path) -> None:
    assert [(part.reason, part.count) for part in listed(tree).left_out] == [("sequences without a label", 1)]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_the_number_of_last_frames_is_an_option(tree: Path, frames: int) -> None:
    of_sequence = [s.place.path for s in listed(tree, frames=frames).samples if s.sequence == "S005/001"]
    numbers = [int(path[-12:-4]) for path in of_sequence]
    assert numbers == list(range(6 - frames, 6))


def test_contempt_is_left_out_and_counted_if_asked_for(tree: Path) -> None:
    listing = listed(tree, contempt=False)
    assert "contempt" not in {sample.label for sample in listing.samples}
    assert [(part.reason, part.count) for part in listing.left_out] == [
        ("sequences without a label", 1),
        ("sequences of contempt (contempt: false)", 5),
    ]


def test_the_first_frame_is_neutral_if_asked_for(tree: Path) -> None:
    samples = [s for s in listed(tree, neutral="first-frame").samples if s.sequence == "S005/001"]
    assert [(sample.label, sample.role) for sample in samples] == [("neutral", "neutral")] + 3 * [
        ("anger", "apex")
    ]
    assert samples[0].place == ImageFile("cohn-kanade-images/S005/001/S005_001_00000001.png")


def test_no_frame_of_a_short_sequence_is_both_neutral_and_apex(tree: Path) -> None:
    listing = listed(tree, neutral="first-frame", frames=10)
    roles = Counter(sample.role for sample in listing.samples if sample.sequence == "S005/001")
    assert roles == {"neutral": 1, "apex": 4}


def test_a_sequence_of_one_frame_is_its_apex(one_person: Path) -> None:
    folder = one_person / "cohn-kanade-images/S005/001"
    for number in range(1, 5):
        (folder / f"S005_001_{number:08d}.png").unlink()
    samples = listed(one_person, neutral="first-frame").samples
    assert [sample.role for sample in samples if sample.sequence == "S005/001"] == ["apex"]


def test_a_whole_set_is_327_sequences_of_118_people(tree: Path) -> None:
    rows = counted(tree)
    assert {what: row.expected for what, row in rows.items()} == {
        "anger sequences": (45,),
        "contempt sequences": (18,),
        "disgust sequences": (59,),
        "fear sequences": (25,),
        "happiness sequences": (69,),
        "sadness sequences": (28,),
        "surprise sequences": (83,),
        "sequences": (327,),
        "subjects": (118,),
        "faces": (981,),
    }
    assert all(row.sure for row in rows.values())
    assert (rows["fear sequences"].found, rows["subjects"].found, rows["faces"].found) == (5, 5, 105)


def test_without_contempt_there_are_309_sequences_and_118_people_are_not_certain(tree: Path) -> None:
    rows = counted(tree, contempt=False)
    assert "contempt sequences" not in rows
    assert (rows["sequences"].expected, rows["sequences"].sure) == ((309,), True)
    assert (rows["faces"].expected, rows["faces"].sure) == ((927,), True)
    assert (rows["subjects"].expected, rows["subjects"].sure) == ((118,), False)


@pytest.mark.parametrize(
    ("frames", "neutral", "faces", "sure"),
    [
        (1, "none", 327, True),
        (2, "first-frame", 981, True),
        (3, "first-frame", 1308, False),
        (5, "none", 1635, False),
    ],
)
def test_more_than_three_frames_of_every_sequence_are_not_certain(
    tree: Path, frames: int, neutral: str, faces: int, sure: bool
) -> None:
    row = counted(tree, frames=frames, neutral=neutral)["faces"]
    assert (row.expected, row.sure) == ((faces,), sure)


@pytest.mark.parametrize("text", ["0.0", "8.0000000e+00", "3.7", "-1", "nan", "inf", "joy", "", "1 2"])
def test_a_code_that_ckplus_does_not_have_is_refused(one_person: Path, text: str) -> None:
    name = "S005_001_00000005_emotion.txt"
    (one_person / "Emotion/S005/001" / name).write_text(f"   {text}\n")
    with pytest.raises(LabelError) as caught:
        listed(one_person)
    assert f"{name}: expected a code out of 1 anger, 2 contempt" in str(caught.value)
    assert f"got {text!r}; unpack Emotion_labels.zip again" in str(caught.value)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("cohn-kanade-images", r"expected CK\+ with cohn-kanade-images/S\*/.*, got Emotion, Landmarks; "),
        ("Landmarks", r"expected CK\+ with Landmarks/S005/001/\*_landmarks\.txt, got Emotion, cohn-kanade"),
        ("Emotion", r"expected faces of CK\+, got none; Ask for CK\+"),
    ],
)
def test_a_part_that_is_not_unpacked_is_told(one_person: Path, part: str, told: str) -> None:
    shutil.rmtree(one_person / part)
    with pytest.raises(DatasetError, match=told):
        listed(one_person)


def test_landmarks_of_one_sequence_that_are_missing_are_told(one_person: Path) -> None:
    shutil.rmtree(one_person / "Landmarks/S005/003")
    with pytest.raises(DatasetError, match=r"with Landmarks/S005/003/\*_landmarks\.txt"):
        listed(one_person)


def test_one_lost_landmark_file_is_left_to_the_packer(one_person: Path) -> None:
    (one_person / "Landmarks/S005/001/S005_001_00000005_landmarks.txt").unlink()
    assert len(listed(one_person).samples) == 7 * 3


def test_pictures_of_a_labelled_sequence_that_are_missing_are_told(one_person: Path) -> None:
    for picture in (one_person / "cohn-kanade-images/S005/002").glob("*.png"):
        picture.unlink()
    with pytest.raises(DatasetError, match=r"with cohn-kanade-images/S005/002/S005_002_\*\.png"):
        listed(one_person)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "7 classes with contempt, last 3 frames"),
        ({"contempt": False}, "6 classes, last 3 frames"),
        ({"contempt": False, "neutral": "first-frame"}, "7 classes with neutral, last 3 frames"),
        ({"neutral": "first-frame", "frames": 5}, "8 classes with contempt and neutral, last 5 frames"),
    ],
)
def test_the_class_set_and_the_frames_stand_in_the_protocols_name(
    options: dict[str, str | int | bool], words: str
) -> None:
    assert SOURCE.describe(chosen_options(SOURCE, options)) == words
