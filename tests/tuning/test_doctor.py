"""`harness doctor` over a search whose trials train nothing: each fault is said and mended, nothing is deleted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_search import PROVENANCE, content, make_spec, open_search, play
from typer.testing import CliRunner

from harness.cli import app
from harness.reporting.tables import write_search
from harness.tuning.folder import SearchFolder
from harness.tuning.lease import Lease
from harness.tuning.read import read_search

SPEC = make_spec(budget={"trials": 3, "epochs": 2})


@pytest.fixture
def results(tmp_path: Path) -> Path:
    play(open_search(tmp_path / "toy", SPEC))
    (tmp_path / "toy" / "provenance.json").write_text(json.dumps(PROVENANCE.to_dict()))
    write_search(read_search(SearchFolder(tmp_path / "toy")), tmp_path / "toy")
    return tmp_path


def doctor(results: Path, *flags: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(app, ["doctor", str(results), *flags])
    assert outcome.exit_code == code, outcome.output
    return outcome.output


def test_a_healthy_search_is_well(results: Path) -> None:
    assert "toy  well" in doctor(results)


def test_a_torn_journal_is_mended_and_its_end_moved_aside(results: Path) -> None:
    journal = results / "toy" / "journal.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4')
    assert "would be done" in doctor(results, "--dry-run")
    assert journal.read_bytes() != whole
    assert "journal.log ends in 12 bytes of a transaction that was cut off" in doctor(results)
    assert journal.read_bytes() == whole
    assert (results / "toy" / "aside" / "1" / "journal.torn").read_bytes() == b'{"op_code":4'
    assert "toy  well" in doctor(results)


def test_tables_are_written_again_from_the_journal(results: Path) -> None:
    (results / "toy" / "epochs.parquet").unlink()
    (results / "toy" / "runs.parquet").write_bytes(b"PAR")
    told = doctor(results)
    assert "epochs.parquet is missing" in told
    assert (results / "toy" / "aside" / "1" / "runs.parquet").read_bytes() == b"PAR"
    assert "toy  well" in doctor(results)


def test_a_cut_journal_names_the_trials_that_are_gone_and_keeps_the_tables(results: Path) -> None:
    journal, table = results / "toy" / "journal.log", results / "toy" / "trials.parquet"
    before = table.read_bytes()
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-3]))
    assert "trials 2 of trials.parquet are gone" in doctor(results, code=1)
    assert table.read_bytes() == before


def test_a_damaged_line_cannot_be_mended(results: Path) -> None:
    journal = results / "toy" / "journal.log"
    first, _, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([first, b"{torn\n", *rest]))
    assert "toy  cannot be mended" in doctor(results, code=1)


def test_what_a_killed_writer_left_is_moved_aside(results: Path) -> None:
    (results / "toy" / ".trials.parquet.12-34").write_text("half")
    assert "was never finished" in doctor(results)
    assert (results / "toy" / "aside" / "1" / ".trials.parquet.12-34").read_text() == "half"


def test_a_folder_that_a_driver_works_in_is_left_alone(results: Path) -> None:
    (results / "toy" / "epochs.parquet").unlink()
    hold = "import sys; from pathlib import Path; from harness.tuning.folder import SearchFolder\n"
    hold += "with SearchFolder(Path(sys.argv[1])).locked(): print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(results / "toy")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        assert "toy  in use" in doctor(results)
        holder.communicate()
    assert not (results / "toy" / "epochs.parquet").exists()


def test_a_mended_search_goes_on_to_the_same_trials(results: Path) -> None:
    expected = content(open_search(results / "toy", SPEC))
    for name in ("trials", "epochs", "runs"):
        (results / "toy" / f"{name}.parquet").unlink()
    journal = results / "toy" / "journal.log"
    journal.write_bytes(journal.read_bytes()[:-9])
    doctor(results)
    resumed = open_search(results / "toy", SPEC)
    play(resumed)
    assert content(resumed) == expected


def test_no_folder_is_refused(tmp_path: Path) -> None:
    doctor(tmp_path / "none", code=2)


def test_a_dead_drivers_lease_is_moved_aside(results: Path) -> None:
    lease = Lease(results / "toy" / "running.json", beat_s=600)
    content_left = lease.path.read_bytes()
    assert "a dead driver's lease: moved to aside/1/running.json" in doctor(results)
    assert (results / "toy" / "aside" / "1" / "running.json").read_bytes() == content_left
    assert not lease.path.exists()
    lease.release()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_any_prefix_of_a_journal_is_mended_to_a_search_that_goes_on_to_the_same_trials(
    whole: bytes, share: float, tmp_path: Path
) -> None:
    journal = tmp_path / "toy" / "journal.log"
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(whole)
    expected = content(open_search(journal.parent, SPEC))
    journal.write_bytes(whole[: int(share * len(whole))])
    (journal.parent / "provenance.json").write_text(json.dumps(PROVENANCE.to_dict()))
    for table in journal.parent.glob("*.parquet"):
        table.unlink()
    doctor(tmp_path)
    assert whole.startswith(journal.read_bytes())
    resumed = open_search(journal.parent, SPEC)
    play(resumed)
    assert content(resumed) == expected


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a search that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    play(open_search(folder, SPEC))
    return (folder / "journal.log").read_bytes()
