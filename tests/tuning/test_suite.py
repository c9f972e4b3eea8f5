"""What a suite file says: the cells it makes, what it refuses, and what it tells of its methods."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import SearchFileError
from harness.tuning.domains import Choice
from harness.tuning.suite import cells, differences, read_suite
from harness.tuning.yaml_file import parse_set

SUITES = sorted((Path(__file__).parents[2] / "searches" / "suites").glob("*.yaml"))
SMALL = """
baseline: one
datasets:
  posed: {name: synthetic-posed}
  wild: {name: synthetic-spontaneous}
method: {embedding_dim: 32}
space: {learning_rate: [0.001, 0.002]}
methods:
  one: {method: {slices: 1}}
  many: {space: {slices: [2, 4]}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_suite_of_the_project_can_be_read(path: Path) -> None:
    suite = read_suite(path)
    assert suite.name == path.stem
    assert len(cells(suite)) == len(suite.methods) * len(suite.datasets)


def test_a_cell_is_a_search_of_its_own_under_what_all_share(tmp_path: Path) -> None:
    made = cells(read_suite(written(tmp_path, SMALL)))
    assert [cell.search.name for cell in made] == ["posed-one", "posed-many", "wild-one", "wild-many"]
    assert {cell.search.method.embedding_dim for cell in made} == {32}
    assert {cell.search.budget.trials for cell in made} == {24}
    many = made[1].search
    assert (many.dataset.name, many.method.name) == ("synthetic-posed", "many")
    assert many.space.slices == Choice((2, 4))
    assert many.space.learning_rate == Choice((0.001, 0.002))


def test_what_a_method_fixes_wins_over_what_all_search(tmp_path: Path) -> None:
    text = SMALL.replace("{slices: 1}", "{slices: 1, learning_rate: 0.005}")
    one = cells(read_suite(written(tmp_path, text)))[0].search
    assert one.method.learning_rate == 0.005
    assert one.space.learning_rate is None


def test_a_flag_wins_over_the_file(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, SMALL), overrides=[parse_set("budget.trials=3")])
    assert {cell.search.budget.trials for cell in cells(suite)} == {3}


def test_only_what_methods_differ_in_is_told(tmp_path: Path) -> None:
    told = differences(read_suite(written(tmp_path, SMALL)))
    assert told == {"slices": {"one": "1", "many": "2, 4 (searched)"}}


def test_a_declared_difference_is_taken(tmp_path: Path) -> None:
    text = SMALL.replace("{method: {slices: 1}}", "{method: {slices: 1}, trials: 7, differs: [trials]}")
    suite = read_suite(written(tmp_path, text))
    assert [cell.search.budget.trials for cell in cells(suite)] == [7, 24, 7, 24]
    assert differences(suite)["trials"] == {"one": "7", "many": "24"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("baseline: one", "baseline: two", "baseline: expected one of one, many, got 'two'"),
        ("{slices: 1}", "{slices: 1, augmentation: none}", "methods.one: augmentation would differ.*differs:"),
        ("{method: {slices: 1}}", "{method: {slices: 1}, epochs: 3}", "methods.one: epochs would differ"),
        ("{method: {slices: 1}}", "{differs: [speed]}", "methods.one.differs: expected some of .*, got speed"),
        ("{slices: 1}", "{slises: 1}", "methods.one: method.slises: unknown key; known here: .*slices"),
        ("{slices: 1}", "{slices: 0}", "methods.one: method.slices: .*got 0"),
        ("{slices: [2, 4]}", "{slices: [2, 5]}", "methods.many: .*slices: 5 does not divide embedding_dim 32"),
        ("{name: synthetic-posed}", "{name: sinthetic}", "line 4: datasets.posed.name: expected one of"),
        ("baseline: one", "baselin: one", "line 2: baselin: unknown key; the nearest known one is 'baseline'"),
        ("space: {slices: [2, 4]}", "spaze: {}", "methods.many.spaze: unknown key; the nearest known one is"),
        ("  many: {space: {slices: [2, 4]}}", "", "methods: .*at least 2"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in SMALL
    with pytest.raises(SearchFileError, match=told):
        read_suite(written(tmp_path, SMALL.replace(old, new, 1)))
