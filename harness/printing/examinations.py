"""What is said of a results folder's health. It examines nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from harness.tuning.doctor.finding import Examination


def examined(out: Console, found: Sequence[Examination], *, dry: bool) -> None:
    """A line per search, and below it each finding with what was done."""
    for each in found:
        out.print(f"[bold]{escape(str(each.folder))}[/]  {each.verdict.value}", soft_wrap=True)
        for finding in each.findings:
            out.print(f"  {escape(finding.what)}: {escape(finding.done)}", soft_wrap=True)
    if dry:
        out.print("Nothing was changed: this is what would be done.")
