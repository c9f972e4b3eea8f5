"""What is said of a sweep: its levels, and how they ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from harness.printing.datasets import faces

if TYPE_CHECKING:
    from harness.sweep import PreparedSweep, SweepOutcome


def sweep(out: Console, sweep: PreparedSweep) -> None:
    """What a sweep varies, of which config, and how much of it is left."""
    plan = sweep.plan
    levels = [level.setting.text for level in plan.levels]
    total = len(levels) * plan.seeds
    where = "test split opened" if plan.tested else "on validation"
    faces(out, sweep.prepared)
    out.print(
        f"[bold]{escape(plan.name)}[/]  {', '.join(levels)}: {len(levels)} levels x {plan.seeds} seeds = {total} trainings, "
        f"{total - sweep.done} left, {where}",
        soft_wrap=True,
    )
    drawn = [
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in plan.base.params.items()
    ]
    out.print(
        f"[dim]of trial {plan.base.number}, which {plan.spec.name} has chosen: {escape(', '.join(drawn))}[/]",
        soft_wrap=True,
    )


def sweep_outcome(out: Console, sweep: PreparedSweep, outcome: SweepOutcome) -> None:
    """How a sweep ended: its levels, and what they show."""
    from harness.reporting.sweep_view import sweep_view

    if not outcome.ran:
        out.print("Nothing was left to do.")
    plan = sweep.plan
    own = (
        "the chosen config's value"
        if plan.own_level
        else "the first value; the chosen config's is not among them"
    )
    out.print()
    out.print(
        sweep_view(outcome.levels, parameter=plan.over, reference=plan.reference, metric=outcome.metric)
    )
    out.print(f"[dim]{plan.over} {escape(plan.reference)} is {own}; all levels have the same seeds.[/]")
    out.print(f"[dim]runs  {escape(os.path.relpath(outcome.path))}[/]", soft_wrap=True)
