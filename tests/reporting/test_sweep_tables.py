"""What a sweep's runs become: rows, levels compared seed by seed, and an answer that says when no difference is shown."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Builders
from rich.console import Console

from harness.records import SweepRun, TrialState
from harness.reporting.gaps import paired
from harness.reporting.parquet import read_frame
from harness.reporting.statistics import bootstrap_interval, holm, shown
from harness.reporting.sweep_tables import answer, file_name, level_table, points, sweep_path, write_sweeps
from harness.reporting.sweep_view import sweep_view

SEEDS = np.array([0.02, -0.01, 0.03, -0.02, 0.01])
"""What each of five seeds does to every level."""


def sweep_run(
    build: type[Builders],
    level: str,
    repeat: int,
    value: float,
    *,
    sweep: str = "slices",
    tested: bool = False,
) -> SweepRun:
    run = build.run(7, repeat, val_uar=value, test_uar=value / 2)
    return SweepRun(sweep=sweep, level=level, tested=tested, run=run)


def levels(build: type[Builders], **means: float) -> list[SweepRun]:
    """Five runs of each level; `s4=0.6` is level 4 around 0.6. Each level has a tremble of its own."""
    rng = np.random.default_rng(0)
    return [
        sweep_run(build, name[1:], repeat, mean + SEEDS[repeat] + rng.normal(0, 0.001))
        for name, mean in means.items()
        for repeat in range(5)
    ]


def changed(run: SweepRun, **changes: object) -> SweepRun:
    return replace(run, run=replace(run.run, **changes))  # type: ignore[arg-type]


def compare(runs: list[SweepRun], *names: str, reference: str = "4", metric: str = "val_uar") -> pd.DataFrame:
    return level_table(runs, levels=names, reference=reference, metric=metric).set_index("level")


# --- what may be said


def test_a_difference_is_shown_only_where_its_corrected_p_value_says_so() -> None:
    assert [shown(0.1, 0.05), shown(-0.1, 0.01)] == ["better", "worse"]
    assert {shown(0.1, 0.051), shown(0.1, math.nan), shown(math.nan, math.nan)} == {"no difference shown"}


def test_without_a_difference_anywhere_one_is_claimed_in_at_most_five_of_a_hundred_sweeps() -> None:
    """Five levels against a sixth, which all pairs share, on five seeds that shift all levels alike."""
    rng = np.random.default_rng(0)
    claimed = 0
    for _ in range(2_000):
        values = rng.normal(0, 0.03, size=(6, 5)) + rng.normal(0, 0.05, size=5)
        corrected = holm([paired(level, values[0], pairing="seeds").p_value for level in values[1:]])
        claimed += any(p <= 0.05 for p in corrected)
    assert claimed / 2_000 <= 0.05


# --- files


def test_each_sweep_has_a_file_with_a_row_per_run(build: type[Builders], tmp_path: Path) -> None:
    runs = [sweep_run(build, "4", repeat, 0.5) for repeat in range(2)]
    runs.append(sweep_run(build, "0.05:0.8", 0, 0.6, sweep="margin_range, slices=8", tested=True))
    write_sweeps(runs, tmp_path)
    slices = read_frame(sweep_path(tmp_path, "slices"))
    ranges = read_frame(sweep_path(tmp_path, "margin_range, slices=8"))
    assert slices["level"].tolist() == ["4", "4"]
    assert slices["repeat"].tolist() == [0, 1]
    assert slices["val_uar"].tolist() == [0.5, 0.5]
    assert ranges[["sweep", "parameter", "level", "tested", "trial"]].values.tolist() == [
        ["margin_range, slices=8", "margin_range", "0.05:0.8", True, 7]
    ]


def test_a_search_without_sweeps_gets_no_folder_for_them(tmp_path: Path) -> None:
    write_sweeps([], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("slices", "slices"),
        ("slices, margin_range=0.05:0.8", "slices,margin_range=0.05-0.8"),
        ("loss, backbone=timm:a/b c", "loss,backbone=timm-a%2Fb%20c"),
        ("../x", "..%2Fx"),
    ],
)
def test_a_sweeps_name_is_safe_for_a_path(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_a_run_counts_as_collapsed_if_a_fold_ends_so(build: type[Builders]) -> None:
    early = replace(build.report(1), collapsed=True)
    late = replace(build.report(2, fold=1), collapsed=True)
    fine = changed(sweep_run(build, "4", 0, 0.5), reports=(build.report(2), early))
    bad = changed(sweep_run(build, "4", 1, 0.5), reports=(build.report(2), late))
    assert compare([fine, bad], "4").loc["4", "collapsed"] == 1


# --- levels


def test_levels_stand_in_the_order_of_the_user_with_their_means_and_intervals(build: type[Builders]) -> None:
    runs = levels(build, s8=0.7, s4=0.6)
    table = compare(runs, "8", "4")
    assert table.index.tolist() == ["8", "4"]
    values = [run.run.result.metrics["val_uar"] for run in runs[:5]]
    assert tuple(table.loc["8", ["mean", "low", "high"]]) == pytest.approx(
        tuple(bootstrap_interval(values, seed=0))
    )
    assert table["n"].tolist() == [5, 5]


def test_what_a_seed_does_to_both_levels_falls_out(build: type[Builders]) -> None:
    """A difference of half a standard deviation between seeds: shown in pairs, invisible without."""
    table = compare(levels(build, s4=0.6, s8=0.61), "4", "8")
    assert table.loc["8", "shown"] == "better"
    assert table.loc["8", "difference"] == pytest.approx(0.01, abs=0.001)
    assert table.loc["4", "low"] < table.loc["8", "mean"] < table.loc["4", "high"]


def test_a_level_is_compared_on_the_seeds_that_both_have_and_failures_are_counted(
    build: type[Builders],
) -> None:
    runs = levels(build, s4=0.6, s8=0.7)
    failed = replace(runs[-1].run.result, state=TrialState.FAIL, reason="loss is NaN")
    table = compare([*runs[1:-1], changed(runs[-1], result=failed)], "4", "8")
    assert table["n"].tolist() == [4, 4]
    assert table["failed"].tolist() == [0, 1]
    assert table.loc["8", "pairs"] == 3


def test_p_values_are_corrected_for_the_number_of_levels(build: type[Builders]) -> None:
    table = compare(levels(build, s4=0.6, s2=0.601, s8=0.7), "4", "2", "8")
    assert table.loc["8", "p_holm"] == pytest.approx(2 * table.loc["8", "p_value"])
    assert table.loc["2", "p_holm"] == pytest.approx(table.loc["2", "p_value"])


def test_a_sweep_on_test_compares_the_test_metric(build: type[Builders]) -> None:
    table = compare(levels(build, s4=0.6, s8=0.8), "4", "8", metric="test_uar")
    assert table.loc["8", "difference"] == pytest.approx(0.1, abs=0.001)


# --- the answer


def said(build: type[Builders], *names: str, runs: list[SweepRun]) -> str:
    table = level_table(runs, levels=names, reference="4", metric="val_uar")
    return answer(table, parameter="slices", reference="4")


def test_the_answer_says_where_no_difference_is_shown(build: type[Builders]) -> None:
    rng = np.random.default_rng(1)
    runs = [
        sweep_run(build, level, repeat, 0.5 + rng.normal(0, 0.05))
        for level in ("2", "4", "8")
        for repeat in range(5)
    ]
    told = said(build, "2", "4", "8", runs=runs)
    assert told.startswith("slices, against 4: no difference shown for 2, 8 (the largest is ")


def test_the_answer_says_which_level_is_better_and_which_is_worse(build: type[Builders]) -> None:
    told = said(build, "1", "4", "8", runs=levels(build, s1=0.5, s4=0.6, s8=0.7))
    assert told.startswith("slices, against 4: 1 is worse by -10.")
    assert "; 8 is better by +9.9 points [" in told
    assert "no difference" not in told


def test_a_single_level_has_nothing_to_be_compared_with(build: type[Builders]) -> None:
    told = said(build, "4", runs=levels(build, s4=0.6))
    assert told.startswith("slices: nothing can be compared with 4 yet")
    assert said(build, "4", "8", runs=levels(build, s8=0.6)) == told


def test_a_differences_interval_leaves_out_zero_where_its_uncorrected_test_rejects(
    build: type[Builders],
) -> None:
    rng = np.random.default_rng(5)
    for gap in np.linspace(0, 0.1, 9):
        runs = [
            sweep_run(build, level, repeat, 0.5 + mean + rng.normal(0, 0.03))
            for level, mean in (("4", 0.0), ("8", gap))
            for repeat in range(5)
        ]
        row = compare(runs, "4", "8").loc["8"]
        assert (row["difference_low"] > 0 or row["difference_high"] < 0) == (row["p_value"] < 0.05)


def test_a_single_pair_has_a_dash_for_its_interval(build: type[Builders]) -> None:
    table = level_table(
        [run for run in levels(build, s4=0.6, s8=0.7) if run.run.repeat < 1],
        levels=["4", "8"],
        reference="4",
        metric="val_uar",
    )
    assert points(table.to_dict("records")[1]).endswith("points [–]")


def test_the_view_shows_every_level_and_the_answer(build: type[Builders]) -> None:
    runs = levels(build, s1=0.5, s4=0.6)
    table = level_table(runs, levels=["1", "4", "8"], reference="4", metric="val_uar")
    console = Console(width=120)
    with console.capture() as captured:
        console.print(sweep_view(table, parameter="slices", reference="4", metric="val_uar"))
    lines = [" ".join(line.split()) for line in captured.get().splitlines()]
    assert lines[0] == "slices n val_uar % [95 %] difference [95 %] p Holm collapsed failed shown"
    assert lines[1].startswith("1 5 50.")
    assert lines[1].endswith("0 0 worse")
    assert lines[2].endswith("– – 0 0 reference")
    assert lines[3] == "8 0 – [–] – – 0 0 –"
    assert lines[-1].startswith("slices, against 4: 1 is worse by -10.")
