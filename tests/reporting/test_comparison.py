"""Two searches side by side, of made tables with known numbers and of the quick suite's real ones."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel
from side_by_side import FILE, FOLDS_A, FOLDS_B, QUICK, compared, runs_of, shown, write

from harness.compare import compare
from harness.errors import ResultsError
from harness.reporting.comparison import Comparison, compare_confirmed
from harness.reporting.comparison_words import answer, to_document
from harness.reporting.confirmed import read_confirmed
from harness.reporting.differences import Difference, differing, flat
from harness.reporting.leaderboard import leaderboard
from harness.reporting.tables import write_search


@pytest.fixture
def folded(build, tmp_path: Path) -> Comparison:
    """Two searches on three folds, of different seeds."""
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B, seed=200))
    return compared(a, b)


@pytest.fixture(scope="module")
def quick() -> Comparison:
    return compare("posed-multi-threshold", "posed-single-dual", results=QUICK)


# --- what is paired


def test_folds_of_one_split_are_pairs_of_their_means_over_the_seeds(folded: Comparison) -> None:
    ours, theirs = np.mean(FOLDS_A, axis=0), np.mean(FOLDS_B, axis=0)
    assert folded.metric.gap.pairing == "folds"
    assert [row.a.mean for row in folded.folds] == pytest.approx(ours)
    assert [row.gap.interval.mean for row in folded.folds] == pytest.approx(ours - theirs)
    assert folded.uncorrected == pytest.approx(ttest_rel(ours, theirs).pvalue)
    assert folded.metric.gap.p_value > folded.uncorrected


def test_the_interval_over_folds_counts_the_faces_that_they_share(folded: Comparison) -> None:
    gaps = np.mean(FOLDS_A, axis=0) - np.mean(FOLDS_B, axis=0)
    half = 4.302652729911275 * gaps.std(ddof=1) * math.sqrt(1 / 3 + 2 / 6)  # t of 2; 2 test, 6 training faces
    interval = folded.metric.gap.interval
    assert (interval.low, interval.high) == pytest.approx((gaps.mean() - half, gaps.mean() + half))


def test_fresh_seeds_of_two_searches_are_no_pairs(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, [[0.9], [0.8]]))
    b = write(build, tmp_path / "b", runs_of(build, [[0.7], [0.6]], seed=200))
    comparison = compared(a, b)
    assert comparison.metric.gap.pairing == "none"
    assert comparison.folds == ()
    assert math.isnan(comparison.uncorrected)


def test_equal_seeds_are_pairs_where_folds_are_none(build, tmp_path: Path) -> None:
    ours, theirs = [0.9, 0.8, 0.7], [0.8, 0.75, 0.62]
    a = write(build, tmp_path / "a", runs_of(build, [[value] for value in ours]))
    b = write(build, tmp_path / "b", runs_of(build, [[value] for value in theirs]))
    gap = compared(a, b).metric.gap
    assert gap.pairing == "seeds"
    assert gap.p_value == pytest.approx(ttest_rel(ours, theirs).pvalue)


def test_the_difference_over_seeds_is_told_beside_that_over_folds(folded: Comparison) -> None:
    ours, theirs = np.mean(FOLDS_A, axis=1), np.mean(FOLDS_B, axis=1)
    assert folded.over_seeds.pairing == "none"
    assert folded.over_seeds.p_value == pytest.approx(ttest_ind(ours, theirs, equal_var=False).pvalue)


def test_folds_of_different_splits_are_no_pairs(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B, seed=200), split_hash="cafe")
    comparison = compared(a, b, anyway=True)
    assert comparison.metric.gap.pairing == "none"
    assert comparison.folds == ()


# --- what is compared


def test_mean_and_interval_of_each_side_are_the_leaderboards(quick: Comparison) -> None:
    rows = leaderboard(QUICK).frame.set_index("search")
    for side, interval in ((quick.a, quick.metric.a), (quick.b, quick.metric.b)):
        row = rows.loc[side.label]
        assert tuple(interval) == pytest.approx((row["mean"], row["low"], row["high"]))
        assert side.trial == row["trial"]


def test_the_config_is_chosen_on_validation_among_honest_finished_runs(build, tmp_path: Path) -> None:
    """Trial 1 is the better on validation, and 0 on test; a leaky run of 0 claims the most."""
    leaky = build.run(0, 0, val_uar=0.99, test_uar=0.99)
    leaky = replace(leaky, config=replace(leaky.config, rule="oracle-best-epoch"), reports=())
    search = build.search()
    folder = write(build, tmp_path / "a", (*search.runs, leaky))
    found = read_confirmed(folder, label="a")
    assert found.trial == 1
    assert found.values == pytest.approx([0.6, 0.7, 0.8])


def test_curves_are_the_mean_and_range_of_the_honest_runs(build, tmp_path: Path) -> None:
    runs = runs_of(build, [[0.9], [0.8]])
    curves = [(0.2, 0.4), (0.6, 0.8)]
    runs = tuple(
        replace(run, reports=tuple(build.report(epoch + 1, val_uar=v) for epoch, v in enumerate(curve)))
        for run, curve in zip(runs, curves, strict=True)
    )
    wild = replace(runs[0], config=replace(runs[0].config, rule="leaky-random-images"))
    wild = replace(wild, reports=tuple(build.report(epoch, val_uar=1.0) for epoch in (1, 2)))
    a = write(build, tmp_path / "a", (*runs, wild))
    b = write(build, tmp_path / "b", tuple(replace(run, reports=run.reports[:1]) for run in runs))
    frame = compared(a, b).curves
    assert frame["a_mean"].tolist() == pytest.approx([0.4, 0.6])
    assert (frame["a_low"].tolist(), frame["a_high"].tolist()) == ([0.2, 0.4], [0.6, 0.8])
    assert frame["b_mean"].tolist() == pytest.approx([0.4, math.nan], nan_ok=True)


def test_recalls_are_of_each_class_and_averaged_over_the_seeds(build, tmp_path: Path) -> None:
    runs = runs_of(build, [[0.9], [0.8]])  # each with the confusion ((3, 1), (0, 4))
    worse = tuple(replace(run, result=replace(run.result, confusion=((2, 2), (4, 0)))) for run in runs)
    comparison = compared(write(build, tmp_path / "a", runs), write(build, tmp_path / "b", worse))
    told = {row.name: (row.a.mean, row.b.mean, row.gap.interval.mean) for row in comparison.recalls}
    assert told == {"anger": (0.75, 0.5, 0.25), "fear": (1.0, 0.0, 1.0)}


def test_a_class_without_test_faces_or_in_one_search_alone_has_no_difference(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, [[0.9]], confusion=((3, 1), (0, 0))))
    names = {"class_names": ("anger", "joy"), "fingerprint": "cafe"}
    b = write(build, tmp_path / "b", runs_of(build, [[0.9]]), **names)
    comparison = compared(a, b, anyway=True)
    assert {row.name: math.isnan(row.gap.interval.mean) for row in comparison.recalls} == {
        "anger": False,
        "joy": True,
    }


def test_sequence_metrics_have_the_recalls_of_sequences(build, tmp_path: Path) -> None:
    runs = runs_of(build, [[0.9], [0.8]], sequence_confusion=((1, 1), (0, 2)))
    runs = tuple(
        replace(
            run,
            result=replace(
                run.result, metrics={**run.result.metrics, "val_sequence_uar": 0.7, "test_sequence_uar": 0.75}
            ),
        )
        for run in runs
    )
    folder = write(build, tmp_path / "a", runs, objective="val_sequence_uar")
    comparison = compared(folder, folder)
    assert comparison.metric.name == "test_sequence_uar"
    assert [row.a.mean for row in comparison.recalls] == [0.5, 1.0]


def test_differences_are_named_by_key_with_both_values(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    other = {**FILE, "name": "t", "method": {"slices": 4}, "space": {"margin_min": {"low": 0.2, "high": 0.5}}}
    packages = {"python": "3.11", "torch": "2.15"}
    runs = tuple(
        replace(run, config=replace(run.config, slices=4)) for run in runs_of(build, FOLDS_B, seed=200)
    )
    b = write(build, tmp_path / "b", runs, file=other, git_commit="beef", packages=packages, protocol="folds")
    comparison = compared(a, b)
    assert comparison.differences == {
        "search file": [
            Difference("method.slices", 1, 4),
            Difference("space.margin_min", {"low": 0.1, "high": 0.5}, {"low": 0.2, "high": 0.5}),
        ],
        "chosen config": [Difference("slices", 2, 4)],
        "data": [Difference("protocol", "subjects", "folds")],
        "provenance": [
            Difference("git_commit", "73c1e42", "beef"),
            Difference("packages.torch", "2.14", "2.15"),
        ],
    }
    assert any("the protocols differ" in line for line in comparison.warnings)
    rows = [line.split() for line in shown(comparison)]
    assert ["packages.torch", "2.14", "2.15"] in rows
    assert ["method.slices", "1", "4"] in rows


def test_a_search_that_went_on_with_newer_code_tells_both_commits(build, tmp_path: Path) -> None:
    folder = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    runs = list(build.search(runs=runs_of(build, FOLDS_A)).runs)
    runs[1] = replace(runs[1], provenance=build.provenance(git_commit="beef"))
    write_search(replace(build.search(), runs=tuple(runs)), folder)
    assert read_confirmed(folder, label="a").provenance()["git_commit"] == "73c1e42 and beef"


def test_code_with_uncommitted_changes_is_warned_of(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A), git_dirty=True)
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B), git_dirty=None)
    assert compared(a, b).warnings == (
        "uncommitted changes were in the code of a: the commit does not say what ran",
    )


def test_settings_are_flat_but_for_the_domains_of_the_space() -> None:
    values = {"seed": 0, "space": {"x": {"low": 1}}, "dataset": {"options": {}, "size": 48}}
    assert flat(values) == {"seed": 0, "space.x": {"low": 1}, "dataset.size": 48}
    assert differing({"a": 1, "b": 2}, {"c": 3, "a": 1}) == [("b", 2, None), ("c", None, 3)]


@pytest.mark.parametrize("search", ["posed-single-dual", "spontaneous-multi-threshold"])
def test_a_search_equals_itself(search: str) -> None:
    comparison = compare(search, search, results=QUICK)
    assert comparison.differences == {
        name: [] for name in ("search file", "chosen config", "data", "provenance")
    }
    assert comparison.metric.gap.interval == (0, 0, 0)
    assert comparison.warnings == ()
    assert all(row.gap.interval == (0, 0, 0) for row in comparison.recalls)
    assert answer(comparison).startswith("No difference shown: A - B is +0.0 points")


# --- what is refused


def test_other_faces_or_another_split_are_refused_with_both_values(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    b = write(build, tmp_path / "b", runs_of(build, FOLDS_B), fingerprint="cafe", split_hash="beef")
    told = "the faces' fingerprint is f00d of a and cafe of b; the split's hash is 5b1e of a and beef of b.*--anyway"
    with pytest.raises(ResultsError, match=told):
        compared(a, b)
    comparison = compared(a, b, anyway=True)
    assert comparison.anyway
    assert re.search(r"--anyway.*f00d of a and cafe of b", comparison.warnings[0])
    assert any(line.startswith("warning: compared with --anyway") for line in shown(comparison))
    assert json.loads(to_document(comparison))["anyway"] is True


def test_anyway_says_nothing_where_nothing_had_to_be_allowed(folded: Comparison) -> None:
    assert not compare_confirmed(folded.a, folded.b, anyway=True).anyway


def test_searches_of_different_objectives_are_refused_always(build, tmp_path: Path) -> None:
    a = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    runs = tuple(
        replace(run, result=replace(run.result, metrics={**run.result.metrics, "val_accuracy": 0.7}))
        for run in runs_of(build, FOLDS_B)
    )
    b = write(build, tmp_path / "b", runs, objective="val_accuracy")
    with pytest.raises(ResultsError, match="got val_uar of a and val_accuracy of b"):
        compared(a, b, anyway=True)


def test_a_search_without_confirmed_runs_is_refused(build, tmp_path: Path) -> None:
    folder = write(build, tmp_path / "a", ())
    with pytest.raises(ResultsError, match=r"a has no confirmed config to compare: .*got 0 runs"):
        read_confirmed(folder, label="a")


def test_runs_without_the_test_metric_are_refused(build, tmp_path: Path) -> None:
    runs = tuple(
        replace(run, result=replace(run.result, metrics={"val_sequence_uar": 0.7, "test_uar": 0.9}))
        for run in runs_of(build, [[0.9]])
    )
    folder = write(build, tmp_path / "a", runs, objective="val_sequence_uar")
    with pytest.raises(ResultsError, match=r"a/runs\.parquet: expected test_sequence_uar of each"):
        read_confirmed(folder, label="a")


def test_a_search_without_trials_is_refused(build, tmp_path: Path) -> None:
    write_search(build.search(trials=(), runs=()), tmp_path / "a")
    with pytest.raises(ResultsError, match=r"a/trials\.parquet has no trial yet"):
        read_confirmed(tmp_path / "a", label="a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, r"a/search\.yaml is missing; copy it"),
        ("{", r"a/search\.yaml is damaged: .*line 1, column 2"),
        ("word", r"a/search\.yaml is damaged: expected settings, got 'word'"),
    ],
)
def test_a_missing_or_damaged_search_file_is_refused(
    build, tmp_path: Path, text: str | None, told: str
) -> None:
    folder = write(build, tmp_path / "a", runs_of(build, FOLDS_A))
    (folder / "search.yaml").unlink() if text is None else (folder / "search.yaml").write_text(text)
    with pytest.raises(ResultsError, match=told):
        read_confirmed(folder, label="a")
