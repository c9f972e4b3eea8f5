"""When two runs are equal, which parts of the provenance are told, and how both look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from harness.records import HONEST, RunRecord, TrialResult, TrialState
from harness.reporting.equality import CHANGES, Difference, RunComparison, compare_run, differences, origin
from harness.reporting.reproduction_view import differences_view, means, runs_view
from harness.reporting.stored_runs import StoredRun, read_runs_of_row
from harness.reporting.tables import write_search

Compare = Callable[..., RunComparison]


def with_result(run: RunRecord, **changes: Any) -> RunRecord:
    return replace(run, result=replace(run.result, **changes))


@pytest.fixture
def run(build: Any) -> RunRecord:
    made: RunRecord = build.run(0, 0, val_uar=0.7, test_uar=0.9)
    fold = {"test_uar": 0.9, "test_accuracy": 0.9}
    return with_result(made, fold_metrics=(fold, fold), chosen_epochs=(2, 1))


@pytest.fixture
def stored(run: RunRecord, build: Any, tmp_path: Path) -> StoredRun:
    """The run, as a file holds it."""
    write_search(build.search(runs=(run,)), tmp_path)
    return read_runs_of_row(tmp_path / "runs.parquet", objective="val_uar", rule=HONEST)[0]


def text(shown: RenderableType) -> str:
    console = Console(width=120, no_color=True)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


def test_a_run_that_went_through_a_file_is_equal_to_itself(stored: StoredRun, run: RunRecord) -> None:
    assert compare_run(stored, run).differing == ()


def test_time_device_and_host_are_no_result(stored: StoredRun, run: RunRecord) -> None:
    elsewhere = with_result(run, seconds=99.0, train_seconds=9.0, device="cuda: NVIDIA H100", host="there")
    assert compare_run(stored, elsewhere).differing == ()


CHANGED: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"chosen_epochs": (2, 2)}, ("chosen_epochs",)),
    ({"chosen_epochs": (2,)}, ("folds", "chosen_epochs")),
    ({"fold_metrics": ({"test_uar": 0.9, "test_accuracy": 0.9}, {"test_uar": 0.9, "test_accuracy": 0.8})},
     ("fold_test_accuracy",)),
    ({"sequence_confusion": ((1, 0), (0, 1))},
     ("pooled_test_sequence_uar", "pooled_test_sequence_accuracy", "sequence_confusion")),
    ({"confusion": ((4, 0), (1, 3))}, ("confusion",)),  # as many are right, but others
]  # fmt: skip


@pytest.mark.parametrize(("changes", "differing"), CHANGED, ids=[", ".join(row[1]) for row in CHANGED])
def test_each_part_of_a_result_is_compared(
    stored: StoredRun, run: RunRecord, changes: dict[str, Any], differing: tuple[str, ...]
) -> None:
    assert compare_run(stored, with_result(run, **changes)).differing == differing


def test_the_last_digit_counts(stored: StoredRun, run: RunRecord) -> None:
    metrics = {**run.result.metrics, "val_uar": math.nextafter(0.7, 1)}
    assert compare_run(stored, with_result(run, metrics=metrics)).differing == ("val_uar",)


def test_nan_is_equal_to_nan_alone(stored: StoredRun, run: RunRecord) -> None:
    nan = replace(stored, row={**stored.row, "val_uar": math.nan})
    lost = with_result(run, metrics={**run.result.metrics, "val_uar": math.nan})
    assert compare_run(nan, lost).differing == ()
    assert compare_run(nan, run).differing == compare_run(stored, lost).differing == ("val_uar",)


def test_a_column_that_an_older_file_does_not_have_is_not_compared(stored: StoredRun, run: RunRecord) -> None:
    older = replace(stored, row={name: stored.row[name] for name in stored.row if name != "test_macro_f1"})
    changed = with_result(run, metrics={**run.result.metrics, "test_macro_f1": 0.1})
    assert compare_run(older, changed).differing == ()


def test_one_origin_twice_tells_nothing(build: Any) -> None:
    here = origin(build.provenance(), device="cpu", threads=1)
    assert differences([here, here], [here]) == ()


def test_each_part_of_the_provenance_that_differs_is_told_as_stored_and_as_now(build: Any) -> None:
    before = build.provenance(git_dirty=None)
    now = build.provenance(git_commit="beef", packages={"python": "3.11", "torch": "3", "timm": "1"})
    told = differences(
        [
            origin(before, device="cuda", threads=2),
            origin(replace(before, hardware={}), device="cpu", threads=2),
        ],
        [origin(now, device="cpu", threads=1)],
    )
    assert told == (
        Difference("device", "cuda, cpu", "cpu"),
        Difference("threads", "2", "1"),
        Difference("torch", "2.14", "3"),
        Difference("cpu", "2 cores, none", "2 cores"),
        Difference("git commit", "73c1e42", "beef"),
        Difference(CHANGES, "unknown", "no"),
        Difference("timm", "none", "1"),
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ({"git_dirty": True}, [Difference(CHANGES, "yes", "yes")]),
        (
            {"git_commit": "", "git_dirty": None},
            [Difference("git commit", "unknown", "unknown"), Difference(CHANGES, "unknown", "unknown")],
        ),
    ],
)
def test_code_that_no_commit_names_is_not_taken_for_the_same(
    build: Any, code: dict[str, Any], told: list[Difference]
) -> None:
    here = origin(build.provenance(**code), device="cpu", threads=1)
    assert list(differences([here], [here])) == told


def test_a_run_is_shown_in_all_its_digits_with_what_differs(stored: StoredRun, run: RunRecord) -> None:
    metrics = {**run.result.metrics, "test_uar": 0.1 + 0.2, "test_accuracy": 0.0, "val_uar": 0.0}
    shown = [compare_run(stored, run), compare_run(stored, with_result(run, metrics=metrics))]
    _, first, second = text(runs_view(shown, metric="test_uar")).splitlines()
    assert first.split() == ["0", "1000", "0.9", "0.9", "yes"]
    assert "0.9  0.30000000000000004  no: val_uar, test_uar and 1 more" in second
    assert means(shown, metric="test_uar") == "test_uar: stored 90.0 % [90.0, 90.0], found 60.0 %"


def test_a_run_that_fails_now_is_shown_with_its_reason(stored: StoredRun, run: RunRecord) -> None:
    failed = replace(run, result=TrialResult(state=TrialState.FAIL, reason="OutOfMemoryError: 9 GiB"))
    shown = [compare_run(stored, failed)]
    assert "0.9      –  no: OutOfMemoryError: 9 GiB" in text(runs_view(shown, metric="test_uar"))
    assert means(shown, metric="test_uar") == "test_uar: stored 90.0 % [–, –], found – %"


def test_a_difference_is_shown_as_it_is_without_markup() -> None:
    assert "torch  [2.14]  3" in text(differences_view([Difference("torch", "[2.14]", "3")]))
