"""Published numbers beside ours, and what leaky rules would have claimed: shown, told apart, never ranked."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.console import Console, RenderableType

from harness.datasets.sources import NAMES
from harness.errors import ResultsError
from harness.records import RunRecord
from harness.reporting.inflation import inflation, inflation_view
from harness.reporting.leaderboard import RULE_MARKS, leaderboard
from harness.reporting.leaderboard_view import render
from harness.reporting.published import IN_THE_REPOSITORY, published_view, read_published
from harness.reporting.tables import pooled, write_search


def text(view: RenderableType | str, *, width: int = 130) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# --- published


def test_every_published_number_names_a_dataset_of_ours_its_source_and_why_it_does_not_compare() -> None:
    frame = pd.read_csv(IN_THE_REPOSITORY)
    assert len(frame) > 200
    assert set(frame["dataset"]) <= set(NAMES)
    assert frame[["method", "metric", "value_percent", "caveat", "source"]].notna().all(axis=None)
    assert frame["value_percent"].between(10, 100).all()


def test_published_numbers_are_read_per_dataset_the_highest_first(tmp_path: Path) -> None:
    frame = read_published(tmp_path, datasets=["mmi", "sfew"])
    assert set(frame["dataset"]) == {"mmi", "sfew"}
    for _, rows in frame.groupby("dataset"):
        assert rows["value_percent"].is_monotonic_decreasing
    shown = text(published_view(frame))
    assert "mmi  published, not comparable" in shown
    assert "Mul-DML" in shown


def test_a_users_own_table_wins_and_a_column_that_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "published.csv").write_text("dataset,method\nmmi,mine\n")
    with pytest.raises(
        ResultsError, match=r"published\.csv: expected the columns .*; caveat, classes, .* is missing"
    ):
        read_published(tmp_path, datasets=[])


def test_without_any_table_it_is_told_where_one_is_expected(tmp_path: Path) -> None:
    with pytest.raises(
        ResultsError, match=r"expected published numbers in .*published\.csv, got nothing there"
    ):
        read_published(tmp_path, datasets=[], otherwise=tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "No columns to parse"),
        ("dataset,value_percent\nmmi,about 80\n", "about 80"),
        ("dataset,method\nmmi,a,b,c\nmmi,a,b,c,d,e\n", "Expected 4 fields in line 3, saw 6"),
    ],
)
def test_a_table_that_is_none_is_told_with_its_file(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "published.csv").write_text(content)
    with pytest.raises(ResultsError, match=rf"published\.csv: expected a table of published numbers.*{told}"):
        read_published(tmp_path, datasets=[])


def test_the_metric_is_a_column_only_where_there_are_several(tmp_path: Path) -> None:
    several = text(published_view(read_published(tmp_path, datasets=["rafdb"])))
    assert "uar" in several
    assert "accuracy %" not in several
    assert "accuracy %" in text(published_view(read_published(tmp_path, datasets=["mmi"])))


def test_without_published_numbers_of_a_dataset_that_is_said(tmp_path: Path) -> None:
    shown = text(published_view(read_published(tmp_path, datasets=["synthetic-posed"])))
    assert "no published numbers of these datasets" in shown


# --- leaky rules


def folded(build, repeat: int, *, accuracies: tuple[float, float], rule: str = "honest") -> RunRecord:  # type: ignore[no-untyped-def]
    """A confirmation run of trial 0 over two folds."""
    mean = sum(accuracies) / 2
    run: RunRecord = build.run(0, repeat, val_uar=0.8, test_uar=mean)
    metrics = {**run.result.metrics, "test_sequence_accuracy": mean, "test_sequence_uar": mean}
    folds = tuple({**metrics, "test_uar": value, "test_accuracy": value} for value in accuracies)
    result = replace(
        run.result,
        metrics=metrics,
        fold_metrics=folds,
        chosen_epochs=(1, 2),
        confusion=((8, 2), (1, 9)),
        sequence_confusion=((3, 1), (0, 2)),
    )
    return replace(run, result=result, config=replace(run.config, rule=rule))


@pytest.fixture
def results(build, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    runs = [folded(build, repeat, accuracies=(0.7, 0.9)) for repeat in range(3)]
    runs += [folded(build, repeat, accuracies=(0.9, 0.95), rule="oracle-best-epoch") for repeat in range(3)]
    write_search(build.search(runs=tuple(runs)), tmp_path / "ten-fold")
    return tmp_path


def test_a_run_holds_its_folds_and_the_numbers_of_all_folds_counted_together(results: Path) -> None:
    runs = pq.read_table(results / "ten-fold" / "runs.parquet").to_pylist()
    assert runs[0]["fold_test_accuracy"] == [0.7, 0.9]
    assert runs[0]["folds"] == 2
    assert runs[0]["pooled_test_accuracy"] == pytest.approx(17 / 20)
    assert runs[0]["pooled_test_sequence_accuracy"] == pytest.approx(5 / 6)
    assert runs[0]["pooled_test_sequence_uar"] == pytest.approx((3 / 4 + 1) / 2)
    assert [run["rule"] for run in runs] == ["honest"] * 3 + ["oracle-best-epoch"] * 3


def test_without_test_faces_nothing_is_pooled(build) -> None:  # type: ignore[no-untyped-def]
    assert pooled(build.trial(0).result) == {}


def test_a_leaky_rule_has_a_marked_row_of_its_own_without_a_rank(results: Path) -> None:
    frame = leaderboard(results).frame
    honest, oracle = (frame[frame["rule"] == rule].iloc[0] for rule in ("honest", "oracle-best-epoch"))
    assert honest["rank"] == 1
    assert pd.isna(oracle["rank"])
    assert honest["mean"] == pytest.approx(0.8)
    assert honest["n"] == 3
    assert oracle["protocol"].endswith(f"[{RULE_MARKS['oracle-best-epoch']}]")
    assert honest["fold_sd"] == pytest.approx(0.1414, abs=1e-4)
    assert (honest["trial"], oracle["trial"]) == (0, 0)


def test_what_a_rule_without_a_mark_of_its_own_leaks_is_its_name(build, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    runs = [folded(build, 0, accuracies=(0.7, 0.9)), folded(build, 0, accuracies=(0.8, 0.9), rule="peek")]
    write_search(build.search(runs=tuple(runs)), tmp_path / "s")
    assert "subjects [LEAKY: peek]" in set(leaderboard(tmp_path).frame["protocol"])


def test_a_leaky_run_chooses_no_config_and_without_an_honest_one_of_its_config_has_no_row(
    build, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    lucky = folded(build, 0, accuracies=(0.98, 0.99), rule="oracle-best-epoch")
    honest = [build.run(1, repeat, val_uar=0.5, test_uar=0.5, slices=8) for repeat in range(3)]
    write_search(build.search(runs=(*honest, lucky)), tmp_path / "s")
    frame = leaderboard(tmp_path).frame
    assert frame[["trial", "rule", "n"]].to_dict("records") == [{"trial": 1, "rule": "honest", "n": 3}]


def test_the_table_of_folds_fits_100_columns_with_names_on_lines_of_their_own(results: Path) -> None:
    shown = text(render(leaderboard(results).frame, format="table"), width=100).splitlines()
    assert max(len(line.rstrip()) for line in shown) <= 100
    assert "…" not in "".join(shown)
    assert any(line.split() == ["multi-threshold"] for line in shown)


def test_the_table_shows_folds_sequences_and_pooled_numbers_where_there_are_some(results: Path) -> None:
    shown = text(render(leaderboard(results).frame, format="table"))
    assert "2 ±14.1" in shown
    assert "80.0, seq. 80.0" in shown
    assert "85.0, seq. 83.3" in shown


def test_inflation_is_the_difference_for_the_same_config(results: Path) -> None:
    (row,) = inflation(leaderboard(results).frame).to_dict("records")
    assert (row["search"], row["rule"]) == ("ten-fold", "oracle-best-epoch")
    assert row["inflation_points"] == pytest.approx(12.5)
    assert "+12.5" in text(inflation_view(inflation(leaderboard(results).frame)))


def test_without_a_leaky_rule_it_is_told_how_to_measure_one(build, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write_search(build.search(), tmp_path / "s")
    assert "confirm.leaky=[oracle-best-epoch" in text(inflation_view(inflation(leaderboard(tmp_path).frame)))
