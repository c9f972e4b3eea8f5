"""What is said of a suite: its cells, what they will cost, and how they ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.printing.boards import leaderboard, report
from harness.printing.commands import commands, tensorboard_commands
from harness.printing.datasets import parts
from harness.printing.screen import error

if TYPE_CHECKING:
    from harness.benchmark import CellOutcome, Estimate, PreparedCell
    from harness.report import Report
    from harness.tuning.suite import SuiteSpec


def suite(out: Console, suite: SuiteSpec, prepared: Sequence[PreparedCell]) -> None:
    """The cells of a suite, their faces, and in what its methods differ."""
    from harness.tuning.suite import differences

    trainings = sum(each.trainings for each in prepared)
    out.print(
        f"[bold]{suite.name}[/]  {len(suite.methods)} methods x {len(suite.datasets)} datasets = {len(prepared)} cells, "
        f"{trainings:,} trainings; compared with {suite.baseline}"
    )
    for dataset in suite.datasets:
        first = next(each for each in prepared if each.cell.dataset == dataset)
        out.print(
            f"  {dataset}: {escape(first.prepared.provenance.dataset)}, {parts(first.prepared)}",
            soft_wrap=True,
        )
    out.print("[dim]methods differ in these alone:[/]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    told = differences(suite)
    table.add_column("", style="bold")
    for parameter in told:
        table.add_column(parameter, header_style="dim", overflow="fold")
    for method in suite.methods:
        table.add_row(method, *(escape(values.get(method, "–")) for values in told.values()))
    out.print(table)
    for name, own in suite.methods.items():
        if own.differs:
            out.print(f"[yellow]{name} declares that it differs in: {', '.join(own.differs)}[/]")


def estimates(out: Console, suite: SuiteSpec, estimates: Sequence[Estimate]) -> None:
    """What each cell would cost, by its second epoch."""
    from harness.reporting.wording import duration

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (
        ("cell", "left"),
        ("trainings", "right"),
        ("s / epoch", "right"),
        ("alone", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in estimates:
        name = f"{each.cell.dataset} / {each.cell.method}"
        table.add_row(name, str(each.trainings), f"{each.epoch_seconds:.2f}", duration(each.seconds))
    out.print(table)
    seconds, cores = sum(each.seconds for each in estimates), os.cpu_count() or 1
    slots = max(1, int(cores / suite.resources.cpu))
    out.print(
        f"about {duration(seconds)} of training in all, {duration(seconds / slots)} on {slots} slots here if they slow "
        "each other by nothing, early stopping not counted; nothing was run"
    )


def suite_outcome(
    out: Console, suite: SuiteSpec, outcomes: Sequence[CellOutcome], written: Report, *, folder: Path
) -> None:
    """How a suite ended: its leaderboard, the tables of its questions, and what its report says."""
    from harness.leaderboard import read
    from harness.reporting.suite_view import question_view, ranges_view

    ran = sum(each.outcome.ran for each in outcomes if each.outcome is not None)
    if not ran:
        out.print("Nothing was left to do.")
    out.print()
    leaderboard(out, read(folder).frame, format="table", dataset=None)
    out.print()
    metric = "test_" + suite.protocol.objective.removeprefix("val_")
    out.print(question_view(written.answers.methods, baseline=suite.baseline, metric=metric))
    if not written.answers.ranges.empty:
        out.print(ranges_view(written.answers.ranges))
    out.print()
    report(out, written)
    out.print()
    commands(out, tensorboard_commands(folder, objective=suite.protocol.objective))


def cell_errors(outcomes: Sequence[CellOutcome]) -> None:
    """What ended cells of a suite that could not go on."""
    for each in outcomes:
        if each.error is not None:
            error(f"{each.cell.dataset} / {each.cell.method}: {each.error}")
