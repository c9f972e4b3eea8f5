"""The figures of a report: their numbers are those of the tables, on the quick suite and on searches made for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.reporting.projector import write_projector
from harness.reporting.ranges import ranged_trials
from harness.reporting.report.collect import EMBEDDED, Material, Searched, collect
from harness.reporting.report.figures.budget import budget, trial_values
from harness.reporting.report.figures.confusion import confusion, confusions, recall, recalls
from harness.reporting.report.figures.curves import curves
from harness.reporting.report.figures.embedding import embedding
from harness.reporting.report.figures.importance import Importance, importance
from harness.reporting.report.figures.intervals import intervals
from harness.reporting.report.figures.parallel import parallel
from harness.reporting.report.figures.ranks import critical_difference_diagram
from harness.reporting.report.figures.response import fit, response
from harness.reporting.report.figures.slices import slice_table, slices
from harness.reporting.report.figures.theme import colours, faint, metric_words
from harness.reporting.statistics import average_ranks, expected_best
from harness.reporting.tables import write_search

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"


@pytest.fixture(scope="module")
def quick() -> Material:
    return collect(QUICK)


@pytest.fixture
def small(build: Any, tmp_path: Path) -> Searched:
    """The builders' search: two classes, confusion [[3, 1], [0, 4]] on each of three seeds, two epochs of two slices."""
    write_search(build.search(), tmp_path / "faces")
    return collect(tmp_path).searches[0]


def named(quick: Material, search: str) -> Searched:
    return next(each for each in quick.searches if each.name == search)


def test_every_fresh_seed_and_every_interval_of_a_group_is_drawn(quick: Material) -> None:
    group = quick.groups["synthetic-posed"]
    drawn = intervals("synthetic-posed", group, colours=colours(quick.methods))
    assert drawn is not None
    dots = {trace.y[0]: sorted(trace.x) for trace in drawn.figure.data if len(trace.x) > 1}
    means = {trace.y[0]: trace for trace in drawn.figure.data if len(trace.x) == 1}
    for each in group:
        assert dots[each.short] == pytest.approx(sorted(100 * each.confirmed["test_uar"].astype(float)))
        mean = means[each.short]
        assert mean.x[0] == pytest.approx(100 * each.row["mean"])
        assert mean.x[0] + mean.error_x.array[0] == pytest.approx(100 * each.row["high"])
        assert mean.x[0] - mean.error_x.arrayminus[0] == pytest.approx(100 * each.row["low"])
    assert "Highest mean: synthetic-posed / single-dual, 81.5 %" in drawn.caption


def test_a_curve_is_the_mean_over_the_confirmed_runs(quick: Material) -> None:
    search = named(quick, "posed-single-dual")
    drawn = curves("synthetic-posed", [search], colours=colours(quick.methods))
    assert drawn is not None
    band, line = drawn.figure.data
    epochs = search.confirmed_epochs
    assert set(epochs["phase"]) == {"confirmation"}
    last = 100 * epochs[epochs["epoch"] == 8]["val_uar"]
    assert len(last) == 8
    assert line.y[-1] == pytest.approx(last.mean())
    assert max(band.y) >= last.max()


def test_the_score_against_budget_ends_at_the_best_trial(quick: Material) -> None:
    search = named(quick, "posed-multi-plain")
    drawn = budget("synthetic-posed", [search], colours=colours(quick.methods))
    assert drawn is not None
    values = trial_values(search)
    assert len(values) == 12
    assert drawn.figure.data[1].y == pytest.approx(100 * expected_best(values))
    assert f"multi-plain {100 * max(values):.1f} % after 12" in drawn.caption


def test_a_failed_trial_is_spent_and_gives_nothing(small: Searched) -> None:
    assert trial_values(small)[:3] == [0.8, 0.7, 0.4]
    assert np.isnan(trial_values(small)[3])


def test_confusion_and_recall_are_counted_over_the_fresh_seeds(small: Searched) -> None:
    assert confusions(small).tolist() == [[[3, 1], [0, 4]]] * 3
    assert recalls(small).tolist() == [[0.75, 1.0]] * 3
    drawn = confusion(small)
    assert drawn is not None
    assert np.asarray(drawn.figure.data[0].z).tolist() == [[75, 25], [0, 100]]
    assert "anger for fear, 25 %" in drawn.caption
    bars = recall("faces", [small], colours={small.short: "#0072B2"})
    assert bars is not None
    assert list(bars.figure.data[0].y) == [75, 100]


def test_a_class_without_test_faces_has_no_recall(build: Any, tmp_path: Path) -> None:
    runs = [
        replace(run, result=replace(run.result, confusion=((0, 0), (1, 4)))) for run in build.search().runs
    ]
    write_search(build.search(runs=tuple(runs)), tmp_path / "faces")
    search = collect(tmp_path).searches[0]
    assert np.isnan(recalls(search)[:, 0]).all()
    bars = recall("faces", [search], colours={search.short: "#0072B2"})
    assert bars is not None
    assert list(bars.figure.data[0].x) == ["fear"]


def test_slices_are_those_of_the_chosen_epochs(small: Searched, build: Any) -> None:
    table = slice_table(small)
    assert table["margin"].tolist() == pytest.approx([0.1, 0.2])
    assert table["active"].tolist() == pytest.approx([0.25, 0.25])  # of epoch 2, not 1
    drawn = slices(small)
    assert drawn is not None
    assert list(drawn.figure.data[0].x) == pytest.approx([0.1, 0.2])


def test_a_loss_without_thresholds_has_no_slices_to_show(build: Any, tmp_path: Path) -> None:
    def without(report: Any) -> Any:
        parts = tuple(replace(part, margin=float("nan")) for part in report.slices)
        return replace(report, slices=parts)

    runs = [replace(run, reports=tuple(map(without, run.reports))) for run in build.search().runs]
    write_search(build.search(runs=tuple(runs)), tmp_path / "faces")
    assert slices(collect(tmp_path).searches[0]) is None


def test_lines_of_trials_that_did_not_run_to_their_end_are_grey(quick: Material) -> None:
    search = named(quick, "posed-multi-threshold")
    drawn = parallel(search)
    assert drawn is not None
    (lines,) = drawn.figure.data
    labels = [axis.label for axis in lines.dimensions]
    assert labels[-1] == "validation UAR, %"
    assert {"slices", "margin_max", "margin_sampling"} <= set(labels)
    dim = np.asarray(lines.line.color) == lines.line.cmin
    assert dim.tolist() == (search.trials["state"] != "COMPLETE").tolist()
    assert f"the {dim.sum()} that were stopped early or collapsed are grey" in drawn.caption


def test_words_stand_on_an_axis_by_their_names(quick: Material) -> None:
    drawn = parallel(named(quick, "posed-multi-threshold"))
    assert drawn is not None
    axis = next(axis for axis in drawn.figure.data[0].dimensions if axis.label == "margin_sampling")
    assert list(axis.ticktext) == ["even", "log", "random"]


def test_one_trial_is_no_picture_of_all(build: Any, tmp_path: Path) -> None:
    write_search(build.search(trials=(build.trial(0),), runs=()), tmp_path / "faces")
    search = collect(tmp_path).searches[0]
    assert parallel(search) is None
    assert curves("faces", [search], colours={search.short: "#0072B2"}) is None
    assert confusion(search) is None


def surface_of(function: Any, *, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    slices_, centre = rng.choice([2, 4, 8, 16], n), rng.uniform(0.2, 0.8, n)
    value = function(np.log2(slices_), centre) + rng.normal(0, 0.01, n)
    return pd.DataFrame(
        {"dataset": "faces", "method": "many", "slices": slices_, "low": centre - 0.1, "high": centre + 0.1}
        | {"centre": centre, "width": 0.2, "value": value, "collapsed": False}
    )


def test_the_response_map_finds_the_surface_under_the_noise() -> None:
    rows = surface_of(lambda slices_, centre: 0.7 - (centre - 0.5) ** 2 + 0.02 * slices_)
    surface = fit(rows)
    assert surface is not None
    assert surface.levels == [2, 4, 8, 16]
    truth = np.array(
        [
            [100 * (0.7 - (c - 0.5) ** 2 + 0.02 * np.log2(level)) for level in surface.levels]
            for c in surface.centres
        ]
    )
    assert np.abs(surface.mean - truth).max() < 1.5
    assert (surface.deviation < 1.0).all()
    drawn = response("many", rows)
    assert drawn is not None
    assert "at N = 16, centre 0.5" in drawn.caption


def test_where_there_are_no_trials_the_map_is_less_sure() -> None:
    rows = surface_of(lambda _slices, centre: 0.5 + 0.2 * centre, n=200)
    surface = fit(rows[(rows["centre"] < 0.4) | (rows["centre"] > 0.75)])
    assert surface is not None
    sides = surface.deviation[[2, -2]].mean()
    assert surface.deviation[len(surface.centres) // 2].mean() > sides


def test_few_trials_or_one_slice_count_have_no_map(quick: Material) -> None:
    ranged = ranged_trials([named(quick, "posed-multi-threshold").trials])
    assert fit(ranged.head(7)) is None
    assert fit(ranged.assign(slices=4)) is None
    assert response("many", ranged.head(7)) is None


def test_importances_beyond_chance_are_named_and_few_trials_are_said_to_be_few() -> None:
    told = {"learning_rate": Importance(0.6, 0.1), "slices": Importance(0.05, 0.1)}
    drawn = importance("faces / many", told, trials=200)
    assert drawn is not None
    assert "Beyond chance: learning_rate." in drawn.caption
    assert "few" not in drawn.caption
    few = importance("faces / many", {"slices": Importance(0.05, 0.1)}, trials=12)
    assert few is not None
    assert few.caption.endswith("None is beyond chance. 12 trials are few for this.")
    assert importance("faces / many", {}, trials=12) is None


def test_the_embedding_shows_each_face_beside_its_point(small: Searched, tmp_path: Path) -> None:
    assert embedding(small) is None
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(10, 12, 12), dtype=np.uint8)
    write_projector(
        tmp_path,
        embedding=rng.normal(size=(10, 4)),
        labels=np.arange(10) % 2,
        class_names=["anger", "fear"],
        images=images,
    )
    kept = replace(small, embedded=tuple(tmp_path / name for name in EMBEDDED))
    drawn = embedding(kept)
    assert drawn is not None
    assert [trace.name for trace in drawn.figure.data] == ["anger", "fear"]
    assert list(drawn.figure.data[1].customdata) == [1, 3, 5, 7, 9]
    assert drawn.thumbnails is not None
    sheet, across, _ = drawn.thumbnails
    assert sheet.startswith("data:image/jpeg;base64,")
    assert across == 4
    (tmp_path / "sprite.png").write_bytes(b"no picture")
    assert embedding(kept) is None


def test_the_critical_difference_diagram_takes_the_ink_of_the_page() -> None:
    means = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 3)), columns=["one", "two", "three"])
    ranks = average_ranks(means)
    assert ranks is not None
    drawing = critical_difference_diagram(ranks)
    assert drawing.startswith("<svg")
    assert "#000000" not in drawing
    assert all(re.search(rf">\W*[^<]*{name}", drawing) for name in means.columns)
    assert not re.search(r"<svg[^>]* (width|height)=", drawing)


def test_names_in_the_diagram_are_words_and_no_formulas() -> None:
    names = [r"$\frac", "<script>", "three"]
    ranks = average_ranks(pd.DataFrame(np.random.default_rng(0).normal(size=(8, 3)), columns=names))
    assert ranks is not None
    drawing = critical_difference_diagram(ranks)
    assert r"$\frac" in drawing
    assert "<script>" not in drawing
    assert drawing == critical_difference_diagram(ranks)


def test_colours_are_told_apart_and_let_through() -> None:
    assert len(set(colours("abcdefgh").values())) == 8
    assert faint("#0072B2", opacity=0.5) == "rgba(0,114,178,0.5)"
    assert metric_words("val_uar") == "validation UAR"
    assert metric_words("test_macro_f1") == "test macro F1"
    assert metric_words("test_sequence_accuracy") == "test sequence accuracy"
