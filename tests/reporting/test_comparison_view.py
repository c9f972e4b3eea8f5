"""What is said of a comparison: words, tables of a terminal, Markdown, JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from side_by_side import FOLDS_A, FOLDS_B, QUICK, compared, runs_of, shown, write

from harness.compare import compare
from harness.reporting.comparison import Comparison
from harness.reporting.comparison_view import comparison_markdown
from harness.reporting.comparison_words import answer, to_document


@pytest.fixture
def folded(build, tmp_path: Path) -> Comparison:
    """Two searches on three folds, of different seeds."""
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B, seed=200))
    return compared(a, b)


@pytest.fixture(scope="module")
def quick() -> Comparison:
    return compare("posed-multi-threshold", "posed-single-dual", results=QUICK)


def test_the_answer_names_the_better_search_and_the_test(quick: Comparison) -> None:
    told = answer(quick)
    assert told.startswith(
        "A (posed-multi-threshold) is worse than B (posed-single-dual) by -7.4 points [-12.7, "
    )
    assert "Welch's t-test" in told
    assert any("not corrected for the suite's others" in line for line in quick.warnings)


def test_the_answer_over_folds_says_how_it_is_paired(folded: Comparison) -> None:
    assert "paired t-test over the test folds, corrected" in answer(folded)


def test_a_single_seed_shows_no_difference(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, [[0.9]]))
    b = write(build, tmp_path / "b", runs_of(build, [[0.2]], seed=200))
    told = answer(compared(a, b))
    assert told.startswith("No difference shown: A - B is +70.0 points in test_uar, of 1 and 1 fresh seeds")
    assert "+70.0" in "\n".join(shown(compared(a, b)))


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("other", ["spontaneous-multi-threshold", "posed-single-dual"])
def test_a_terminal_of_80_or_100_columns_loses_no_number(width: int, other: str) -> None:
    comparison = compare("posed-multi-threshold", other, results=QUICK, anyway=True)
    wide, narrow = (shown(comparison, width=columns) for columns in (400, width))
    assert max(map(len, narrow)) <= width
    assert numbers(wide) == numbers(narrow)


def numbers(lines: list[str]) -> list[str]:
    """In their order, of the tables of numbers alone: the words above them fold."""
    start = next(place for place, line in enumerate(lines) if line.startswith("test_uar %"))
    return re.findall(r"[-+]?\d+\.\d+|[·AB*]{30}", " ".join(lines[start:]))


def test_commits_are_shown_short_and_kept_whole_in_json(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A), git_commit="0123456789ab" + "c" * 28)
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B), git_commit="")
    comparison = compared(a, b)
    assert ["git_commit", "0123456789ab", "–"] in [line.split() for line in shown(comparison)]
    document = json.loads(to_document(comparison))
    assert document["differences"]["provenance"][0]["a"] == "0123456789ab" + "c" * 28


def test_folds_stand_below_the_mean(folded: Comparison) -> None:
    lines = shown(folded)
    place = next(number for number, line in enumerate(lines) if line.startswith("mean"))
    assert [line.split()[:5] for line in lines[place + 1 : place + 4]] == [
        ["fold", "0", "91.0", "83.0", "+8.0"],
        ["fold", "1", "68.0", "64.0", "+4.0"],
        ["fold", "2", "82.0", "65.0", "+17.0"],
    ]
    assert "over seeds instead of folds +9.7 points [" in " ".join(lines)


def test_both_curves_stand_on_one_strip(quick: Comparison) -> None:
    lines = shown(quick)
    start = next(number for number, line in enumerate(lines) if line.startswith("epoch"))
    strips = [line.split()[-1] for line in lines[start + 1 : start + 9]]
    assert strips[0].startswith("A")
    assert strips[-1].endswith("B")
    assert {len(strip) for strip in strips} == {30}


def test_a_long_curve_is_shown_in_ten_rows_with_its_first_and_last_epoch(build, tmp_path: Path) -> None:
    reports = tuple(build.report(epoch, val_uar=epoch / 100) for epoch in range(1, 61))
    runs = tuple(replace(run, reports=reports) for run in runs_of(build, FOLDS_A))
    folder = write(build, tmp_path / "a", runs)
    lines = shown(compared(folder, folder))
    start = next(number for number, line in enumerate(lines) if line.startswith("epoch"))
    rows = [line.split() for line in lines[start + 1 : lines.index("", start)]]
    assert len(rows) == 10
    assert (rows[0][0], rows[-1][0]) == ("1", "60")
    assert {row[-1].count("*") for row in rows} == {1}


def test_runs_without_curves_are_compared_all_the_same(build, tmp_path: Path) -> None:
    runs = tuple(replace(run, reports=()) for run in runs_of(build, FOLDS_A))
    folder = write(build, tmp_path / "a", runs)
    assert not any(line.startswith("epoch") for line in shown(compared(folder, folder)))


def test_markdown_rows_have_as_many_cells_as_their_header(quick: Comparison) -> None:
    tables = re.findall(r"(?:^\|.*\n?)+", comparison_markdown(quick), flags=re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_json_holds_all_numbers_and_no_nan(folded: Comparison, quick: Comparison) -> None:
    document = json.loads(to_document(quick), parse_constant=lambda name: pytest.fail(name))
    assert document["difference"]["mean"] == pytest.approx(quick.metric.gap.interval.mean)
    assert document["difference"]["p_uncorrected"] is None
    assert document["difference"]["shown"] == "worse"
    assert (document["anyway"], document["metric"], document["a"]["n"]) == (False, "test_uar", 8)
    assert document["answer"] == answer(quick)
    assert len(document["curves"]) == 8
    assert pd.DataFrame(document["recalls"])["name"].tolist() == quick.a.class_names
    of_folds = json.loads(to_document(folded))
    assert of_folds["difference"]["pairing"] == "folds"
    assert [row["name"] for row in of_folds["folds"]] == ["fold 0", "fold 1", "fold 2"]
