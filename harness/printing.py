"""What the command line says: faces, plan, outcome, leaderboard, errors. With `harness.cli` the only module that prints.

It does not know how anything came about.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    import pandas as pd

    from harness.search import Outcome, Prepared
    from harness.tuning.spec import SearchSpec

PIPE_WIDTH = 100
"""Characters of a line where there is no terminal."""


def console(*, quiet: bool = False) -> Console:
    """Standard output, as wide as the terminal is."""
    return Console(quiet=quiet, width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def error(message: str) -> None:
    """Each line of an error message, to standard error."""
    stderr = Console(stderr=True, highlight=False)
    for line in message.splitlines():
        stderr.print(f"[bold red]error:[/] {escape(line)}", soft_wrap=True)


def left_out(message: str) -> None:
    """A folder that could not be read, to standard error."""
    Console(stderr=True, highlight=False).print(f"[yellow]left out:[/] {escape(message)}", soft_wrap=True)


def faces(out: Console, prepared: Prepared) -> None:
    """How many faces of which classes, and how they are divided."""
    parts = ", ".join(f"{count:,} {part}" for part, count in prepared.division.counts.items())
    skipped = f", {prepared.faces.skipped:,} skipped" if prepared.faces.skipped else ""
    out.print(f"{len(prepared.faces):,} faces{skipped}: {parts}; {prepared.provenance.protocol}")
    out.print(f"{len(prepared.faces.class_names)} classes: {escape(', '.join(prepared.faces.class_names))}")


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


def stopped(out: Console) -> None:
    """After Ctrl-C."""
    out.print(
        f"\nStopped; nothing that was finished is lost. This goes on:\n  {escape(_this_command())}",
        soft_wrap=True,
    )


def outcome(out: Console, outcome: Outcome, *, results: Path) -> None:
    """How a search ended, the leaderboard, and the three commands that come next."""
    from harness.leaderboard import read  # pandas: half a second that `--help` need not wait

    if outcome.finished < outcome.total:
        after = f"The time is over after {outcome.finished} of {outcome.total} trials"
        out.print(f"{after}; this spends as much again:\n  {escape(_this_command())}", soft_wrap=True)
    elif outcome.complete == 0:
        out.print(f"None of {outcome.total} trials ran to its end; trials.parquet holds their reasons.")
    elif outcome.ran == 0:
        out.print(f"Nothing was left to do: all {outcome.finished} trials are finished.")
    out.print()
    leaderboard(out, read(results).frame, format="table", dataset=None)
    out.print()
    for what, command in _next_commands(outcome, results):
        out.print(f"[dim]{what:13}[/]{escape(command)}", soft_wrap=True)


def leaderboard(out: Console, frame: pd.DataFrame, *, format: str, dataset: str | None) -> None:
    """The ranked searches, all of them or those of one dataset."""
    from harness.reporting.leaderboard_view import of_dataset, render

    shown = render(frame if dataset is None else of_dataset(frame, dataset), format=format)
    if isinstance(shown, str):
        print(shown)  # as it is: no wrapping, no markup
    else:
        out.print(shown)


def _next_commands(outcome: Outcome, results: Path) -> list[tuple[str, str]]:
    where = "" if results == Path("results") else f" {shlex.quote(str(results))}"
    tensorboard = shlex.quote(str(outcome.folder / "tensorboard"))
    more = shlex.join([*_without_trials(sys.argv[1:]), "--trials", str(2 * outcome.total)])
    return [
        ("leaderboard", f"{_installed('python')} -m harness.leaderboard{where}"),
        ("compare", f"{_installed('tensorboard')} --logdir {tensorboard}"),
        ("extend", f"{_program()} {more}"),
    ]


def _this_command() -> str:
    return f"{_program()} {shlex.join(sys.argv[1:])}"


def _program() -> str:
    as_script = Path(sys.argv[0]).name == "harness"
    return _installed("harness") if as_script else f"{_installed('python')} -m harness.search"


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
