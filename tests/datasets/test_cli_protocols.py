"""Protocols from the command line, on a small CK+: ten folds, leaky rules, fold lists, nested folds, another dataset."""

from __future__ import annotations

import json
from pathlib import Path

import ckplus_tree
import pandas as pd
import pytest
import rafdb_tree
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.reporting.leaderboard import RULE_MARKS

SEARCHES = Path(__file__).parents[2] / "searches"

SMALL = (
    "dataset.strict=false",
    "dataset.size=24",
    "method.embedding_dim=16",
    "method.batch_size=28",
    "method.augmentation=none",
    "budget.epochs=1",
    "confirm.top=1",
    "confirm.seeds=1",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small CK+ of twelve people, a small RAF-DB, and everything that the tests make."""
    home = tmp_path_factory.mktemp("home")
    ckplus_tree.write_tree(home / "data" / "ckplus", people=12)
    rafdb_tree.write_tree(home / "data" / "rafdb", faces=4)
    return home


@pytest.fixture(autouse=True)
def places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("HARNESS_DATA", str(home / "data"))


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def search(results: Path, file: str, *assignments: str) -> Result:
    settings = [word for text in (*SMALL, *assignments) for word in ("--set", text)]
    place = ("--results", str(results), "--backend", "serial", "--trials", "1")
    return run("search", str(SEARCHES / f"{file}.yaml"), *place, *settings)


def runs(results: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(results / name / "runs.parquet")


@pytest.fixture(scope="module")
def ten_folds(home: Path) -> Path:
    """Ten folds of CK+, confirmed honestly and under both leaky rules."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(home / "cache"))
        environment.setenv("HARNESS_DATA", str(home / "data"))
        search(home / "ten", "ckplus", "confirm.leaky=[oracle-best-epoch, leaky-random-images]")
    return home / "ten"


def test_a_confirmation_measures_ten_folds_per_frame_and_per_sequence(ten_folds: Path) -> None:
    honest = runs(ten_folds, "ckplus").query("rule == 'honest'").iloc[0]
    assert honest["folds"] == 10
    for name in ("fold_test_accuracy", "fold_test_sequence_accuracy"):
        assert len(honest[name]) == 10
    frames = sum(sum(row) for row in honest["confusion"])
    sequences = sum(sum(row) for row in honest["sequence_confusion"])
    assert (frames, sequences) == (12 * 7 * 3, 12 * 7)
    correct = sum(row[i] for i, row in enumerate(honest["confusion"]))
    assert honest["pooled_test_accuracy"] == pytest.approx(correct / frames)


def test_the_table_shows_them_with_their_spread_and_marks_leaky_rows(ten_folds: Path) -> None:
    shown = " ".join(run("leaderboard", str(ten_folds)).stdout.split())
    assert "10 folds by subject, 3 in the search" in shown
    assert ", seq. " in shown
    assert "10 ±" in shown
    for mark in RULE_MARKS.values():
        assert f"[{mark}]" in shown
    inflated = run("leaderboard", str(ten_folds), "--inflation", "--format", "csv").stdout.splitlines()
    assert len(inflated) == 3
    published = run("leaderboard", str(ten_folds), "--published").stdout
    assert "ckplus  published, not comparable" in published
    alone = json.loads(run("leaderboard", str(ten_folds), "--published", "--format", "json").stdout)
    assert {row["dataset"] for row in alone} == {"ckplus"}
    with_dataset = ("--inflation", "--dataset", "ckplus", "--format", "csv")
    assert run("leaderboard", str(ten_folds), *with_dataset).stdout.splitlines() == inflated


def test_one_protocol_is_one_leaderboard_group_and_leaky_rows_have_no_rank(ten_folds: Path) -> None:
    board = pd.read_parquet(ten_folds / "leaderboard.parquet")
    assert board.set_index("rule")["rank"].notna().to_dict() == {
        "honest": True,
        "leaky-random-images": False,
        "oracle-best-epoch": False,
    }


def test_a_fold_list_that_was_written_gives_the_same_folds(ten_folds: Path, home: Path) -> None:
    path = home / "folds.csv"
    run(
        "data",
        "folds",
        str(SEARCHES / "ckplus.yaml"),
        "-o",
        str(path),
        "--set",
        "dataset.strict=false",
        "--set",
        "dataset.size=24",
    )
    listed = ["protocol.split=list", f"protocol.fold_list={path}", "protocol.folds=null", "name=listed"]
    search(home / "listed", "ckplus", *listed)
    again, before = runs(home / "listed", "listed").iloc[0], runs(ten_folds, "ckplus").iloc[0]
    assert again["split_hash"] == before["split_hash"]
    assert again["protocol"].startswith("7 classes with contempt, last 3 frames, 10 folds of folds.csv")
    assert again["pooled_test_accuracy"] == pytest.approx(before["pooled_test_accuracy"])


def test_a_nested_search_tests_its_outer_fold_alone(home: Path) -> None:
    search(home / "nested", "ckplus", "protocol.outer=4")
    nested = runs(home / "nested", "ckplus").iloc[0]
    assert nested["folds"] == 1
    assert "nested in fold 4" in nested["protocol"]
    assert (
        sum(sum(row) for row in nested["confusion"]) == 7 * 3
    )  # the fifth of sorted(subjects)[4::10]: one person


def test_a_search_can_test_on_another_dataset_over_the_classes_that_both_have(home: Path) -> None:
    crossed = ["protocol.test_on={name: ckplus, strict: false}", "name=crossed", "protocol.validation=0.2"]
    search(home / "cross", "rafdb", *crossed)
    (row,) = runs(home / "cross", "crossed").to_dict("records")
    assert row["dataset"] == "rafdb to ckplus"
    assert "cross to ckplus, 6 classes" in row["protocol"]
    assert len(row["class_names"]) == 6
    assert sum(sum(part) for part in row["confusion"]) == 12 * 6 * 3


def test_a_dataset_that_is_not_there_is_told_with_where_to_get_it_and_where_it_goes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(home / "empty"))
    told = CliRunner().invoke(app, ["search", str(SEARCHES / "jaffe.yaml"), "--backend", "serial"])
    assert told.exit_code == 2
    message = " ".join(told.stderr.split())
    assert "empty/jaffe: expected the folder of JAFFE, got nothing there" in message
    assert "https://zenodo.org/record/3451524" in message
    assert "--set dataset.path=DIR" in message
