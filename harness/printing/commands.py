"""The commands that come next, as one types them here. It runs none of them."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from harness.search import Outcome


def this_command() -> str:
    """The command that was typed, as it can be typed again."""
    return f"{_program()} {shlex.join(sys.argv[1:])}"


def search_command(file: Path, *, results: Path, assignments: Sequence[str]) -> str:
    """The command that runs a search file as another command read it."""
    place = [] if results == Path("results") else ["--results", str(results)]
    settings = [part for text in assignments for part in ("--set", text)]
    return f"{_installed('python')} -m harness.search {shlex.join([str(file), *place, *settings])}"


def next_commands(outcome: Outcome, results: Path) -> list[tuple[str, str]]:
    """What one does after a search, by what it is for."""
    where = "" if results == Path("results") else f" {shlex.quote(str(results))}"
    more = shlex.join([*_without_trials(sys.argv[1:]), "--trials", str(2 * outcome.total)])
    return [
        ("leaderboard", f"{_installed('python')} -m harness.leaderboard{where}"),
        ("report", f"{_installed('python')} -m harness.report{where}"),
        *tensorboard_commands(outcome.folder / "tensorboard", objective=outcome.objective),
        ("extend", f"{_program()} {more}"),
    ]


def tensorboard_commands(log_folder: Path, *, objective: str) -> list[tuple[str, str]]:
    """TensorBoard, and the address at which it opens with the curves that are compared first."""
    from harness.reporting.pinned import pinned_address, pinned_tags

    return [
        ("tensorboard", f"{_installed('tensorboard')} --logdir {shlex.quote(str(log_folder))}"),
        ("at", pinned_address(pinned_tags(objective))),
    ]


def commands(out: Console, commands: Sequence[tuple[str, str]]) -> None:
    """Commands below each other, a line each, unbroken."""
    for what, command in commands:
        out.print(f"[dim]{what:13}[/]{escape(command)}", soft_wrap=True)


def _program() -> str:
    program = Path(sys.argv[0])
    return (
        _installed("harness")
        if program.name == "harness"
        else f"{_installed('python')} -m harness.{program.stem}"
    )


def _installed(name: str) -> str:
    """A program of this environment as one types it: its name if that finds it, else its path from here."""
    program = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(program):
        return name
    return shlex.quote(os.path.relpath(program))


def _without_trials(arguments: list[str]) -> list[str]:
    """The arguments without an old `--trials N`."""
    kept = [a for i, a in enumerate(arguments) if a != "--trials" and arguments[i - 1 : i] != ["--trials"]]
    return [a for a in kept if not a.startswith("--trials=")]


def stopped(out: Console) -> None:
    """After Ctrl-C."""
    out.print(
        f"\nStopped; nothing that was finished is lost. This goes on:\n  {escape(this_command())}",
        soft_wrap=True,
    )


def stopped_anew(out: Console) -> None:
    """After Ctrl-C, of a command that keeps nothing."""
    out.print(
        f"\nStopped; nothing was written. This begins anew:\n  {escape(this_command())}", soft_wrap=True
    )
