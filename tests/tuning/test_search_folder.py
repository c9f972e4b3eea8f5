"""The folder of a search: its lock between processes, and what happens where none can be made."""

from __future__ import annotations

import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.errors import LockedError, ResultsError
from harness.tuning.folder import SearchFolder

HOLDER = """
import sys
from pathlib import Path
from harness.tuning.folder import SearchFolder
with SearchFolder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(root: Path) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


@pytest.fixture
def folder(tmp_path: Path) -> SearchFolder:
    folder = SearchFolder(tmp_path / "results" / "toy")
    folder.create()
    return folder


def test_a_second_process_is_refused_with_the_first_ones_id_and_host(folder: SearchFolder) -> None:
    host = re.escape(platform.node())
    with held_by_another_process(folder.root) as holder:
        expected = rf"{folder.root} is in use by process {holder.pid} on host {host}; wait for it"
        with pytest.raises(LockedError, match=expected), folder.locked():
            pass


def test_a_folder_whose_process_was_killed_is_free(folder: SearchFolder) -> None:
    with held_by_another_process(folder.root) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert folder.owner.exists()  # it had no time to clear up
        with folder.locked():
            pass


def test_the_owner_is_named_only_while_it_holds_the_folder(folder: SearchFolder) -> None:
    with folder.locked():
        assert platform.node() in folder.owner.read_text()
    assert not folder.owner.exists()


def test_an_owner_that_cannot_be_read_is_another_process(folder: SearchFolder) -> None:
    with held_by_another_process(folder.root):
        folder.owner.write_text("{")
        with (
            pytest.raises(LockedError, match=rf"{folder.root} is in use by another process"),
            folder.locked(),
        ):
            pass


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = SearchFolder(tmp_path / "file" / "toy")
    expected = rf"results folder {folder.root} cannot be made: Not a directory; name another with --results"
    with pytest.raises(ResultsError, match=expected):
        folder.create()


def test_making_a_folder_that_exists_changes_nothing(folder: SearchFolder) -> None:
    folder.journal.touch()
    folder.create()
    assert list(folder.root.iterdir()) == [folder.journal]


def test_files_of_a_training_are_named_by_the_last_part_of_its_name(folder: SearchFolder) -> None:
    name = "ckplus/multi-threshold/0007-confirmed-1"
    assert folder.checkpoint(name) == folder.root / "checkpoints" / "0007-confirmed-1.safetensors"
    assert folder.embedding(name) == folder.root / "embeddings" / "0007-confirmed-1.npy"
    folder.write_failure(name, "Traceback")
    assert (folder.root / "failures" / "0007-confirmed-1.txt").read_text() == "Traceback"
