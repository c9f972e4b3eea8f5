"""`harness leaderboard` over searches that were really run: folders merge, every format can be read by a machine."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app

SEARCH = """\
dataset: {{name: synthetic-posed, images: 140, size: 24}}
method: {{name: {method}, embedding_dim: 16, batch_size: 56, slices: {slices}}}
space: {{learning_rate: {{low: 0.001, high: 0.01, log: true}}}}
budget: {{trials: 2, epochs: 1}}
confirm: {{top: 1, seeds: 2}}
"""


def harness(*arguments: str | Path) -> Result:
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two searches, each run under a results folder of its own, copied under one."""
    place = tmp_path_factory.mktemp("leaderboard")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(place / "cache"))
        for method, slices in (("single", 1), ("multi", 4)):
            file = place / f"{method}.yaml"
            file.write_text(SEARCH.format(method=method, slices=slices))
            harness("search", file, "--results", place / method, "--backend", "serial", "--quiet")
            shutil.copytree(place / method / method, place / "merged" / method)
    return place / "merged"


@pytest.fixture
def results(merged: Path, tmp_path: Path) -> Path:
    """A copy, to spoil."""
    return Path(shutil.copytree(merged, tmp_path / "results"))


def as_csv(results: Path, *flags: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(harness("leaderboard", results, "--format", "csv", *flags).stdout))


def test_folders_of_two_machines_are_ranked_together(merged: Path) -> None:
    rows = as_csv(merged)
    assert sorted(rows["search"]) == ["multi", "single"]
    assert rows["rank"].tolist() in ([1, 2], [1, 1])
    assert rows["mean"].is_monotonic_decreasing
    assert dict(zip(rows["search"], rows["slices"], strict=True)) == {"multi": 4, "single": 1}
    assert rows["n"].tolist() == rows["trials_complete"].tolist() == [2, 2]


def test_json_has_a_record_per_search_with_the_columns_of_csv(merged: Path) -> None:
    records = json.loads(harness("leaderboard", merged, "--format", "json").stdout)
    assert [set(record) for record in records] == [set(as_csv(merged).columns)] * 2


def test_markdown_is_a_table_of_equally_many_cells(merged: Path) -> None:
    lines = harness("leaderboard", merged, "--format", "markdown").stdout.splitlines()
    header, rule, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert len(rows) == 2
    assert {len(line) for line in (rule, *rows)} == {len(header)}
    assert all(re.fullmatch(r"-+:?", cell) for cell in rule)
    assert {row[header.index("search")] for row in rows} == {"single", "multi"}


def test_latex_is_a_tabular_with_as_many_cells_as_columns(merged: Path) -> None:
    text = harness("leaderboard", merged, "--format", "latex").stdout
    columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)
    assert columns
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 3
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {len(columns[1])}
    assert text.rstrip().endswith(r"\end{tabular}")


def test_the_table_names_both_searches_and_is_the_default(merged: Path) -> None:
    table = harness("leaderboard", merged).stdout
    assert table == harness("leaderboard", merged, "--format", "table").stdout
    assert "single" in table
    assert "multi" in table


def test_the_rows_of_one_dataset_are_asked_for_by_name(merged: Path) -> None:
    assert len(as_csv(merged, "--dataset", "synthetic-posed")) == 2


def test_a_rebuild_after_all_tables_were_deleted_gives_the_same_leaderboard(results: Path) -> None:
    before = as_csv(results)
    for path in results.rglob("*.parquet"):
        path.unlink()
    pd.testing.assert_frame_equal(as_csv(results, "--rebuild"), before)
    assert (results / "leaderboard.parquet").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("journal.log", r"journal \S*single/journal\.log is damaged: .*got b'\{"),
        ("provenance.json", r"single/provenance\.json is damaged: "),
    ],
)
def test_a_rebuild_leaves_a_damaged_search_out_and_says_why(results: Path, name: str, told: str) -> None:
    for path in (results / "single").glob("*.parquet"):
        path.unlink()
    (results / "single" / name).write_text("{\n{\n")
    outcome = harness("leaderboard", results, "--rebuild", "--format", "csv")
    assert re.search(f"left out: .*{told}", outcome.stderr)
    assert "multi" in outcome.stdout
    assert "single" not in outcome.stdout


def test_a_rebuild_leaves_a_search_of_another_version_out_and_says_why(results: Path) -> None:
    journal = results / "single" / "journal.log"
    journal.write_text(journal.read_text().replace('"collapse_patience":', '"patience_of_old":'))
    outcome = harness("leaderboard", results, "--rebuild", "--format", "csv")
    assert re.search(
        r"left out: .*single/journal\.log holds trials of another version: .*patience_of_old", outcome.stderr
    )
    assert "multi" in outcome.stdout


def test_a_folder_without_tables_is_left_out_and_told(results: Path) -> None:
    (results / "single" / "runs.parquet").unlink()
    outcome = harness("leaderboard", results)
    assert re.search(r"left out: .*single/runs\.parquet is missing; --rebuild makes it", outcome.stderr)
    assert "multi" in outcome.stdout


def test_an_empty_results_folder_has_no_searches_yet(tmp_path: Path) -> None:
    assert "no searches yet" in harness("leaderboard", tmp_path).stdout
