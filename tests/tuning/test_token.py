"""A token that opens a cluster is its owner's alone, whoever made it."""

from __future__ import annotations

from pathlib import Path

from harness.tuning.token import keep_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_one_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / ".ray" / "auth_token"
    keep_private(path)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert len(path.read_text()) == 64


def test_one_that_others_can_read_is_closed_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "auth_token"
    path.write_text("in use")
    path.chmod(0o644)
    keep_private(path)
    assert (mode(path), path.read_text()) == (0o600, "in use")


def test_a_home_that_cannot_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    keep_private(tmp_path / "home" / ".ray" / "auth_token")
