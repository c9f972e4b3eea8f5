"""What trials, epochs and runs.parquet hold, and who can read them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from harness.atomic import whole_file
from harness.errors import ResultsError
from harness.records import TrialConfig
from harness.reporting import schemas
from harness.reporting.parquet import read_frame
from harness.reporting.tables import epochs_table, runs_table, trials_table, write_search

KINDS = {"trials": schemas.TRIALS, "epochs": schemas.EPOCHS, "runs": schemas.RUNS}


def test_pandas_duckdb_and_pyarrow_dataset_read_every_table(build, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path)
    for kind, rows in {"trials": 4, "epochs": 6 + 12, "runs": 6}.items():
        path = tmp_path / f"{kind}.parquet"
        assert len(pd.read_parquet(path)) == rows
        assert duckdb.sql(f"select * from '{path}'").fetchall()[0] is not None
        assert ds.dataset(path).to_table().num_rows == rows


def test_duckdb_unnests_the_slices_of_a_trial(build, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path)
    query = f"""select max(margin) from (
        select unnest(slice_margin) as margin from '{tmp_path}/epochs.parquet' where number = 1)"""
    assert duckdb.sql(query).fetchall() == [(pytest.approx(0.8),)]


def test_two_searches_concatenate_in_all_three_readers(build, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "a")
    write_search(build.search(trials=(), runs=(), provenance=build.provenance(search="b")), tmp_path / "b")
    write_search(build.search(provenance=build.provenance(search="c")), tmp_path / "c")
    for kind, rows in {"trials": 8, "epochs": 36, "runs": 12}.items():
        paths = sorted(tmp_path.glob(f"*/{kind}.parquet"))
        assert pa.concat_tables(pq.read_table(path) for path in paths).num_rows == rows
        assert ds.dataset([str(path) for path in paths]).to_table().num_rows == rows
        assert len(pd.read_parquet(tmp_path / "a" / f"{kind}.parquet")) == rows // 2
        count = duckdb.sql(f"select count(*) from '{tmp_path}/*/{kind}.parquet'").fetchall()
        assert count == [(rows,)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_the_same_when_nothing_was_recorded(build, tmp_path: Path, kind: str) -> None:
    write_search(build.search(trials=(), runs=()), tmp_path)
    assert pq.read_schema(tmp_path / f"{kind}.parquet").equals(KINDS[kind])
    assert pq.read_schema(tmp_path / f"{kind}.parquet").metadata[b"schema_version"] == b"2"


def test_a_trial_row_alone_says_what_was_done_and_where_it_comes_from(build) -> None:
    row = trials_table(build.search()).to_pylist()[1]
    assert (row["number"], row["state"], row["slices"], row["epochs"]) == (1, "COMPLETE", 8, 2)
    assert row["searched"] == ["learning_rate", "slices"]
    assert (row["val_uar"], row["last_val_uar"], row["val_map_at_r"]) == (0.7, pytest.approx(0.6), None)
    assert (row["epochs_reported"], row["chosen_epochs"]) == (2, [2])
    assert row["started"] == datetime.fromtimestamp(1_700_000_001.25, tz=UTC)
    assert (row["dataset"], row["objective"], row["git_dirty"]) == ("synthetic-posed", "val_uar", False)
    assert json.loads(row["packages"]) == {"python": "3.11", "torch": "2.14"}


def test_every_field_of_a_config_and_a_provenance_has_its_typed_column() -> None:
    assert schemas.TRIALS.field("learning_rate").type == pa.float64()
    assert schemas.TRIALS.field("slices").type == pa.int64()
    assert schemas.TRIALS.field("backbone_checkpoint").type == pa.string()
    assert schemas.TRIALS.field("class_names").type == pa.list_(pa.string())
    assert set(TrialConfig.__dataclass_fields__) <= set(schemas.TRIALS.names)
    assert len(set(schemas.TRIALS.names)) == len(schemas.TRIALS.names)


def test_a_failed_trial_is_a_row_with_its_reason_and_no_metrics(build) -> None:
    row = trials_table(build.search()).to_pylist()[3]
    assert (row["state"], row["reason"], row["val_uar"], row["chosen_epochs"]) == (
        "FAIL",
        "loss is NaN",
        None,
        [],
    )


def test_a_run_row_holds_its_fresh_seed_and_the_confusion_matrix(build) -> None:
    row = runs_table(build.search()).to_pylist()[1]
    assert (row["trial"], row["repeat"], row["seed"], row["folds"]) == (0, 1, 1001, 1)
    assert (row["test_uar"], row["confusion"]) == (0.9, [[3, 1], [0, 4]])


def test_a_run_without_folds_or_sequences_has_nulls_for_them(build) -> None:
    row = runs_table(build.search()).to_pylist()[0]
    assert (row["fold_test_accuracy"], row["sequence_confusion"], row["rule"]) == (None, None, "honest")
    assert (row["test_sequence_uar"], row["pooled_test_sequence_accuracy"]) == (None, None)
    assert (row["pooled_test_accuracy"], row["pooled_test_uar"]) == (7 / 8, (3 / 4 + 1) / 2)


def test_a_class_without_test_faces_is_no_part_of_the_pooled_mean_recall(build) -> None:
    run = build.run(0, 0, val_uar=0.5, test_uar=0.5)
    run = replace(run, result=replace(run.result, confusion=((3, 1, 0), (0, 0, 0), (0, 2, 2))))
    row = runs_table(build.search(runs=(run,))).to_pylist()[0]
    assert (row["pooled_test_accuracy"], row["pooled_test_uar"]) == (5 / 8, (3 / 4 + 2 / 4) / 2)


def test_slices_without_a_threshold_keep_their_nan(build) -> None:
    report = build.report(1)
    slices = tuple(replace(part, margin=math.nan) for part in report.slices)
    search = build.search(trials=(build.trial(0, reports=(replace(report, slices=slices),)),), runs=())
    assert all(map(math.isnan, epochs_table(search).to_pylist()[0]["slice_margin"]))


def test_rows_come_in_one_order_whatever_the_order_of_the_records(build) -> None:
    search = build.search()
    turned = replace(
        search,
        trials=tuple(replace(trial, reports=trial.reports[::-1]) for trial in search.trials[::-1]),
        runs=search.runs[::-1],
    )
    for table in (trials_table, epochs_table, runs_table):
        assert table(turned).equals(table(search))


def test_the_same_search_at_another_time_differs_in_the_time_columns_alone(build) -> None:
    search = build.search()
    later = [
        replace(trial, started=trial.started + 9, result=replace(trial.result, seconds=7, train_seconds=6))
        for trial in search.trials
    ]
    first, second = trials_table(search), trials_table(replace(search, trials=tuple(later)))
    differing = {name for name in first.column_names if not first[name].equals(second[name])}
    assert differing == set(schemas.TIME_COLUMNS)


def test_a_test_metric_in_the_search_is_refused(build) -> None:
    search = build.search(trials=(build.trial(5, result=build.result(metrics={"test_uar": 0.9})),))
    with pytest.raises(ResultsError, match=r"trial 5: expected metrics out of val_uar, .* got test_uar"):
        trials_table(search)


def test_an_unknown_metric_of_a_run_is_refused(build) -> None:
    run = build.run(4, 1, val_uar=0.5, test_uar=0.5)
    run = replace(run, result=build.result(metrics={"val_luck": 1.0}))
    with pytest.raises(ResultsError, match=r"confirmation of trial 4, repeat 1: .* got val_luck"):
        runs_table(build.search(runs=(run,)))


def test_a_write_that_breaks_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "trials.parquet"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as temporary:
        temporary.write_text(f"new, with {1 / (temporary.write_text('half of it') - 10)}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_the_folder_is_named(build, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ResultsError, match=r"cannot write .*taken/trials\.parquet: "):
        write_search(build.search(), tmp_path / "taken")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"runs\.parquet is missing; --rebuild"):
        read_frame(tmp_path / "runs.parquet")


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs.parquet").write_bytes(b"no parquet")
    with pytest.raises(ResultsError, match=r"runs\.parquet cannot be read as Parquet"):
        read_frame(tmp_path / "runs.parquet")


def test_a_table_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"number": [1]}), tmp_path / "trials.parquet")
    with pytest.raises(ResultsError, match="has schema version none, expected 2"):
        read_frame(tmp_path / "trials.parquet")
