"""What a kill may leave of a journal, and what nobody but a fault of the disk could."""

from __future__ import annotations

import errno
import json
import os
import resource
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from toy_search import content, entries, make_spec, open_search, play

from harness.errors import JournalError, LockedError, ResultsError
from harness.tuning.journal import FOLLOWING, Journal, open_journal
from harness.tuning.lease import Lease, leased

SPEC = make_spec(
    sampler={"name": "tpe", "startup_trials": 2},
    early_stopping={"name": "asha", "min_epochs": 1, "reduction_factor": 2},
    budget={"trials": 6, "epochs": 3},
    seed=1,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a search that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    play(open_search(folder, SPEC))
    return folder / "journal.log"


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def test_a_search_cut_at_any_entry_goes_on_to_the_same_trials(whole: Path, tmp_path: Path) -> None:
    lines = entries(whole)
    write(tmp_path / "journal.log", lines)
    expected = content(open_search(tmp_path, SPEC))
    assert {trial[3].state.value for trial in expected} == {"COMPLETE", "PRUNED"}
    for kept in range(len(lines) + 1):
        write(tmp_path / "journal.log", lines[:kept])
        resumed = open_search(tmp_path, SPEC)
        play(resumed)
        assert content(resumed) == expected, f"differs after a cut at entry {kept}"


def test_a_last_line_cut_at_any_byte_is_moved_aside_with_its_transaction(whole: Path, tmp_path: Path) -> None:
    lines = entries(whole)
    *_, begin = (number for number, line in enumerate(lines[:-1], start=1) if not json.loads(line)[FOLLOWING])
    kept, torn = b"".join(lines[:begin]), b"".join(lines[begin:])
    path = tmp_path / "journal.log"
    for missing in range(1, len(lines[-1]) + 1):
        path.write_bytes((kept + torn)[:-missing])
        open_journal(path)
        assert path.read_bytes() == kept
        assert (tmp_path / "journal.torn").read_bytes() == torn[:-missing]


def test_a_whole_journal_is_left_as_it_is(whole: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "journal.log", entries(whole))
    open_journal(path)
    assert path.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "journal.torn").exists()


def test_reading_a_torn_journal_changes_nothing(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(whole.read_bytes()[:-7])
    study = optuna.load_study(study_name="search", storage=Journal(path).storage)
    assert [trial.state.is_finished() for trial in study.trials] == [True] * 5 + [False]
    assert path.read_bytes() == whole.read_bytes()[:-7]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"\x00\x00\n", r"expected a JSON object in each line, got b'\\x00\\x00\\n'", id="zeros"),
        pytest.param(
            b'{"op_code":\n', r"expected a JSON object .*, got b'\{\"op_code\":\\n'", id="half a line"
        ),
        pytest.param(b"\xff\xfe\n", r"expected a JSON object .*, got b'\\xff\\xfe\\n'", id="no UTF-8"),
        pytest.param(b"[4]\n", r"expected a JSON object .*, got b'\[4\]\\n'", id="no object"),
        pytest.param(b'{"worker_id":"w"}\n', r"'op_code'", id="no operation"),
        pytest.param(b'{"op_code":99,"worker_id":"w"}\n', r"Should not reach", id="unknown operation"),
    ],
)
def test_damage_within_names_the_file_and_the_fault(
    whole: Path, tmp_path: Path, line: bytes, message: str
) -> None:
    lines = entries(whole)
    path = write(tmp_path / "journal.log", [*lines[:4], line, *lines[5:]])
    with pytest.raises(
        JournalError, match=rf"journal {path} is damaged: {message}.*; restore it from a copy"
    ):
        open_journal(path)
    with pytest.raises(JournalError, match=rf"journal {path} is damaged: {message}"):
        Journal(path)
    assert entries(path)[4] == line


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.log")
    study = optuna.create_study(storage=journal.storage, study_name="search")
    before = entries(tmp_path / "journal.log")

    def fail_in_between() -> None:
        with journal.file.transaction():
            study.ask()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_between()
    assert entries(tmp_path / "journal.log") == before


def test_each_entry_says_how_many_of_its_transaction_follow(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.log")
    study = optuna.create_study(storage=journal.storage, study_name="search")
    with journal.file.transaction():
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        trial.set_user_attr("note", "here")
    assert [json.loads(line)[FOLLOWING] for line in entries(tmp_path / "journal.log")] == [0, 2, 1, 0]


def test_optunas_own_backend_reads_the_file(whole: Path) -> None:
    storage = JournalStorage(JournalFileBackend(str(whole)))
    assert len(optuna.load_study(study_name="search", storage=storage).trials) == SPEC.budget.trials


def append_note(journal: Journal) -> None:
    journal.storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE], study_name="x" * 500)


def test_a_disk_that_takes_half_an_append_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.log")
    optuna.create_study(storage=journal.storage, study_name="search")
    before = journal.file.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (len(before) + 50, limits[1])
    )  # 50 bytes are written, then it is full
    try:
        with pytest.raises(ResultsError, match=r"cannot write .*journal\.log: File too large; mend that"):
            append_note(journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert journal.file.path.read_bytes() == before
    with pytest.raises(ResultsError, match="File too large"):  # its memory is ahead of the file
        append_note(journal)
    append_note(open_journal(journal.file.path))
    assert len(entries(journal.file.path)) == 2


def test_a_failed_fsync_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = open_journal(tmp_path / "journal.log")
    optuna.create_study(storage=journal.storage, study_name="search")
    before = journal.file.path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ResultsError, match="Input/output error"):
        append_note(journal)
    assert journal.file.path.read_bytes() == before


def test_a_driver_that_lost_its_lease_appends_nothing(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "running.json", beat_s=600)
    journal = open_journal(tmp_path / "journal.log", fence=lease.check)
    optuna.create_study(storage=journal.storage, study_name="search")
    before = journal.file.path.read_bytes()
    with (
        leased(tmp_path / "running.json", locked=True),
        pytest.raises(LockedError, match="another driver took over"),
    ):
        append_note(journal)
    with pytest.raises(LockedError, match="another driver took over"):  # for good
        append_note(journal)
    assert journal.file.path.read_bytes() == before
    lease.release()
