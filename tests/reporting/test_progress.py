"""What the live view counts and writes."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from harness.errors import ResultsError
from harness.records import TrialConfig, TrialResult, TrialState
from harness.reporting.progress import Progress
from harness.reporting.progress_view import panel
from harness.reporting.tally import Running, Tally

CONFIG = TrialConfig(seed=0, epochs=12)
PRUNED = TrialState.PRUNED


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def written(console: Console) -> str:
    return console.file.getvalue()


def pipe() -> Console:
    return Console(file=io.StringIO(), width=60)


def test_a_pipe_gets_one_whole_line_per_trial(build, clock: Clock) -> None:
    console = pipe()
    with Progress(console, clock=clock) as progress:
        progress.start("search", total=4, slots=2)
        for number, value in ((0, 0.74), (1, 0.713)):
            progress.trial_started(number, CONFIG)
            progress.epoch(number, build.report(1))
            clock.now += 40
            progress.trial_ended(number, CONFIG, build.result(value))
    assert written(console).splitlines() == [
        "trial 0  complete  val_uar 74.0 %  best 74.0 % (trial 0)  1/4  eta 2m00s",
        "trial 1  complete  val_uar 71.3 %  best 74.0 % (trial 0)  2/4  eta 1m20s",
    ]


def test_a_failed_trial_is_told_with_the_first_line_of_its_reason(clock: Clock) -> None:
    console = pipe()
    with Progress(console, clock=clock) as progress:
        progress.start("search", total=2, slots=1)
        progress.trial_ended(
            0, CONFIG, TrialResult(state=TrialState.FAIL, reason="shape [3, 4] is bad\nand more")
        )
    assert written(console) == "trial 0  failed  shape [3, 4] is bad  no best yet  1/2  eta 0s\n"


def test_trials_found_on_disk_count_as_done_but_not_for_the_pace(build, clock: Clock) -> None:
    console = pipe()
    with Progress(console, clock=clock) as progress:
        progress.start("search", total=24, slots=1)
        for number in range(12):
            progress.trial_found(number, CONFIG, build.result(0.5 + number / 100))
        clock.now = 10
        progress.trial_ended(12, CONFIG, build.result(0.2, state=PRUNED))
    line = "trial 12  pruned  val_uar 20.0 %  best 61.0 % (trial 11)  13/24  eta 1m50s"
    assert written(console).splitlines() == [line]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_quiet_console_gets_nothing(build, clock: Clock, terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, quiet=True)
    with Progress(console, clock=clock) as progress:
        progress.start("search", total=1, slots=1)
        progress.trial_ended(0, CONFIG, TrialResult(state=TrialState.FAIL, reason="x"))
    assert written(console) == ""


def test_a_terminal_gets_a_panel_that_is_gone_at_the_end(build, clock: Clock) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    with Progress(console, clock=clock) as progress:
        progress.start("search", total=2, slots=1)
        progress.trial_started(0, CONFIG)
        progress.trial_ended(0, CONFIG, build.result(0.7))
        progress.start("confirmation", total=3, slots=1)
    assert "search" in written(console)
    assert "confirmation" in written(console)
    assert written(console).endswith("\x1b[2K")  # the last thing done is to wipe the panel's lines


def test_a_report_before_the_start_is_refused(build) -> None:
    with pytest.raises(ResultsError, match=r"before start\(\)"):
        Progress(pipe()).epoch(3, build.report(1))


def tally(**changes: object) -> Tally:
    return Tally(
        **{"phase": "search", "total": 24, "slots": 2, "objective": "val_uar", "since": 100.0, **changes}
    )


def test_a_pruned_trial_cannot_be_the_best(build) -> None:
    counted = tally()
    counted.end(0, config=CONFIG, result=build.result(0.9, state=PRUNED))
    assert counted.best is None
    counted.end(1, config=CONFIG, result=build.result(0.6))
    counted.end(2, config=CONFIG, result=build.result(0.6))
    assert (counted.best.number, counted.best.value) == (1, 0.6)


def test_a_trial_without_the_objective_cannot_be_the_best(build) -> None:
    counted = tally()
    counted.end(0, config=CONFIG, result=build.result(metrics={"val_uar": math.nan}))
    counted.end(1, config=CONFIG, result=build.result(metrics={}))
    assert counted.best is None


def test_the_share_of_time_in_training_is_of_all_slots(build) -> None:
    counted = tally()
    assert math.isnan(counted.training_share(100.0))
    for _ in range(4):
        counted.report(0, build.report(1))  # 0.75 s of training each
    assert counted.training_share(102.0) == 3.0 / (2.0 * 2)
    assert counted.training_share(100.1) == 1.0


def test_no_time_is_left_once_more_trials_ended_than_were_asked_for(build) -> None:
    counted = tally(total=1)
    for number in range(2):
        counted.end(number, config=CONFIG, result=build.result())
    assert counted.seconds_left(120.0) == 0


def shown(counted: Tally, *, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(panel(counted, now=160.0))
    return written(console)


def test_the_panel_shows_counts_best_pace_and_running_trials(build) -> None:
    counted = tally()
    counted.end(3, config=CONFIG, result=build.result(0.74))
    counted.end(4, config=CONFIG, result=build.result(0.2, state=PRUNED))
    counted.running[5] = Running(config=CONFIG, report=build.report(7, val_uar=0.612))
    counted.running[6] = Running(config=CONFIG)
    counted.train_seconds = 90
    text = shown(counted)
    for words in (
        "2/24  elapsed 1m00s  eta 11m00s",
        "1 complete   1 pruned   0 failed   2 running",
        "75.0 % of the time in training",
        "best val_uar 74.0 %  trial 3  N=8  margins 0.10–0.60  dual-triplet  lr 2.0e-03  ce 0.00",
        "trial 5  epoch 7/12  61.2 %  N=8  margins 0.10–0.60",
        "trial 6  epoch –/12  –",
    ):
        assert words in text


@pytest.mark.parametrize("width", [40, 80, 100])
def test_the_panel_keeps_its_width_and_height_on_many_slots(build, width: int) -> None:
    counted = tally()
    counted.end(3, config=CONFIG, result=build.result(0.74))
    for number in range(64):
        counted.running[number] = Running(config=CONFIG, report=build.report(7, fold=2))
    lines = shown(counted, width=width).splitlines()
    assert max(map(len, lines)) == width
    assert width < 80 or len(lines) == 10
    assert any("and 60 more" in line for line in lines)
