"""The grid of a suite: lines where there is no terminal, counts and states where there is one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.records import TrialConfig, TrialResult, TrialState
from harness.reporting.grid import Grid

CONFIG = TrialConfig(seed=0, epochs=1)
GOOD = TrialResult(state=TrialState.COMPLETE, metrics={"val_uar": 0.7})
BAD = TrialResult(state=TrialState.FAIL, reason="LossError: nan")
TOTALS = {("posed", "one"): 2, ("posed", "many"): 2}


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(*, terminal: bool) -> tuple[Grid, io.StringIO, Clock]:
    out, clock = io.StringIO(), Clock()
    console = Console(file=out, width=90, force_terminal=terminal)
    return Grid(console, totals=TOTALS, objective="val_uar", clock=clock), out, clock


def test_without_a_terminal_a_cell_tells_when_it_begins_and_ends() -> None:
    grid, out, _ = told(terminal=False)
    with grid:
        cell = grid.cell("posed", "one")
        cell.start("search", total=2, slots=1)
        cell.trial_started(0, CONFIG)
        cell.trial_ended(0, CONFIG, GOOD)
        cell.close()
        cell.ended(confirmed=True)
        grid.cell("posed", "many").failed("its folder is in use")
    assert out.getvalue().splitlines() == [
        "posed / one: search begins, 2 trainings  (0/4 trainings)",
        "posed / one: done, best val_uar 70.0 %  (2/4 trainings)",
        "posed / many: error: its folder is in use  (2/4 trainings)",
    ]


@pytest.mark.parametrize(
    "expected", ["2/4", "search 2/2", "to come", "70.0 %", "1 failed", "elapsed 10s", "eta 20s"]
)
def test_in_a_terminal_the_grid_shows_every_cell(expected: str) -> None:
    grid, out, clock = told(terminal=True)
    with grid:
        cell = grid.cell("posed", "one")
        cell.start("search", total=2, slots=1)
        cell.trial_found(0, CONFIG, GOOD)
        cell.trial_started(1, CONFIG)
        cell.trial_ended(1, CONFIG, BAD)
        clock.now = 10
    assert expected in out.getvalue()


def test_a_cell_in_which_nothing_was_confirmed_says_so() -> None:
    grid, out, _ = told(terminal=False)
    with grid:
        grid.cell("posed", "one").ended(confirmed=False)
    assert out.getvalue() == "posed / one: nothing confirmed  (0/4 trainings)\n"
