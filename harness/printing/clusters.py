"""What is said of cluster files and tokens. It knows no Ray."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.clusters.finding import Finding

if TYPE_CHECKING:
    from harness.tuning.cluster_status import Bulletin, ClusterStatus


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


def cluster_status(console: Console, status: ClusterStatus) -> None:
    """Hosts, searches, and what waits."""
    hosts = Table(
        "host", "CPU", "GPU", "memory GiB", "GPU memory GiB", "trainings", box=None, header_style="bold"
    )
    for host in status.hosts:
        here = sum(_on(host.name, search) for search in status.searches)
        shares = (host.cpu, host.gpu, host.memory_gib, host.gpu_memory_gib)
        hosts.add_row(escape(host.name), *(_used(share) for share in shares), str(here))
    console.print(hosts)
    searches = Table(
        "search", "trainings", "slots", "time in training", "driver", box=None, header_style="bold"
    )
    for search in status.searches:
        silent = " (nothing heard for a minute)" if search.stale() else ""
        share = f"{search.training_share:.0%}"
        driver = escape(search.driver) + silent
        searches.add_row(escape(search.search), str(len(search.trainings)), str(search.slots), share, driver)
    console.print()
    console.print(searches if status.searches else "no search is running here")
    console.print()
    for waiting in status.waiting:
        console.print(f"{waiting.count} waiting: {waiting.why}", soft_wrap=True)
    if not status.waiting:
        console.print("nothing waits for a place")


def _on(host: str, search: Bulletin) -> int:
    """Trainings of a search that were last heard of on a host."""
    return sum(training.host == host.split(" ")[0] for training in search.trainings)


def _used(share: tuple[float, float] | None) -> str:
    return "–" if share is None else f"{share[0]:.3g} of {share[1]:.3g}"
