"""Which stored runs are behind a leaderboard row, and what is said of a file that cannot tell."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import ResultsError
from harness.records import HONEST, RunRecord, TrialConfig, TrialState
from harness.reporting.leaderboard import leaderboard
from harness.reporting.stored_runs import StoredRun, read_runs_of_row
from harness.reporting.tables import write_search


def read(folder: Path, *, rule: str = HONEST) -> tuple[StoredRun, ...]:
    return read_runs_of_row(folder / "runs.parquet", objective="val_uar", rule=rule)


def rewrite(folder: Path, **columns: pa.Array | None) -> None:
    """Writes runs.parquet with other columns, or without them."""
    path = folder / "runs.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.remove_column(place)
        if values is not None:
            table = table.add_column(place, name, values)
    pq.write_table(table, path)


@pytest.fixture
def folder(tmp_path: Path, build: Any) -> Path:
    """A search of which trials 0 and 1 are confirmed on three seeds each, 1 the better one on validation."""
    write_search(build.search(), tmp_path / "faces")
    return tmp_path / "faces"


def test_the_runs_are_those_of_the_leaderboards_row(folder: Path, tmp_path: Path) -> None:
    runs = read(folder)
    row = leaderboard(tmp_path).frame.iloc[0]
    assert {run.trial for run in runs} == {row["trial"]} == {1}
    assert [run.repeat for run in runs] == [0, 1, 2]
    assert sum(run.row["test_uar"] for run in runs) / row["n"] == pytest.approx(row["mean"])


def test_config_and_provenance_come_back_as_they_were(folder: Path, build: Any) -> None:
    written = build.run(1, 2, val_uar=0.75, test_uar=0.8, slices=8)
    last = read(folder)[2]
    assert last.config == written.config
    assert last.provenance == written.provenance


def test_a_run_that_failed_is_none_of_the_row(tmp_path: Path, build: Any) -> None:
    search = build.search()
    failed: RunRecord = search.runs[3]
    failed = replace(failed, result=replace(failed.result, state=TrialState.FAIL, reason="killed"))
    write_search(replace(search, runs=(*search.runs[:3], failed, *search.runs[4:])), tmp_path)
    assert {run.trial for run in read(tmp_path)} == {0}  # two of three seeds are too few to be chosen


def test_a_setting_that_an_older_version_did_not_store_has_its_default(folder: Path) -> None:
    nothing: dict[str, pa.Array | None] = {"class_weight": None, "dropout": pa.nulls(6, pa.float64())}
    rewrite(folder, **nothing)
    config = read(folder)[0].config
    default = TrialConfig(seed=0, epochs=0)
    assert (config.class_weight, config.dropout) == (default.class_weight, default.dropout)


DAMAGES = [
    # columns, and what is said of them
    ({"rule": None}, "'rule'"),
    ({"git_commit": None}, "'git_commit'"),
    ({"packages": pa.array(["{"] * 6)}, "Expecting property name"),
    ({"class_names": pa.nulls(6)}, "'NoneType' object is not iterable"),
]


@pytest.mark.parametrize(("columns", "told"), DAMAGES, ids=[next(iter(row[0])) for row in DAMAGES])
def test_a_table_without_what_it_should_hold_is_damaged(
    folder: Path, columns: dict[str, pa.Array | None], told: str
) -> None:
    rewrite(folder, **columns)
    place = re.escape(str(folder / "runs.parquet"))
    with pytest.raises(ResultsError, match=rf"{place} is damaged: .*{told}.*; restore it from a copy"):
        read(folder)


def test_a_rule_of_which_there_is_no_run_is_told_with_those_that_there_are(folder: Path) -> None:
    with pytest.raises(
        ResultsError, match=r"under the rule 'oracle-best-epoch' .* got some under honest alone"
    ):
        read(folder, rule="oracle-best-epoch")


def test_a_search_of_which_nothing_is_confirmed_has_none(tmp_path: Path, build: Any) -> None:
    write_search(build.search(runs=()), tmp_path)
    with pytest.raises(ResultsError, match=r"under the rule 'honest' .* got none; a search confirms when"):
        read(tmp_path)
