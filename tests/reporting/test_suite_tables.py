"""A suite's table and its answer in words, from samples whose differences are known."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from harness.reporting.statistics import bootstrap_interval
from harness.reporting.suite_tables import SEED, answer, question_table
from harness.reporting.suite_view import question_view

ONE = [0.60, 0.61, 0.59, 0.62, 0.60]
SAMPLES = {
    ("posed", "one"): ONE,
    ("posed", "many"): [0.80, 0.81, 0.79, 0.82, 0.80],
    ("posed", "few"): [0.61, 0.60, 0.62, 0.59, 0.61],
    ("wild", "one"): ONE,
    ("wild", "many"): [0.40, 0.41, 0.39, 0.42, 0.40],
}


def shown(samples: dict[tuple[str, str], list[float]]) -> str:
    out = io.StringIO()
    view = question_view(question_table(samples, baseline="one"), baseline="one", metric="test_uar")
    Console(file=out, width=160).print(view)
    return out.getvalue()


def test_a_row_holds_the_interval_of_its_own_seeds() -> None:
    table = question_table(SAMPLES, baseline="one").set_index(["dataset", "method"])
    interval = bootstrap_interval(SAMPLES["posed", "many"], seed=SEED)
    row = table.loc["posed", "many"]
    assert (row["mean"], row["low"], row["high"]) == interval
    assert row["difference"] == pytest.approx(0.2)
    assert row["improvement"] == 1
    assert math.isnan(table.loc[("posed", "one"), "difference"])


def test_rows_come_by_dataset_with_the_best_first() -> None:
    table = question_table(SAMPLES, baseline="one")
    order = list(zip(table["dataset"], table["method"], strict=True))
    assert order == [
        ("posed", "many"), ("posed", "few"), ("posed", "one"), ("wild", "one"), ("wild", "many"),
    ]  # fmt: skip


def test_the_answer_says_what_is_shown_and_what_is_not() -> None:
    posed, wild = answer(question_table(SAMPLES, baseline="one"), baseline="one").splitlines()
    assert posed.startswith("posed, against one: many is better by +20.0 points [+18.")
    assert "no difference shown for few (the largest is few's, +0.2 points [" in posed
    assert wild.startswith("wild, against one: many is worse by -20.0 points [-21.")
    assert "no difference" not in wild


def test_a_dataset_whose_baseline_is_missing_is_not_compared() -> None:
    samples = {key: values for key, values in SAMPLES.items() if key != ("wild", "one")}
    words = answer(question_table(samples, baseline="one"), baseline="one")
    assert "wild: the baseline one was not confirmed, so nothing can be compared." in words


@pytest.mark.parametrize("samples", [{}, {("posed", "one"): ONE}])
def test_where_nothing_can_be_compared_that_is_said(samples: dict[tuple[str, str], list[float]]) -> None:
    assert "Nothing can be compared yet" in answer(question_table(samples, baseline="one"), baseline="one")


def test_without_a_confirmed_search_the_view_says_so() -> None:
    assert shown({}).strip() == "nothing was confirmed yet"


def test_the_view_shows_every_method_with_its_verdict() -> None:
    lines = shown(SAMPLES).splitlines()
    assert lines[0].rstrip() == "posed  test_uar of 5 fresh seeds"
    many = next(line for line in lines if line.startswith("many"))
    assert many.split()[1] == "80.4"
    assert many.rstrip().endswith("better")
    assert next(line for line in lines if line.startswith("one")).rstrip().endswith("baseline")
