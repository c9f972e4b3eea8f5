"""What `harness search` prints, writes and returns, from the first run to the last."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.datasets.settings import DATASETS
from harness.reporting.pinned import pinned_address

SEARCH = """\
dataset: {name: synthetic-posed, images: 140, size: 24}
method: {embedding_dim: 16, batch_size: 56}
space: {slices: [1, 2, 4], margin_min: {low: 0.05, high: 0.5}}
early_stopping: {name: none}
budget: {trials: 2, epochs: 1}
confirm: {top: 1, seeds: 2}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "faces.yaml").write_text(SEARCH)
    return tmp_path / "faces.yaml"


def search(file: Path, *flags: str) -> Result:
    """Runs a search file into `results` beside it."""
    place = ["--results", str(file.parent / "results"), "--backend", "serial"]
    return CliRunner().invoke(app, ["search", str(file), *place, *flags])


def table(file: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(file.parent / "results" / "faces" / f"{name}.parquet")


def test_a_search_ends_with_its_leaderboard_and_what_comes_next(file: Path) -> None:
    outcome = search(file)
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert lines[0] == "faces  synthetic-posed, 2 trials"
    assert lines[1].startswith("140 faces: 84 train, 28 validation, 28 test; ")
    assert "test UAR" in outcome.stdout
    assert [line.split()[0] for line in lines[-5:]] == [
        "leaderboard",
        "report",
        "tensorboard",
        "at",
        "extend",
    ]
    assert lines[-2].split()[1] == pinned_address(["curves/val_uar", "curves/loss", "slices_active_share/00"])
    assert len(table(file, "trials")) == len(table(file, "runs")) == 2


def test_the_same_command_again_says_that_nothing_is_left(file: Path) -> None:
    search(file)
    before = table(file, "trials")
    again = search(file)
    assert again.exit_code == 0
    assert "Nothing was left to do: all 2 trials are finished." in again.stdout
    pd.testing.assert_frame_equal(table(file, "trials"), before)


def test_more_trials_extend_a_search(file: Path) -> None:
    search(file)
    before = table(file, "trials")
    assert search(file, "--trials", "3").exit_code == 0
    assert len(table(file, "trials")) == 3
    pd.testing.assert_frame_equal(table(file, "trials")[:2], before)


def test_a_search_that_runs_out_of_time_returns_1_and_names_the_command_that_goes_on(file: Path) -> None:
    outcome = search(file, "--time-budget", "0.000001s")
    assert outcome.exit_code == 1
    assert "The time is over after 0 of 2 trials; this spends as much again:" in outcome.stdout
    assert search(file).exit_code == 0
    assert len(table(file, "trials")) == 2


def test_a_dry_run_prints_the_plan_and_writes_nothing(file: Path) -> None:
    outcome = search(file, "--dry-run", "--set", "space.loss=[triplet, dual-triplet]", "--seed", "3")
    assert outcome.exit_code == 0
    for told in (
        "84 train, 28 validation, 28 test",
        "  slices              1, 2, 4\n",
        "  margin_min          0.05 to 0.5\n",
        "  loss                triplet, dual-triplet\n",
        "2 trials of 1 epochs by tpe, early stopping none\n",
        "then the best 1 configs on 2 fresh seeds each, with the test split opened\n",
        "1 CPU and 0 GPU per trial; nothing was run",
    ):
        assert told in outcome.stdout
    assert not (file.parent / "results").exists()


def test_a_quiet_search_prints_nothing(file: Path) -> None:
    outcome = search(file, "--quiet")
    assert (outcome.exit_code, outcome.output) == (0, "")
    assert len(table(file, "trials")) == 2


def test_a_search_whose_trials_all_fail_tells_their_reason_and_still_ends(file: Path) -> None:
    weights = file.parent / "weights.pt"
    weights.write_bytes(b"no weights")
    outcome = search(file, "--set", f"method.backbone_checkpoint={weights}")
    assert outcome.exit_code == 1
    assert set(table(file, "trials")["state"]) == {"FAIL"}
    assert "neither safetensors nor a torch state dict" in outcome.stdout
    assert "None of 2 trials ran to its end" in outcome.stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_search_returns_130_keeps_its_tables_and_goes_on(file: Path, sign: signal.Signals) -> None:
    place = ["--results", str(file.parent / "results"), "--backend", "serial"]
    many = ["--trials", "500", "--set", "confirm.top=0"]
    command = [sys.executable, "-m", "harness.search", str(file), *place, *many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        while not running.stdout.readline().startswith("trial 1"):
            assert running.poll() is None
        running.send_signal(sign)
        told, problems = running.communicate()
    assert (running.returncode, problems) == (130, "")
    assert re.search(r"Stopped; nothing .* lost\. This goes on:\n  \S*python -m harness\.search", told)
    finished = (table(file, "trials")["state"] == "COMPLETE").sum()
    assert 2 <= finished < 500
    assert search(file, "--trials", "2", "--set", "confirm.top=0").exit_code == 0


def test_the_face_sets_are_listed() -> None:
    listed = CliRunner().invoke(app, ["data", "list"]).stdout
    for name in DATASETS:
        assert re.search(rf"^{name} ", listed, flags=re.MULTILINE), name
    assert "data/ckplus (not there)" in " ".join(listed.split())


def test_a_contact_sheet_shows_the_faces_of_a_search(file: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    outcome = CliRunner().invoke(app, ["data", "show", str(file), "-o", str(sheet)])
    assert outcome.exit_code == 0
    assert outcome.stdout == f"140 faces: {sheet}\n"
    assert sheet.read_bytes().startswith(b"\x89PNG")
