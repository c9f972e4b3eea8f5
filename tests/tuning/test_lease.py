"""The lease of a search folder: who is alive, who is taken for dead, and what keeps the one who was from writing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from harness.errors import LockedError
from harness.tuning.lease import Lease, await_end, leased, parse_owner

OTHER = {"token": "f00d", "host": "host2", "boot": "b007", "process": 77, "beat": "000000000001"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "running.json"


def test_a_lease_names_its_holder_and_is_gone_at_the_end(path: Path) -> None:
    with leased(path, locked=True) as lease:
        assert parse_owner(path.read_bytes()) == lease.owner
        assert lease.owner.process == os.getpid()
        lease.check()
    assert not path.exists()


def test_a_lease_of_this_boot_is_free_at_once_for_who_has_the_lock(path: Path) -> None:
    alive = Lease(path, beat_s=600)
    assert await_end(path, locked=True, patience_s=600) is False
    alive.release()


def test_another_hosts_lease_that_does_not_beat_is_taken_over_after_the_patience(path: Path) -> None:
    path.write_text(json.dumps(OTHER))
    told: list[str] = []
    with leased(path, locked=True, patience_s=0.05, tell=told.append, beat_s=0.01) as lease:
        lease.check()
    assert told == [
        f"{path.parent} was left by process 77 on host host2; if that does not beat within 0.05 s, this takes it over"
    ]


def test_a_lease_that_beats_is_refused_with_its_process_and_host(path: Path) -> None:
    alive = Lease(path, beat_s=0.01)
    expected = rf"{re.escape(str(path.parent))} is in use by process {os.getpid()} on host .* which beat less"
    with pytest.raises(LockedError, match=expected):
        await_end(path, locked=False, patience_s=600, poll_s=0.2)
    alive.release()


@pytest.mark.parametrize("content", [json.dumps(OTHER), "{", ""])
def test_who_lost_his_lease_is_told_and_leaves_the_others_alone(path: Path, content: str) -> None:
    lost = Lease(path, beat_s=0.01)
    path.unlink()
    path.write_text(content)
    with pytest.raises(LockedError, match="another driver took over"):
        lost.check()
    lost.release()  # its beats went to its own file, and that is gone
    assert path.read_text() == content


def test_a_lease_that_was_deleted_is_lost(path: Path) -> None:
    lost = Lease(path, beat_s=600)
    path.unlink()
    with pytest.raises(LockedError, match="its lease is gone"):
        lost.check()
    lost.release()
