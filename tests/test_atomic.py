"""Whole files: a reader sees the old content or the new one, whatever happens to the writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.atomic import whole_file
from harness.errors import ResultsError

KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from harness.atomic import whole_file
with whole_file(Path(sys.argv[1])) as temporary:
    temporary.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trials.parquet"


def write(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text)


def fail_in_the_middle(path: Path) -> None:
    with whole_file(path) as temporary:
        temporary.write_text("half of the n")
        raise ValueError("in the middle")


def test_a_file_is_made_and_replaced_with_nothing_left_beside_it(path: Path) -> None:
    for text in ("old", "new"):
        write(path, text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_missing_folders_are_made(path: Path) -> None:
    deep = path.parent / "results" / "quickstart" / path.name
    write(deep, "new")
    assert deep.read_text() == "new"


def test_until_the_block_ends_a_reader_sees_the_old_content(path: Path) -> None:
    write(path, "old")
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_the_temporary_file_is_no_parquet_file_to_those_who_look_for_some(path: Path) -> None:
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == path.parent  # else the rename would be a copy
        assert list(path.parent.glob("*.parquet")) == []


def test_a_block_that_fails_leaves_the_old_content_and_its_own_error(path: Path) -> None:
    write(path, "old")
    with pytest.raises(ValueError, match="in the middle"):
        fail_in_the_middle(path)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_writer_that_is_killed_leaves_the_old_content(path: Path) -> None:
    write(path, "old")
    done = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    write(path, "new")
    assert path.read_text() == "new"


def test_a_file_where_a_folder_should_be_is_an_error_with_the_path(path: Path) -> None:
    path.write_text("a file")
    with pytest.raises(
        ResultsError, match=r"cannot write .*trials\.parquet/epochs\.parquet: .+ run the same command again"
    ):
        write(path / "epochs.parquet", "new")


def test_a_folder_where_the_file_should_be_is_an_error_that_leaves_nothing_behind(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ResultsError, match=r"cannot write .*trials\.parquet: Is a directory"):
        write(path, "new")
    assert list(path.parent.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error_too(path: Path) -> None:
    with pytest.raises(ResultsError, match=r"cannot write .*trials\.parquet: No such file"), whole_file(path):
        pass
    assert list(path.parent.iterdir()) == []
