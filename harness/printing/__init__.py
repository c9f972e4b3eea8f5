"""What the command line says. With `harness.cli` the only folder that prints; it does not know how anything came about."""

from harness.printing.boards import comparison, inflation, leaderboard, published, report
from harness.printing.clusters import cluster_findings, cluster_status, token_made
from harness.printing.commands import search_command, stopped, stopped_anew
from harness.printing.datasets import check, drawn_sets, faces, packed, preparing, sources
from harness.printing.examinations import examined
from harness.printing.models import embedded, exported, order, reproduction, stored_search
from harness.printing.screen import console, counting, error, left_out
from harness.printing.searches import outcome, plan
from harness.printing.suites import cell_errors, estimates, suite, suite_outcome
from harness.printing.sweeps import sweep, sweep_outcome

__all__ = [
    "cell_errors",
    "check",
    "cluster_findings",
    "cluster_status",
    "comparison",
    "console",
    "counting",
    "drawn_sets",
    "embedded",
    "error",
    "estimates",
    "examined",
    "exported",
    "faces",
    "inflation",
    "leaderboard",
    "left_out",
    "order",
    "outcome",
    "packed",
    "plan",
    "preparing",
    "published",
    "report",
    "reproduction",
    "search_command",
    "sources",
    "stopped",
    "stopped_anew",
    "stored_search",
    "suite",
    "suite_outcome",
    "sweep",
    "sweep_outcome",
    "token_made",
]
