"""What is said of a search: its plan, and how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from harness.printing.boards import leaderboard
from harness.printing.commands import commands, next_commands, this_command

if TYPE_CHECKING:
    from harness.search import Outcome
    from harness.tuning.spec import SearchSpec


def plan(out: Console, spec: SearchSpec) -> None:
    """What a search would do: its space, what it holds fixed, its budget and resources."""
    searched = spec.space.domains()
    out.print("\n[bold]searched[/]")
    for name, domain in searched.items():
        out.print(f"  {name:20}{domain}")
    out.print("[bold]fixed[/]")
    for name, value in spec.method.model_dump(exclude={"name", *searched}, exclude_none=True).items():
        out.print(f"  {name:20}{value}")
    budget, confirm, resources = spec.budget, spec.confirm, spec.resources
    time = f", at most {budget.time:g} s" if budget.time else ""
    out.print(
        f"\n{budget.trials} trials of {budget.epochs} epochs{time} by {spec.sampler.name}, "
        f"early stopping {spec.early_stopping.name}"
    )
    out.print(
        f"then the best {confirm.top} configs on {confirm.seeds} fresh seeds each, with the test split opened"
    )
    out.print(f"{resources.cpu:g} CPU and {resources.gpu:g} GPU per trial; nothing was run")


def outcome(out: Console, outcome: Outcome, *, results: Path) -> None:
    """How a search ended, the leaderboard, and what comes next."""
    from harness.leaderboard import read  # pandas: half a second that `--help` need not wait

    if outcome.finished < outcome.total:
        after = f"The time is over after {outcome.finished} of {outcome.total} trials"
        out.print(f"{after}; this spends as much again:\n  {escape(this_command())}", soft_wrap=True)
    elif outcome.complete == 0:
        out.print(f"None of {outcome.total} trials ran to its end; trials.parquet holds their reasons.")
    elif outcome.runs and outcome.runs_complete == 0:
        out.print(
            f"None of {outcome.runs} confirmation runs ran to its end; runs.parquet holds their reasons."
        )
    elif outcome.ran == 0:
        out.print(f"Nothing was left to do: all {outcome.finished} trials are finished.")
    out.print()
    leaderboard(out, read(results).frame, format="table", dataset=None)
    out.print()
    commands(out, next_commands(outcome, results))
