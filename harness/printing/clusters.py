"""What is said of cluster files and tokens. It knows no Ray."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from harness.clusters.finding import Finding


def token_made(console: Console, path: Path) -> None:
    """Where a token lies; never what it is."""
    console.print(
        f"token in {path}, readable by you alone: whoever has it can run code on the cluster", markup=False
    )


def cluster_findings(console: Console, file: Path, findings: Sequence[Finding]) -> None:
    """What is wrong with a cluster file, each with its line and its cure."""
    for finding in findings:
        color, word = ("red", "wrong") if finding.serious else ("yellow", "note")
        console.print(
            f"[bold {color}]{word}[/]  {escape(str(file))}:{finding.line}  {escape(finding.what)}",
            soft_wrap=True,
        )
        console.print(f"       {escape(finding.cure)}", style="dim", soft_wrap=True)
    serious = sum(finding.serious for finding in findings)
    notes = f", {len(findings) - serious} to look at" if len(findings) > serious else ""
    verdict = f"{serious} wrong" if serious else "nothing wrong"
    console.print(f"{escape(str(file))}: {verdict}{notes}", soft_wrap=True)
