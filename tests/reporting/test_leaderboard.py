"""The leaderboard over folders, and how it is shown."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from scipy.stats import ttest_ind

from harness.errors import ResultsError
from harness.records import TrialResult, TrialState
from harness.reporting import schemas
from harness.reporting.leaderboard import leaderboard, write_leaderboard
from harness.reporting.leaderboard_view import FORMATS, as_good_as_the_best, of_dataset, render
from harness.reporting.tables import write_search
from harness.reporting.wording import duration, margins, percent


@pytest.fixture
def results(build, tmp_path: Path) -> Path:
    """A confirmed search, a better one of another method, an unconfirmed one, and one of other faces."""
    folder = tmp_path / "results"
    write_search(build.search(), folder / "quickstart")
    better = build.provenance(method="single-threshold", search="baseline")
    runs = tuple(
        build.run(0, repeat, val_uar=0.8, test_uar=0.75 + repeat / 100, slices=1) for repeat in range(3)
    )
    write_search(build.search(provenance=better, runs=runs), folder / "baseline")
    write_search(build.search(runs=()), folder / "unconfirmed")
    write_search(build.search(provenance=build.provenance(fingerprint="cafe")), folder / "other-faces")
    return folder


def row(frame: pd.DataFrame, search: str) -> pd.Series:
    return frame.set_index("search").loc[search]


def test_a_row_holds_the_chosen_config_its_interval_and_what_it_cost(results: Path) -> None:
    found = row(leaderboard(results).frame, "quickstart")
    assert (found["trial"], found["slices"], found["metric"]) == (1, 8, "test_uar")
    assert found["mean"] == pytest.approx(0.7)
    assert (found["low"], found["high"]) == pytest.approx((0.4516, 0.9484), abs=1e-4)
    assert (found["n"], found["runs_failed"], found["val_mean"], found["search_val"]) == (3, 0, 0.75, 0.7)
    assert (found["trials_complete"], found["trials_pruned"], found["trials_failed"]) == (2, 1, 1)
    assert found["compute_seconds"] == 3 * 2.0 + 6 * 10.0


def test_only_searches_of_the_same_faces_rank_against_each_other(results: Path) -> None:
    frame = leaderboard(results).frame
    assert {name: row(frame, name)["rank"] for name in ("baseline", "quickstart", "other-faces")} == {
        "baseline": 1,
        "quickstart": 2,
        "other-faces": 1,
    }


def test_an_unconfirmed_search_appears_with_its_best_trial_but_unranked(results: Path) -> None:
    found = row(leaderboard(results).frame, "unconfirmed")
    assert pd.isna(found["rank"])
    assert pd.isna(found["mean"])
    assert (found["n"], found["trial"], found["search_val"], found["slices"]) == (0, 0, 0.8, 2)


def test_a_search_whose_every_trial_failed_appears_without_a_config(build, tmp_path: Path) -> None:
    failed = build.trial(0, result=TrialResult(state=TrialState.FAIL, reason="no memory"), reports=())
    write_search(build.search(trials=(failed,), runs=()), tmp_path / "s")
    found = row(leaderboard(tmp_path).frame, "s")
    assert pd.isna(found["trial"])
    assert found["trials_failed"] == 1
    assert pd.isna(found["loss"])
    for format in FORMATS:
        render(leaderboard(tmp_path).frame, format=format)


def test_folders_of_two_machines_copied_together_merge(build, tmp_path: Path) -> None:
    for machine, search in (("one", "a"), ("two", "b")):
        write_search(build.search(), tmp_path / machine / search)
        shutil.copytree(tmp_path / machine, tmp_path / "results", dirs_exist_ok=True)
    assert leaderboard(tmp_path / "results").frame["search"].tolist() == ["a", "b"]


def test_a_damaged_an_unfinished_and_an_empty_folder_are_told_and_do_not_stop_the_others(
    build, results: Path
) -> None:
    (results / "running").mkdir()
    (results / ".cache").mkdir()
    write_search(build.search(trials=(), runs=()), results / "waiting")
    (results / "quickstart" / "runs.parquet").write_bytes(b"PAR1 half of it")
    frame, problems = leaderboard(results)
    assert sorted(frame["search"]) == ["baseline", "other-faces", "unconfirmed"]
    assert len(problems) == 3
    assert "quickstart/runs.parquet cannot be read" in problems[0]
    assert "running/trials.parquet is missing" in problems[1]
    assert "waiting/trials.parquet has no trial yet" in problems[2]


def test_a_results_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"expected a folder of searches, got .*nowhere"):
        leaderboard(tmp_path / "nowhere")


def test_the_written_leaderboard_is_the_ranked_one_with_its_schema(results: Path) -> None:
    path = write_leaderboard(results)
    assert path == results / "leaderboard.parquet"
    assert pq.read_schema(path).equals(schemas.LEADERBOARD)
    assert pd.read_parquet(path)["mean"].tolist()[:3] == pytest.approx([0.70, 0.76, 0.70])
    assert not list(results.glob(".*"))


def test_an_empty_results_folder_gives_an_empty_table_in_every_format(tmp_path: Path) -> None:
    write_leaderboard(tmp_path)
    frame = leaderboard(tmp_path).frame
    assert list(frame.columns) == schemas.LEADERBOARD.names
    for format in FORMATS:
        render(frame, format=format)


def shown(frame: pd.DataFrame, *, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(render(frame, format="table"))
    return console.file.getvalue()


def test_the_table_fits_100_columns_and_shows_interval_slices_and_margins(results: Path) -> None:
    text = shown(leaderboard(results).frame)
    assert max(map(len, text.splitlines())) <= 100
    line = next(line for line in text.splitlines() if "quickstart" in line)
    assert " ".join(line.split()) == (
        "2 quickstart multi-threshold 8 0.10–0.60 70.0 [45.2, 94.8] 3 70.0 4 1m06s"
    )
    assert text.count("synthetic-posed") == 2


def test_columns_of_which_a_whole_group_has_nothing_are_not_shown(build, tmp_path: Path) -> None:
    write_search(build.search(runs=()), tmp_path / "unconfirmed")
    header = shown(leaderboard(tmp_path).frame).splitlines()[2]
    assert header.split() == [
        "search",
        "method",
        "N",
        "margins",
        "test",
        "UAR",
        "%",
        "n",
        "trials",
        "compute",
    ]


def test_names_are_shown_as_they_are(build, tmp_path: Path) -> None:
    write_search(build.search(), tmp_path / "try[bold]")
    assert "try[bold]" in shown(leaderboard(tmp_path).frame)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_names_stand_in_one_line_on_every_screen(build, tmp_path: Path, width: int) -> None:
    names = {"spontaneous-equal-thresholds": "equal-thresholds", "posed-multi-threshold": "multi-threshold"}
    for search, method in names.items():
        write_search(build.search(provenance=build.provenance(method=method)), tmp_path / search)
    told = shown(leaderboard(tmp_path).frame, width=width)
    for search, method in names.items():
        assert search in told
        assert method in re.sub(search, "", told)
    assert ("compute" in told) == (width > 80)


def test_one_fold_has_no_spread(build, results: Path) -> None:
    frame = leaderboard(results).frame
    assert frame["fold_sd"].isna().all()
    assert frame.loc[frame["search"] == "quickstart", "folds"].tolist() == [1]


def test_markdown_columns_are_aligned(results: Path) -> None:
    lines = str(render(leaderboard(results).frame, format="markdown")).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 2 + 4
    assert lines[0].startswith("|   # | dataset")


def test_latex_uses_booktabs_and_escapes_what_latex_would_read(results: Path) -> None:
    frame = leaderboard(results).frame.replace({"method": {"multi-threshold": "a_b & 50%"}})
    text = str(render(frame, format="latex"))
    assert r"a\_b \& 50\%" in text
    assert "0.10--0.60" in text
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1


def test_csv_and_json_hold_every_column_at_full_precision(results: Path) -> None:
    frame = leaderboard(results).frame
    again = pd.read_csv(io.StringIO(str(render(frame, format="csv"))))
    assert list(again.columns) == schemas.LEADERBOARD.names
    assert again["low"].tolist() == pytest.approx(frame["low"].tolist(), rel=1e-15, nan_ok=True)
    records = json.loads(str(render(frame, format="json")))
    assert records[0]["mean"] == pytest.approx(frame["mean"][0], rel=1e-12)
    assert records[0]["slices"] == frame["slices"][0]


def test_an_unknown_format_is_named_with_the_known_ones(results: Path) -> None:
    with pytest.raises(ResultsError, match="table, markdown, csv, json, latex, got 'xls'"):
        render(leaderboard(results).frame, format="xls")


def test_the_dataset_filter_keeps_one_dataset(results: Path) -> None:
    assert len(of_dataset(leaderboard(results).frame, "synthetic-posed")) == 4


def test_an_unknown_dataset_is_named_with_the_known_ones(results: Path) -> None:
    with pytest.raises(ResultsError, match="no search of dataset 'ckplus' here; datasets: synthetic-posed"):
        of_dataset(leaderboard(results).frame, "ckplus")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0s"), (59.6, "1m00s"), (80, "1m20s"), (7500, "2h05m"), (273_600, "3d04h"), (float("nan"), "–")],
)
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_percent_has_a_dash_where_there_is_no_number() -> None:
    assert (percent(0.8434), percent(None), percent(float("nan"))) == ("84.3", "–", "–")


@pytest.mark.parametrize(
    ("loss", "slices", "high", "words"),
    [
        ("dual-triplet", 8, 0.6, "0.10–0.60"),
        ("dual-triplet", 1, 0.6, "0.10"),
        ("triplet", 8, 0.1, "0.10"),
        ("cross-entropy", 8, 0.6, "–"),
    ],
)
def test_margins_are_a_range_one_number_or_a_dash(loss: str, slices: int, high: float, words: str) -> None:
    assert margins(loss=loss, slices=slices, low=0.1, high=high) == words


def test_a_failed_run_with_metrics_of_earlier_epochs_counts_for_nothing(build, tmp_path: Path) -> None:
    lucky = build.run(0, 0, val_uar=0.95, test_uar=0.99)
    failed = replace(lucky, result=replace(lucky.result, state=TrialState.FAIL, reason="loss is NaN"))
    steady = [build.run(1, repeat, val_uar=0.7, test_uar=0.6 + repeat / 100, slices=8) for repeat in range(3)]
    broken = replace(failed, trial=1, repeat=3)
    write_search(build.search(runs=(failed, *steady, broken)), tmp_path / "search")
    row = leaderboard(tmp_path).frame.iloc[0]
    assert (row["trial"], row["n"], row["runs_failed"]) == (1, 3, 1)
    assert row["mean"] == pytest.approx(0.61)


def test_a_row_names_the_code_that_gave_its_number(build, tmp_path: Path) -> None:
    search = build.search()
    newer = tuple(replace(run, provenance=build.provenance(git_commit="beef")) for run in search.runs)
    write_search(replace(search, runs=newer), tmp_path / "search")
    assert leaderboard(tmp_path).frame["git_commit"].tolist() == ["beef"]


def of_seeds(build, folder: Path, values: dict[str, list[float]]) -> pd.DataFrame:
    """The leaderboard of searches with these test metrics, one per fresh seed."""
    for method, seeds in values.items():
        runs = tuple(build.run(0, k, val_uar=0.8, test_uar=value) for k, value in enumerate(seeds))
        write_search(build.search(provenance=build.provenance(method=method), runs=runs), folder / method)
    return leaderboard(folder).frame


def test_rows_that_are_not_shown_to_be_worse_than_the_best_are_bold(build, tmp_path: Path) -> None:
    best, near, far = [0.71, 0.74, 0.69, 0.75], [0.70, 0.73, 0.69, 0.72], [0.51, 0.54, 0.49, 0.55]
    frame = of_seeds(build, tmp_path, {"best": best, "near": near, "far": far, "once": [0.1]})
    assert dict(zip(frame["method"], as_good_as_the_best(frame), strict=True)) == {
        "best": True,
        "near": True,
        "far": False,
        "once": True,  # of one seed nothing can be shown
    }
    p_value = ttest_ind(far, best, equal_var=False).pvalue
    assert p_value < 0.05 / 3
    markdown = str(render(frame, format="markdown")).splitlines()
    assert [("**" in line) for line in markdown[2:]] == [True, True, False, True]
    latex = str(render(frame, format="latex"))
    assert latex.count(r"\textbf{") == 3
    assert r"\textbf{72.2 [" in latex
    assert latex.splitlines()[0].endswith(
        "bold: not shown to be worse than the best (Welch, Holm within a group)"
    )


def test_each_group_has_its_own_best_and_unranked_rows_are_never_bold(results: Path) -> None:
    frame = leaderboard(results).frame
    told = dict(zip(frame["search"], as_good_as_the_best(frame), strict=True))
    assert told["baseline"]
    assert told["other-faces"]
    assert not told["unconfirmed"]
