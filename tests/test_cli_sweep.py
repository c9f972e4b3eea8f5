"""What `harness sweep` prints, writes and returns, from the first run to the last."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.reporting.schemas import TIME_COLUMNS

SEARCH = """\
dataset: {name: synthetic-posed, images: 140, size: 24}
method: {embedding_dim: 16, batch_size: 56}
space: {slices: [2, 4], margin_min: {low: 0.05, high: 0.5}, margin_width: {low: 0.1, high: 1.0}}
early_stopping: {name: none}
budget: {trials: 2, epochs: 1}
confirm: {top: 1, seeds: 2}
"""
OVER = ("--over", "slices=1,2,4")
PROGRAM = [sys.executable, "-c", "from harness.cli import main; main()"]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search file and the results of its search, made once."""
    room = tmp_path_factory.mktemp("searched")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "faces"))
        (room / "faces.yaml").write_text(SEARCH)
        arguments = [
            "search",
            str(room / "faces.yaml"),
            "--results",
            str(room / "results"),
            "--backend",
            "serial",
        ]
        assert CliRunner().invoke(app, arguments).exit_code == 0
    return room


@pytest.fixture
def file(
    searched: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The same in a place of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "faces"))
    monkeypatch.setenv("COLUMNS", "400")
    return Path(shutil.copytree(searched, tmp_path / "room")) / "faces.yaml"


def arguments(file: Path, *flags: str) -> list[str]:
    return ["sweep", str(file), "--results", str(file.parent / "results"), "--backend", "serial", *flags]


def sweep(file: Path, *flags: str) -> Result:
    """Sweeps the search whose results lie beside its file."""
    return CliRunner().invoke(app, arguments(file, *flags))


def table(file: Path, name: str = "slices") -> pd.DataFrame:
    """A sweep's table, but for times."""
    frame = pd.read_parquet(file.parent / "results" / "faces" / "sweeps" / f"{name}.parquet")
    return frame.drop(columns=[column for column in TIME_COLUMNS if column in frame])


def lines(outcome: Result) -> list[str]:
    return [" ".join(line.split()) for line in outcome.stdout.splitlines()]


def test_a_sweep_ends_with_its_levels_and_its_answer(file: Path) -> None:
    outcome = sweep(file, *OVER, "--seeds", "2")
    assert outcome.exit_code == 0, outcome.output
    told = lines(outcome)
    assert "slices 1, 2, 4: 3 levels x 2 seeds = 6 trainings, 6 left, on validation" in told
    head = told.index("slices n val_uar % [95 %] difference [95 %] p Holm collapsed failed shown")
    assert [line.split()[:2] for line in told[head + 1 : head + 4]] == [["1", "2"], ["2", "2"], ["4", "2"]]
    assert sum(line.endswith("reference") for line in told) == 1
    assert sum(line.startswith("slices, against ") for line in told) == 1
    runs = table(file)
    assert list(zip(runs["level"], runs["repeat"], strict=True)) == [(n, r) for n in "124" for r in (0, 1)]
    assert runs.groupby("repeat")["seed"].nunique().tolist() == [1, 1]
    assert runs["slices"].astype(str).equals(runs["level"])


def test_the_test_split_stays_closed_and_the_search_and_its_rank_as_they_were(file: Path) -> None:
    results = file.parent / "results"
    before = {path: pd.read_parquet(path) for path in results.rglob("*.parquet")}
    embeddings = sorted((results / "faces" / "embeddings").iterdir())
    assert sweep(file, *OVER, "--seeds", "1").exit_code == 0
    runs = table(file)
    assert not runs["tested"].any()
    assert runs["test_uar"].isna().all()
    for path, frame in before.items():
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    assert sorted((results / "faces" / "embeddings").iterdir()) == embeddings


def test_with_a_flag_it_is_opened_and_the_rows_say_so(file: Path) -> None:
    sweep(file, *OVER, "--seeds", "1")
    outcome = sweep(file, *OVER, "--seeds", "1", "--test")
    assert outcome.exit_code == 0, outcome.output
    assert "3 left, test split opened" in outcome.stdout
    assert "test_uar % [95 %]" in outcome.stdout
    runs = table(file)
    assert runs["tested"].tolist() == [False, False, False, True, True, True]
    assert runs["test_uar"].notna().tolist() == runs["tested"].tolist()


def test_the_same_command_again_says_that_nothing_is_left(file: Path) -> None:
    first = sweep(file, *OVER, "--seeds", "2")
    before = table(file)
    again = sweep(file, *OVER, "--seeds", "2")
    assert again.exit_code == 0
    assert "Nothing was left to do." in again.stdout
    assert lines(again)[-6:] == lines(first)[-6:]
    pd.testing.assert_frame_equal(table(file), before)


def test_an_added_level_and_a_further_seed_run_the_difference_and_equal_one_go(
    file: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(file.parent, tmp_path / "other")) / "faces.yaml"
    sweep(file, "--over", "slices=4,1", "--seeds", "1")
    outcome = sweep(file, *OVER, "--seeds", "2")
    assert "6 trainings, 4 left" in outcome.stdout
    assert sweep(other, *OVER, "--seeds", "2").exit_code == 0
    pd.testing.assert_frame_equal(table(file), table(other))


def test_what_is_fixed_makes_another_sweep(file: Path) -> None:
    sweep(file, *OVER, "--seeds", "1")
    outcome = sweep(file, *OVER, "--fix", "margin_range=0.05:0.8", "--seeds", "1")
    assert outcome.exit_code == 0, outcome.output
    runs = table(file, "slices,margin_range=0.05-0.8")
    assert runs["margin_max"].tolist() == [0.05, 0.8, 0.8]
    assert set(table(file)["margin_max"]).isdisjoint({0.05, 0.8})


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)], ids=["SIGTERM", "kill -9"]
)
def test_an_interrupted_sweep_goes_on_and_equals_one_in_one_go(
    file: Path, tmp_path: Path, sign: signal.Signals, code: int
) -> None:
    other = Path(shutil.copytree(file.parent, tmp_path / "other")) / "faces.yaml"
    command = [*PROGRAM, *arguments(file, *OVER, "--seeds", "6")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        while not running.stdout.readline().startswith("run 2"):
            assert running.poll() is None
        running.send_signal(sign)
        told, problems = running.communicate()
    assert (running.returncode, problems) == (code, "")
    assert ("Stopped; nothing that was finished is lost." in told) is (sign is signal.SIGTERM)
    outcome = sweep(file, *OVER, "--seeds", "6")
    assert outcome.exit_code == 0, outcome.output
    assert "18 trainings, 18 left" not in outcome.stdout
    assert sweep(other, *OVER, "--seeds", "6").exit_code == 0
    pd.testing.assert_frame_equal(table(file), table(other))


def test_a_dry_run_tells_what_is_left_and_runs_nothing(file: Path) -> None:
    sweep(file, "--over", "slices=2", "--seeds", "2")
    journal = file.parent / "results" / "faces" / "journal.log"
    before = journal.read_bytes()
    outcome = sweep(file, *OVER, "--seeds", "2", "--dry-run")
    assert outcome.exit_code == 0
    assert "slices  1, 2, 4: 3 levels x 2 seeds = 6 trainings, 4 left, on validation" in outcome.stdout
    assert "which faces has chosen: slices=" in outcome.stdout
    assert journal.read_bytes() == before


def test_a_quiet_sweep_prints_nothing(file: Path) -> None:
    outcome = sweep(file, "--over", "slices=2", "--seeds", "1", "--quiet")
    assert (outcome.exit_code, outcome.output) == (0, "")
    assert len(table(file)) == 1


def test_a_deleted_table_is_rebuilt_equal_from_the_journal(file: Path) -> None:
    sweep(file, *OVER, "--seeds", "1")
    before = table(file)
    results = file.parent / "results"
    (results / "faces" / "sweeps" / "slices.parquet").unlink()
    assert CliRunner().invoke(app, ["leaderboard", str(results), "--rebuild"]).exit_code == 0
    pd.testing.assert_frame_equal(table(file), before)


def test_a_level_whose_runs_all_fail_is_told_and_ends_with_code_1(file: Path) -> None:
    outcome = sweep(file, "--over", "learning_rate=0.001,1e30", "--seeds", "1")
    assert outcome.exit_code == 1, outcome.output
    assert table(file, "learning_rate")["state"].tolist() == ["COMPLETE", "FAIL"]
    assert "learning_rate: nothing can be compared with 0.001 yet" in outcome.stdout


def no_journal(file: Path) -> None:
    shutil.rmtree(file.parent / "results")


def other_seed(file: Path) -> None:
    file.write_text(SEARCH + "seed: 1\n")


def other_confirmation(file: Path) -> None:
    file.write_text(SEARCH.replace("seeds: 2", "seeds: 3"))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--over", "slcies=1,2"], "unknown parameter 'slcies'; the nearest known one is 'slices'"),
        (["--over", "slices=1,,2"], "--over slices=1,,2: slices: expected a value, got an empty one"),
        (["--over", "slices=1,two"], "unable to parse string as an integer, got 'two'"),
        (
            ["--over", "slices=2,3"],
            "slices=3: 3 slices do not divide embedding_dim 16; it can be 1, 2, 4, 8, 16",
        ),
        (
            ["--over", "batch_size=4,56"],
            "batch_size=4: method.batch_size: 7 classes need at least 14 (two of each), got 4",
        ),
        (["--over", "backbone=timm:resnte18"], "backbone=timm:resnte18: "),
        ([*OVER, "--fix", "slices=2"], "--fix slices=2: slices is also set by --over slices=1,2,4"),
        ([*OVER, "--fix", "dropout=2"], "--fix dropout=2: dropout: input should be less than 1, got '2'"),
        ([*OVER, "--seeds", "0"], "--seeds 0: expected a whole number from 1 to 100, got '0'"),
        ([*OVER, "--address", "auto"], "--address auto: the serial backend runs in this process"),
        (
            [*OVER, "--set", "budget.epcohs=3"],
            "budget.epcohs: unknown key; the nearest known one is 'epochs'",
        ),
        ([], "Missing option '--over'"),
    ],
)
def test_bad_flags_end_with_code_2_and_run_nothing(file: Path, flags: list[str], told: str) -> None:
    outcome = sweep(file, *flags)
    assert outcome.exit_code == 2, outcome.output
    assert told in " ".join(outcome.stderr.split())
    assert not (file.parent / "results" / "faces" / "sweeps").exists()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (no_journal, "results/faces: expected a finished search, got none; run this first: "),
        (other_confirmation, "expected a confirmed search, got 2 of 3 confirmation runs; run this first: "),
        (other_seed, "holds another search: seed was 0, now 1"),
    ],
)
def test_a_search_that_was_not_run_as_the_file_says_is_refused(
    file: Path, damage: Callable[[Path], None], told: str
) -> None:
    damage(file)
    outcome = sweep(file, *OVER)
    assert outcome.exit_code == 2, outcome.output
    assert told in outcome.stderr


def test_the_command_that_is_to_be_run_first_is_the_one_for_this_file_and_its_settings(file: Path) -> None:
    no_journal(file)
    outcome = sweep(file, *OVER, "--set", "budget.trials=1")
    place = f"--results {file.parent / 'results'} --set budget.trials=1"
    assert outcome.stderr.rstrip().endswith(f"python -m harness.search {file} {place}")
