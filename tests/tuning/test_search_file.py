"""A search file is read, overridden and written back without a loss. What it refuses is in `test_cli_bad_inputs.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import SearchFileError
from harness.tuning.domains import Choice, Range
from harness.tuning.search_file import Override, parse_set, read_search_file, write_search_file
from harness.tuning.spec import SearchSpec

SEARCHES = sorted((Path(__file__).parents[2] / "searches").glob("*.yaml"))
SMALL = "dataset: {name: synthetic-posed}\n"


def read(tmp_path: Path, text: str, *overrides: str) -> SearchSpec:
    path = tmp_path / "faces.yaml"
    path.write_text(text)
    return read_search_file(path, overrides=[parse_set(text) for text in overrides])


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_what_is_written_is_read_back_equal(path: Path, tmp_path: Path) -> None:
    spec = read_search_file(path)
    written = tmp_path / "search.yaml"
    written.write_text(write_search_file(spec))
    again = read_search_file(written)
    assert again == spec
    assert write_search_file(again) == written.read_text()


def test_the_resolved_file_names_every_setting(tmp_path: Path) -> None:
    written = write_search_file(read(tmp_path, SMALL + "space: {slices: [1, 2]}"))
    resolved = read(tmp_path, written)
    assert set(SearchSpec.model_fields) == resolved.model_fields_set
    assert "learning_rate: 0.002" in written
    assert "slices: 8" not in written


def test_a_search_is_named_after_its_file_unless_it_says_another(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).name == "faces"
    assert read(tmp_path, SMALL + "name: posed-1").name == "posed-1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", 1),
        ("a=0.5", 0.5),
        ("a=[1, 2]", [1, 2]),
        ("a={low: 1, high: 2}", {"low": 1, "high": 2}),
        ("a=word", "word"),
        ("a=x=y", "x=y"),
        ("a=", None),
        ("a=null", None),
    ],
)
def test_a_set_value_is_yaml(text: str, expected: Any) -> None:
    assert parse_set(text) == Override(f"--set {text}", "a", expected)


@pytest.mark.parametrize("text", ["budget.trials", "=5", ""])
def test_a_set_without_key_or_value_is_refused(text: str) -> None:
    with pytest.raises(SearchFileError, match=rf"--set {text}: expected key=value"):
        parse_set(text)


def test_an_override_wins_over_the_file_and_a_later_one_over_an_earlier(tmp_path: Path) -> None:
    text = SMALL + "budget: {trials: 3, epochs: 2}"
    spec = read(tmp_path, text, "budget.trials=4", "budget.trials=5", "sampler.name=random")
    assert (spec.budget.trials, spec.budget.epochs, spec.sampler.name) == (5, 2, "random")


def test_fixing_a_parameter_ends_its_search(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL + "space: {slices: [1, 2], mining: [batch-all]}", "method.slices=4")
    assert (spec.method.slices, list(spec.space.domains())) == (4, ["mining"])


def test_searching_a_parameter_frees_it(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL + "method: {slices: 4}", "space.slices=[1, 2]")
    assert spec.space.domains() == {"slices": Choice((1, 2))}


def test_a_null_override_ends_a_search_and_takes_the_default(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL + "space: {slices: [1, 2]}", "space.slices=")
    assert (spec.space.domains(), spec.method.slices) == ({}, 8)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("90", 90), ("90s", 90), ("1.5s", 1.5), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("2d", 172800)],
)
def test_a_duration_is_told_in_its_units(tmp_path: Path, duration: str, seconds: float) -> None:
    assert read(tmp_path, SMALL, f"budget.time={duration}").budget.time == seconds


def test_domains_are_read_as_lists_and_ranges(tmp_path: Path) -> None:
    spec = read(
        tmp_path,
        SMALL + "space: {slices: [1, 2], margin_min: {low: 0.1, high: 0.5}, "
        "learning_rate: {low: 0.001, high: 0.01, log: true}, batch_size: {low: 32, high: 96, step: 32}}",
    )
    assert spec.space.domains() == {
        "slices": Choice((1, 2)),
        "margin_min": Range(low=0.1, high=0.5),
        "batch_size": Range(low=32, high=96, step=32),
        "learning_rate": Range(low=0.001, high=0.01, log=True),
    }
