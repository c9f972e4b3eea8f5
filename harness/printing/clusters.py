"""What is said of cluster files and tokens. It knows no Ray."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console


def token_made(console: Console, path: Path) -> None:
    """Where a token lies; never what it is."""
    console.print(
        f"token in {path}, readable by you alone: whoever has it can run code on the cluster", markup=False
    )
