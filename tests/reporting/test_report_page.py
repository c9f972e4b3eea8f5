"""The page of a report and what its words and tables say. How it looks and behaves is seen in a browser, elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import harness
from harness.errors import ResultsError
from harness.report import write_report
from harness.reporting.report.board import board_view
from harness.reporting.report.collect import collect
from harness.reporting.report.tables import failures_table, provenance_table, published_table, trials_table
from harness.reporting.report.words import answers, methods_table, ranges_table
from harness.reporting.tables import write_search

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"


def data_of(page: str) -> dict[str, Any]:
    """The JSON in the page."""
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert text is not None
    return dict(json.loads(text[1]))


def test_the_quick_suite_gives_one_page_that_asks_nothing_of_the_network(tmp_path: Path) -> None:
    written = write_report(QUICK, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert written.searches == 10
    assert written.problems == ()
    outside_scripts = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="(?!#|data:)', outside_scripts)
    assert 'src="' not in "".join(re.findall(r"<script[^>]*>", page))
    for line in written.answers.lines:
        assert line.replace("'", "&#39;") in page
    data = data_of(page)
    assert set(data["figures"]) == {
        "ranges", "intervals", "curves", "budget", "recall", "importance", "parallel", "confusion", "slices",
    }  # fmt: skip
    assert (
        data["files"]["posed-single-dual"]["text"]
        == (QUICK / "posed-single-dual" / "search.yaml").read_text()
    )
    assert len(data["tables"]["trials-table-0"]) == 120


def test_the_same_results_give_the_same_page(tmp_path: Path) -> None:
    pages = [write_report(QUICK, tmp_path / name).path.read_text() for name in ("one.html", "two.html")]
    assert pages[0] == pages[1]


def test_a_suite_is_answered_by_method_by_rank_and_by_range() -> None:
    told = answers(collect(QUICK))
    assert told.lines[0].startswith("synthetic-posed, against single-dual: no difference shown for ")
    assert told.lines[2].startswith("Over 2 datasets: no difference shown between any two methods")
    assert told.lines[3].startswith("Margin ranges, synthetic-posed: no difference shown")
    methods = methods_table(told.methods, baseline="single-dual")
    assert len(methods.rows) == 10
    assert [row[-1] for row in methods.rows].count("baseline") == 2
    assert all(len(row) == len(methods.columns) for row in methods.rows)
    ranges = ranges_table(told.ranges)
    assert all(len(row) == len(ranges.columns) for row in ranges.rows)


def test_single_searches_are_answered_by_the_best_of_each_group(build: Any, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "faces")
    write_search(build.search(runs=()), tmp_path / "later")
    (line,) = answers(collect(tmp_path)).lines
    assert line.startswith("synthetic-posed: the highest confirmed mean is faces's, 70.0 % [")
    assert line.endswith("over 3 fresh seeds, of 1 searches.")
    write_search(build.search(runs=()), tmp_path / "faces")
    assert answers(collect(tmp_path)).lines == ["synthetic-posed: nothing was confirmed yet."]


def test_searches_that_do_not_compare_are_groups_of_their_own(build: Any, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "one")
    write_search(build.search(provenance=build.provenance(protocol="frames")), tmp_path / "two")
    write_search(build.search(provenance=build.provenance(fingerprint="beef")), tmp_path / "three")
    write_search(build.search(provenance=build.provenance(dataset="rafdb")), tmp_path / "four")
    groups = {name: [each.name for each in searches] for name, searches in collect(tmp_path).groups.items()}
    assert groups == {
        "rafdb": ["four"],
        "synthetic-posed, frames": ["two"],
        "synthetic-posed, subjects, beef": ["three"],
        "synthetic-posed, subjects, f00d": ["one"],
    }


def test_words_of_others_cannot_break_the_page(build: Any, tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    search = build.search(provenance=build.provenance(method=evil, dataset="<b>faces</b>"))
    write_search(search, tmp_path / "results" / "faces")
    (tmp_path / "results" / "faces" / "search.yaml").write_text(f"name: {evil}")
    page = write_report(tmp_path / "results", tmp_path / "report.html").path.read_text()
    assert "<script>alert" not in page
    assert "<b>faces" not in page
    assert data_of(page)["files"]["faces"]["text"] == f"name: {evil}"


def test_a_search_that_cannot_be_read_is_told_and_the_others_are_shown(build: Any, tmp_path: Path) -> None:
    for name in ("good", "torn"):
        write_search(build.search(), tmp_path / name)
    (tmp_path / "torn" / "trials.parquet").write_text("torn")
    written = write_report(tmp_path, tmp_path / "report.html")
    assert written.searches == 1
    assert "torn/trials.parquet cannot be read" in written.problems[0]


def test_a_folder_without_searches_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(
        ResultsError, match=f"expected searches in {tmp_path}, got none that can be read; run"
    ):
        write_report(tmp_path, tmp_path / "report.html")
    with pytest.raises(ResultsError, match="nowhere, which is none"):
        write_report(tmp_path / "nowhere", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_intervals_of_one_metric_are_drawn_on_one_scale(build: Any, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "faces")
    view = board_view(collect(tmp_path))
    (row,) = view["rows"]
    assert (row["mean"], row["n"], row["rank"]) == ("70.0", "3", "1")
    assert (row["bar"]["left"], row["bar"]["width"]) == ("0.0", "100.0")
    assert float(row["bar"]["mean"]) == pytest.approx(50, abs=0.1)
    assert row["trials"] == "2 / 1 / 1"
    assert view["metric"] == "test UAR"


def test_a_search_without_a_confirmed_run_has_no_bar(build: Any, tmp_path: Path) -> None:
    write_search(build.search(runs=()), tmp_path / "faces")
    (row,) = board_view(collect(tmp_path))["rows"]
    assert row["bar"] is None
    assert row["interval"] == row["mean"] == "–"


def test_leaky_rows_are_shown_and_marked_and_never_answered(build: Any, tmp_path: Path) -> None:
    runs = build.search().runs
    leaky = [replace(run, config=replace(run.config, rule="oracle-best-epoch")) for run in runs[3:]]
    write_search(build.search(runs=(*runs, *leaky)), tmp_path / "faces")
    material = collect(tmp_path)
    rows = board_view(material)["rows"]
    assert [row["honest"] for row in rows] == [True, False]
    assert len(material.searches) == 1
    assert len(material.searches[0].confirmed) == 3
    assert len(material.searches[0].confirmed_epochs) == 6


def test_what_ended_early_is_counted_by_reason(build: Any, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "faces")
    table = failures_table(collect(tmp_path))
    assert table is not None
    assert sorted(row[1:5] for row in table.rows) == [
        ["trials", "fail", "loss is NaN", "1"],
        ["trials", "pruned", "early stopping", "1"],
    ]
    write_search(build.search(trials=(build.trial(0),)), tmp_path / "faces")
    assert failures_table(collect(tmp_path)) is None


def test_every_trial_and_every_provenance_has_its_row(build: Any, tmp_path: Path) -> None:
    write_search(build.search(provenance=build.provenance(git_dirty=True)), tmp_path / "faces")
    material = collect(tmp_path)
    trials = trials_table(material)
    assert [row[1:3] for row in trials.rows] == [
        ["0", "complete"], ["1", "complete"], ["2", "pruned"], ["3", "fail"],
    ]  # fmt: skip
    (row,) = provenance_table(material).rows
    assert row[4] == "73c1e42 with changes"
    assert "torch 2.14" in row[5]


def test_published_numbers_stand_apart() -> None:
    assert published_table(pd.DataFrame()) is None
    names = ("dataset", "classes", "method", "year", "metric", "value_percent", "caveat", "source")
    frame = pd.DataFrame(
        [("rafdb", None, "a net", "2020", "accuracy", 88.1, "best epoch", "a paper")], columns=names
    )
    table = published_table(frame)
    assert table is not None
    assert table.rows[0][:5] == ["rafdb", "a net", "2020", "accuracy", "88.1"]
