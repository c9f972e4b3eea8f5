"""Words of others stay words, in each of the formats that people paste elsewhere."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from harness.reporting.escaping import csv, latex, markdown, markdown_row


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("multi_threshold-2 [57.0, 76.3]", "multi_threshold-2 [57.0, 76.3]"),
        ("a|b", r"a\|b"),
        (r"a\|b", r"a\\\|b"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("[look](javascript:alert(1))", r"[look]\(javascript:alert(1))"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_words_and_obeys_none(words: str, told: str) -> None:
    assert markdown(words) == told


def test_a_cell_cannot_end_its_row() -> None:
    assert markdown_row(["a|b\n| c", "d"]) == r"| a\|b \| c | d |"


def test_latex_shows_its_own_signs() -> None:
    assert latex(r"50 % of a_b & \input{x}") == r"50 \% of a\_b \& \textbackslash{}input\{x\}"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_takes_no_words_for_a_formula(formula: str) -> None:
    frame = pd.DataFrame({"search": [formula, "plain-name"], "mean": [-0.5, 0.25]})
    back = pd.read_csv(io.StringIO(csv(frame)))
    assert back["search"].tolist() == [f"'{formula}", "plain-name"]
    assert back["mean"].tolist() == [-0.5, 0.25]


def test_missing_whole_numbers_stay_missing_and_whole() -> None:
    frame = pd.DataFrame({"rank": pd.array([1, None], dtype="Int64"), "reason": [None, "=x"]})
    assert csv(frame).splitlines() == ["rank,reason", "1,", ",'=x"]
