"""A search file is read, overridden and written back without a loss. What it refuses is in `test_cli_bad_inputs.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import SearchFileError
from harness.tuning.domains import Choice, Range
from harness.tuning.search_file import read_search_file, read_searches, write_search_file
from harness.tuning.spec import SearchSpec
from harness.tuning.yaml_file import Override, parse_set

SEARCHES = sorted((Path(__file__).parents[2] / "searches").glob("*.yaml"))
SMALL = "dataset: {name: synthetic-posed}\n"


def read(tmp_path: Path, text: str, *overrides: str) -> SearchSpec:
    path = tmp_path / "faces.yaml"
    path.write_text(text)
    return read_search_file(path, overrides=[parse_set(text) for text in overrides])


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_what_is_written_is_read_back_equal(path: Path, tmp_path: Path) -> None:
    for spec in read_searches(path):
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


# --- several datasets


SEVERAL = """\
dataset:
  - {name: synthetic-posed, images: 140}
  - name: synthetic-spontaneous
    images: 280
method: {embedding_dim: 16}
"""


def read_all(tmp_path: Path, text: str, *overrides: str) -> tuple[SearchSpec, ...]:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    return read_searches(path, overrides=[parse_set(text) for text in overrides])


def test_a_list_of_datasets_is_a_search_for_each_under_a_name_of_its_own(tmp_path: Path) -> None:
    searches = read_all(tmp_path, SEVERAL, "dataset.size=32")
    assert [search.name for search in searches] == ["study-synthetic-posed", "study-synthetic-spontaneous"]
    assert [search.dataset.images for search in searches] == [140, 280]
    assert {(search.dataset.size, search.method.embedding_dim) for search in searches} == {(32, 16)}


def test_one_of_several_datasets_is_chosen_by_its_name(tmp_path: Path) -> None:
    (chosen,) = read_all(tmp_path, SEVERAL, "dataset.name=synthetic-spontaneous")
    assert (chosen.name, chosen.dataset.images) == ("study-synthetic-spontaneous", 280)
    with pytest.raises(
        SearchFileError, match=r"dataset\.name=ckplus: expected a dataset of .*none of synthetic-posed, synth"
    ):
        read_all(tmp_path, SEVERAL, "dataset.name=ckplus")


def test_a_mistake_in_a_list_of_datasets_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        SearchFileError, match=r"study\.yaml, line 4: dataset\.imges: unknown key; .* 'images'"
    ):
        read_all(tmp_path, SEVERAL.replace("images: 280", "imges: 280"))
    with pytest.raises(SearchFileError, match="dataset: the list is empty"):
        read_all(tmp_path, "dataset: []")


def test_a_file_of_several_datasets_is_no_single_search(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(SEVERAL)
    with pytest.raises(
        SearchFileError, match="expected one dataset, got synthetic-posed, synthetic-spontaneous"
    ):
        read_search_file(path)


# --- how a dataset is divided


@pytest.mark.parametrize(
    ("name", "split", "folds", "trial_folds"),
    [
        ("ckplus", "kfold", 10, 3),
        ("rafdb", "official", 1, 1),
        ("expw", "grouped", 1, 1),
        ("synthetic-posed", "holdout", 1, 1),
    ],
)
def test_a_dataset_is_divided_as_its_field_does_unless_the_file_says_otherwise(
    tmp_path: Path, name: str, split: str, folds: int, trial_folds: int
) -> None:
    spec = read(tmp_path, f"dataset: {{name: {name}}}")
    assert (spec.split, spec.folds, spec.trial_folds) == (split, folds, trial_folds)
    other = read(
        tmp_path,
        f"dataset: {{name: {name}}}",
        "protocol.split=kfold",
        "protocol.folds=5",
        "protocol.search_folds=9",
    )
    assert (other.split, other.folds, other.trial_folds) == ("kfold", 5, 5)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["protocol.fold_list=a.csv"], "fold_list and split list go together, got split auto and fold_list a.csv"),
        (["protocol.split=kfold", "protocol.folds=2"], "kfold needs 3 folds or more .* got folds 2"),
        (["protocol.outer=3"], r"protocol\.outer 3: a holdout split has no outer folds"),
        (["protocol.split=kfold", "protocol.outer=10"], r"expected a fold in \[0, 10\), got 10"),
        (["dataset.name=ckplus", "dataset.options.contemt=false"], "ckplus has no option 'contemt'; did you mean 'contempt'"),
        (["dataset.name=ckplus", "dataset.options.frames=0"], "option 'frames' of ckplus: expected one of 1, 2, .*got 0"),
        (["confirm.leaky=[best-epoch]"], "expected one of oracle-best-epoch, leaky-random-images, got 'best-epoch'"),
        (["protocol.test_on={name: ckplus}", "protocol.split=kfold"], "so split kfold has no use; leave it out"),
        (["protocol.test_on={name: ckplus}", "confirm.leaky=[leaky-random-images]"], "deals one dataset's pictures"),
        (["dataset.name=ckplus", "protocol.test_on={name: ckplus}"], "ckplus is what is trained on, so its people"),
        (["protocol.test_on={name: fer}"], r"protocol\.test_on\.name: expected one of synthetic-posed, .*got 'fer'"),
    ],
)  # fmt: skip
def test_a_division_that_cannot_be_is_refused(tmp_path: Path, overrides: list[str], told: str) -> None:
    with pytest.raises(SearchFileError, match=told):
        read(tmp_path, SMALL, *overrides)
