"""`harness compare` as one types it, over the quick suite's tables: formats, exit codes, nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import harness
from harness.cli import app

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"
POSED = ("posed-multi-threshold", "posed-single-dual")
APART = ("posed-multi-threshold", "spontaneous-multi-threshold")


def compare(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def done(*arguments: str | Path) -> str:
    outcome = compare(*arguments)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def refusal(*arguments: str | Path) -> str:
    """What is said, on one line."""
    outcome = compare(*arguments)
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    return " ".join(outcome.stderr.split())


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two searches, to spoil."""
    for name in POSED:
        shutil.copytree(QUICK / name, tmp_path / name)
    return tmp_path


def test_the_table_is_the_default_and_ends_with_the_answer() -> None:
    told = done(*POSED, "--results", QUICK)
    assert told == done(*POSED, "--results", QUICK, "--format", "table")
    assert "A (posed-multi-threshold) is worse than B (posed-single-dual)" in told


def test_json_is_one_document_and_markdown_is_text() -> None:
    assert json.loads(done(*POSED, "--results", QUICK, "--format", "json"))["a"]["search"] == POSED[0]
    assert done(*POSED, "--results", QUICK, "--format", "markdown").startswith("- A posed-multi-threshold")


def test_searches_are_named_by_paths_too(results: Path) -> None:
    told = done(results / POSED[0], QUICK / POSED[0], "--format", "json")
    assert json.loads(told)["difference"]["mean"] == 0


def test_searches_on_different_faces_are_refused_unless_anyway() -> None:
    told = refusal(*APART, "--results", QUICK)
    assert "fingerprint is 1e1d66e7171e0abd of posed-multi-threshold and f24ff650c71519c8 of spont" in told
    assert "split's hash is 6b468452633d4ad7 of" in told
    assert "warning: compared with --anyway" in done(*APART, "--results", QUICK, "--anyway")
    document = json.loads(done(*APART, "--results", QUICK, "--anyway", "--format", "json"))
    assert document["anyway"] is True
    assert document["warnings"][0].startswith("compared with --anyway, though the faces' fingerprint")


def test_an_unknown_search_is_refused_with_the_nearest_one() -> None:
    told = refusal("posed-multi-treshold", POSED[1], "--results", QUICK)
    assert "got 'posed-multi-treshold'; the nearest one there is 'posed-multi-threshold'" in told


def test_a_search_that_confirmed_nothing_is_refused(results: Path) -> None:
    runs = results / POSED[1] / "runs.parquet"
    pq.write_table(pq.read_table(runs).slice(0, 0), runs)
    assert f"{POSED[1]} has no confirmed config to compare" in refusal(*POSED, "--results", results)


def test_a_missing_table_is_refused(results: Path) -> None:
    (results / POSED[0] / "epochs.parquet").unlink()
    assert f"{POSED[0]}/epochs.parquet is missing" in refusal(*POSED, "--results", results)


def test_debug_shows_where_a_refusal_comes_from() -> None:
    outcome = compare("xyzzy", POSED[1], "--results", QUICK, "--debug")
    assert outcome.exit_code == 2
    assert "Traceback" in outcome.stderr
