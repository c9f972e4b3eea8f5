"""MMI as it is distributed: labels in XML, frames around the middle, two views, clips on their side."""

from __future__ import annotations

from pathlib import Path

import mmi_tree
import numpy as np
import pytest
from drawn import framed

from harness.datasets.check import check
from harness.datasets.pack.pixels import read_picture
from harness.datasets.sample import VideoFrame
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.mmi import SOURCE
from harness.errors import ImageError, LabelError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """S001 (right half), S002 (right half), S003 (left half), and from S053 the odd sessions."""
    root = tmp_path_factory.mktemp("mmi")
    mmi_tree.write_tree(root, people=3)
    mmi_tree.write_session(root, 90, subject="S030", label="fear", code=3, person=5)
    return root


def listed(root: Path, **options: str | int) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, dict(options)))


def places(listing: Listing, subject: str) -> list[VideoFrame]:
    found = [sample.place for sample in listing.samples if sample.subject == subject]
    assert all(isinstance(place, VideoFrame) for place in found)
    return found  # type: ignore[return-value]


def test_a_session_gives_its_three_middle_frames_and_its_subject_stands_in_the_videos_name(
    tree: Path,
) -> None:
    listing = listed(tree)
    first = [sample for sample in listing.samples if sample.sequence == "1"]
    assert [(s.label, s.code, s.subject, s.role) for s in first] == [("anger", "1", "S001", "apex")] * 3
    assert [sample.place.offset for sample in first if isinstance(sample.place, VideoFrame)] == [-1, 0, 1]


def test_other_sessions_are_left_out_and_counted(tree: Path) -> None:
    assert {part.reason: part.count for part in listed(tree).left_out} == {
        "sessions with action units alone": 1,
        "sessions of another label": 1,
        "sessions of S021": 1,
    }


def test_views_and_turns_are_those_of_the_public_loader(tree: Path) -> None:
    listing = listed(tree)
    assert {(place.view, place.turn) for place in places(listing, "S001")} == {("right", 0)}
    assert {(place.view, place.turn) for place in places(listing, "S003")} == {("left", 0)}
    assert {(place.view, place.turn) for place in places(listing, "S030")} == {("whole", 1)}
    whole = listed(tree, views="whole")
    assert {(place.view, place.turn) for place in places(whole, "S001")} == {("whole", 0)}
    assert places(whole, "S021")


@pytest.mark.parametrize(("subject", "person"), [("S001", 0), ("S003", 2)])
def test_the_frontal_half_is_what_is_seen(tree: Path, subject: str, person: int) -> None:
    middle = next(place for place in places(listed(tree), subject) if place.offset == 0)
    seen = read_picture(tree, middle, color="gray").astype(float)
    drawn = framed("anger", person=person, take=0, width=96, height=96)
    assert seen.shape == drawn.shape
    assert np.abs(seen - drawn).mean() < 12


def test_a_clip_on_its_side_is_put_upright(tree: Path) -> None:
    middle = next(place for place in places(listed(tree), "S030") if place.offset == 0)
    drawn = framed("fear", person=5, take=0, width=96, height=96)
    assert np.abs(read_picture(tree, middle, color="gray").astype(float) - drawn).mean() < 12


def test_no_count_is_certain(tree: Path) -> None:
    assert check(SOURCE, listed(tree), chosen_options(SOURCE, {})).differs == ()


def test_a_video_that_is_too_short_is_told(tree: Path) -> None:
    with pytest.raises(
        ImageError, match=r"S001-001\.avi: expected a frame \+9 from the middle, got a video of 7 frames"
    ):
        read_picture(tree, VideoFrame("Sessions/1/S001-001.avi", 9), color="gray")


def test_damage_is_told_with_the_file(tmp_path: Path) -> None:
    mmi_tree.write_session(tmp_path, 1, subject="S053", label="fear", code=3, person=0)
    labels = tmp_path / "Sessions/1/S053-001.xml"
    labels.write_text("<Session><Metadata")
    with pytest.raises(LabelError, match=r"S053-001\.xml: expected XML with <Metadata Name='Emotion'"):
        listed(tmp_path)
    labels.write_text('<Session><Metadata Name="Emotion" Value="happy"/></Session>')
    with pytest.raises(LabelError, match=r"S053-001\.xml: .*'happy'"):
        listed(tmp_path)
    labels.write_text('<Session><Metadata Name="Emotion" Value="3"/></Session>')
    (tmp_path / "Sessions/1/S053-001.avi").rename(tmp_path / "Sessions/1/clip.avi")
    with pytest.raises(LabelError, match=r"clip\.avi: expected a name such as S001-001\.avi"):
        listed(tmp_path)
    (tmp_path / "Sessions/1/clip.avi").unlink()
    with pytest.raises(LabelError, match="Sessions/1: expected one video, got 0"):
        listed(tmp_path)


def test_the_label_is_found_in_the_videos_namesake_wherever_it_stands(tmp_path: Path) -> None:
    mmi_tree.write_session(tmp_path, 1, subject="S053", label="fear", code=3, person=0)
    folder = tmp_path / "Sessions/1"
    (folder / "AAA.xml").write_text('<Session><Metadata Name="Emotion" Value="1"/></Session>')
    (folder / "S053-001.xml").write_text(
        '<Session xmlns="urn:x"><Track><Metadata Name="Pose" Value="1"/>'
        '<Metadata Name="Emotion" Value="3"/></Track></Session>'
    )
    assert {sample.label for sample in listed(tmp_path).samples} == {"fear"}
    (folder / "S053-001.xml").unlink()
    assert {sample.label for sample in listed(tmp_path).samples} == {"anger"}


def test_labels_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    mmi_tree.write_session(tmp_path, 1, subject="S053", label="fear", code=3, person=0)
    text = '<!DOCTYPE Session [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Session>&b;&b;</Session>'
    (tmp_path / "Sessions/1/S053-001.xml").write_text(text)
    with pytest.raises(
        LabelError, match=r"S053-001\.xml: expected XML .*, got definitions of entities; fetch it again"
    ):
        listed(tmp_path)


@pytest.mark.parametrize(("frames", "offsets"), [(1, [0]), (5, [-2, -1, 0, 1, 2])])
def test_the_number_of_frames_is_an_option(tree: Path, frames: int, offsets: list[int]) -> None:
    places_of_one = [s.place for s in listed(tree, frames=frames).samples if s.sequence == "1"]
    assert [place.offset for place in places_of_one if isinstance(place, VideoFrame)] == offsets


def test_frames_and_views_stand_in_the_protocols_name() -> None:
    assert SOURCE.describe(chosen_options(SOURCE, {})) == "6 classes, 3 middle frames"
    whole = chosen_options(SOURCE, {"frames": 1, "views": "whole"})
    assert SOURCE.describe(whole) == "6 classes, 1 middle frames, whole pictures"
