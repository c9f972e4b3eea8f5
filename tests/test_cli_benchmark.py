"""What `harness benchmark` prints, writes and returns, from the first run to the last."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app

SUITE = """\
baseline: one
datasets:
  posed: {name: synthetic-posed, images: 140, size: 24}
  wild: {name: synthetic-spontaneous, images: 140, size: 24}
method: {embedding_dim: 16, batch_size: 56}
space: {learning_rate: [0.001, 0.002, 0.004]}
budget: {trials: 2, epochs: 1}
confirm: {top: 1, seeds: 2}
methods:
  one: {method: {slices: 1}}
  many: {space: {slices: [2, 4]}}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "faces"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(SUITE)
    return tmp_path / "small.yaml"


def benchmark(file: Path, *flags: str) -> Result:
    """Runs a suite file into `results` beside it."""
    place = ["--results", str(file.parent / "results"), "--backend", "serial"]
    return CliRunner().invoke(app, ["benchmark", str(file), *place, *flags])


def answer(outcome: Result) -> list[str]:
    """The lines that say what the suite shows."""
    return [line for line in outcome.stdout.splitlines() if ", against one:" in line]


def test_a_suite_ends_with_its_leaderboard_and_its_answer(file: Path) -> None:
    outcome = benchmark(file)
    assert outcome.exit_code == 0, outcome.output
    lines = outcome.stdout.splitlines()
    assert lines[0] == "small  2 methods x 2 datasets = 4 cells, 16 trainings; compared with one"
    assert "slices" in outcome.stdout
    assert len(answer(outcome)) == 2
    assert [line.split()[0] for line in lines[-2:]] == ["tensorboard", "at"]
    assert lines[-2].endswith(f"--logdir {file.parent / 'results' / 'small'}")
    board = pd.read_parquet(file.parent / "results" / "small" / "leaderboard.parquet")
    assert sorted(zip(board["dataset"], board["method"], strict=True)) == [
        ("synthetic-posed", "many"),
        ("synthetic-posed", "one"),
        ("synthetic-spontaneous", "many"),
        ("synthetic-spontaneous", "one"),
    ]
    assert board["n"].tolist() == [2] * 4

    again = benchmark(file)
    assert again.exit_code == 0
    assert "Nothing was left to do." in again.stdout
    assert answer(again) == answer(outcome)


def test_a_suite_does_not_mix_with_the_searches_beside_it(file: Path) -> None:
    benchmark(file, "--set", "datasets={posed: {name: synthetic-posed, images: 140, size: 24}}")
    results = file.parent / "results"
    outcome = CliRunner().invoke(app, ["leaderboard", str(results), "--format", "csv"])
    assert outcome.exit_code == 0
    assert "left out" not in outcome.output
    assert len(outcome.stdout.splitlines()) == 1  # the header
    own = CliRunner().invoke(app, ["leaderboard", str(results / "small"), "--format", "csv"])
    assert len(own.stdout.splitlines()) == 3


def test_a_dry_run_tells_what_each_cell_would_cost_and_runs_nothing(file: Path) -> None:
    outcome = benchmark(file, "--dry-run")
    assert outcome.exit_code == 0, outcome.output
    for cell in ("posed / one", "posed / many", "wild / one", "wild / many"):
        assert cell in outcome.stdout
    assert "nothing was run" in outcome.stdout
    assert not (file.parent / "results").exists()


def test_a_cell_that_cannot_go_on_is_told_and_does_not_stop_the_others(file: Path) -> None:
    benchmark(file)
    spec = file.parent / "results" / "small" / "posed-many" / "search.yaml"
    spec.write_text(spec.read_text().replace("seed: 0", "seed: 1", 1))
    outcome = benchmark(file, "--set", "budget.trials=3")
    assert outcome.exit_code == 1
    assert "posed / many" in outcome.stderr
    assert "holds another search: seed was 1, now 0" in outcome.stderr
    trials = {
        cell: len(pd.read_parquet(file.parent / "results" / "small" / cell / "trials.parquet"))
        for cell in ("posed-one", "posed-many", "wild-one", "wild-many")
    }
    assert trials == {"posed-one": 3, "posed-many": 2, "wild-one": 3, "wild-many": 3}


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--set", "baseline=three"], "baseline: expected one of one, many, got 'three'"),
        (
            ["--set", "datasets.posed={name: ckplus, path: nowhere}"],
            "in a suite `dataset.` is `datasets.posed.`",
        ),
        (["--address", "auto"], "--address auto: the serial backend runs in this process"),
    ],
)
def test_bad_input_ends_with_code_2_and_a_message(file: Path, flags: list[str], told: str) -> None:
    outcome = benchmark(file, *flags)
    assert outcome.exit_code == 2
    assert told in " ".join(outcome.stderr.split())
