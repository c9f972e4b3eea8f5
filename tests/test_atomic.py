"""Whole files and folders: a reader sees the old content or the new one, whatever happens to the writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.atomic import check_new, whole_file, whole_folder
from harness.errors import ResultsError

KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from harness.atomic import check_new, whole_file, whole_folder
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


FOLDER_KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from harness.atomic import whole_folder
with whole_folder(Path(sys.argv[1])) as temporary:
    (temporary / "half").write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def fill(path: Path) -> None:
    with whole_folder(path) as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "file").write_text("new")
        assert not path.exists() or list(path.iterdir()) == []


def fill_in_vain(path: Path) -> None:
    with whole_folder(path) as temporary:
        (temporary / "half").write_text("half of the n")
        raise ValueError("in the middle")


@pytest.mark.parametrize("there", [False, True], ids=["missing", "empty"])
def test_a_folder_appears_whole_and_with_its_parents(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "models" / "best"
    if there:
        folder.mkdir(parents=True)
    fill(folder)
    assert (folder / "inner" / "file").read_text() == "new"
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_whose_block_fails_leaves_nothing_and_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="in the middle"):
        fill_in_vain(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_writer_is_killed_does_not_appear_and_can_be_written_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FOLDER_KILLED_IN_THE_MIDDLE, str(tmp_path / "model")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    fill(tmp_path / "model")


def fill_while_another_does(path: Path) -> None:
    with whole_folder(path) as temporary:
        (temporary / "ours").touch()
        path.mkdir()
        (path / "theirs").touch()


def test_a_folder_that_somebody_fills_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"cannot write .*model: Directory not empty"):
        fill_while_another_does(tmp_path / "model")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [tmp_path / "model"]


def test_a_full_folder_a_file_or_a_link_is_not_new(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    for name in "abcd":
        (tmp_path / "full" / name).touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ResultsError, match=r"full is there already and holds a, b, c; remove it"):
        check_new(tmp_path / "full")
    for name in ("file", "link"):
        with pytest.raises(
            ResultsError, match=rf"{name} is there already; remove it, or name another with -o"
        ):
            check_new(tmp_path / name)
    check_new(tmp_path / "new")
    with pytest.raises(ResultsError, match=r"full is there already"), whole_folder(tmp_path / "full"):
        pass


def test_a_folder_below_a_file_is_an_error_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match=r"cannot write .*file/model: .*run the same command again"):
        fill(tmp_path / "file" / "model")
