"""`python -m benchmarks.chaos`: breaks a search on a small cluster, over and over, and counts what is lost.

After each fault the search must end with exactly the trials that were asked for, each once, and with the tables of a search that
nobody has disturbed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import NamedTuple

import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.chaos.faults import FAULTS, Fault, may_mount, mount_small_disk, unmount
from benchmarks.chaos.stage import SMALL, Stage


class Ending(NamedTuple):
    """How a disturbed search came out.

    Attributes:
        lost: Trials that were asked for and are not there.
        doubled: Trainings that ended more than once.
        equal: Whether trials and runs are those of the undisturbed search.
        restarts: How often the command had to be given again.
        seconds: From the fault to the end of the first training after it was mended.
    """

    lost: int
    doubled: int
    equal: bool
    restarts: int
    seconds: float


def disturbed(
    fault: Fault, random: Random, results: Path, *, trials: int
) -> tuple[Ending | None, list[pd.DataFrame]]:
    """A search struck once, or never where the fault is None, and its tables."""
    tricks = results.parent / f"{results.name}-tricks"
    if fault.trick:
        tricks.mkdir()
        (tricks / "sitecustomize.py").write_text(fault.trick + "\n")
    wanted = trials + SMALL["confirm.top"] * SMALL["confirm.seeds"]
    stage = Stage(results, trials=trials, tricks=tricks if fault.trick else None)
    try:
        stage.start_driver()
        stage.wait_for(random.randint(1, trials - 2))
        struck = time.monotonic()
        fault.strike(stage, random)
        stage.wait_for(min(len(stage.ended()) + 1, wanted))
        seconds = time.monotonic() - struck
        stage.finish()
        counts = stage.ended()
        tables = [stage.table("trials"), stage.table("runs")]
        ending = Ending(
            lost=max(0, trials - len(tables[0])) + max(0, wanted - len(counts)),
            doubled=sum(count > 1 for count in counts.values()),
            equal=True,
            restarts=stage.restarts,
            seconds=seconds,
        )
        return ending, tables
    finally:
        stage.close()


def differences(ours: list[pd.DataFrame], theirs: list[pd.DataFrame]) -> str:
    """How two searches differ, in pandas' words; empty if they hold the same."""
    for mine, other in zip(ours, theirs, strict=True):
        try:
            pd.testing.assert_frame_equal(mine, other)
        except AssertionError as error:
            return f"{error}\n{mine[['state', 'reason']].to_string() if 'state' in mine else ''}"
    return ""


def strike(fault: Fault, seed: int, room: Path, undisturbed: list[pd.DataFrame], *, trials: int) -> Ending:
    """One run of a fault, in a folder of its own."""
    results = room / f"{fault.name.replace(' ', '-')}-{seed}"
    if fault.small_disk:
        mount_small_disk(results)
    try:
        ending, tables = disturbed(fault, Random(seed), results, trials=trials)
        assert ending is not None
        told = differences(tables, undisturbed)
        if told:
            print(told, flush=True)
        return ending._replace(equal=not told)
    finally:
        if fault.small_disk:
            unmount(results)


def show(console: Console, endings: dict[str, list[Ending]]) -> None:
    table = Table(
        "fault",
        "times",
        "lost",
        "doubled",
        "differing",
        "given again",
        "s to the next training's end",
        box=None,
    )
    for name, each in endings.items():
        seconds = sorted(ending.seconds for ending in each)
        table.add_row(
            name,
            str(len(each)),
            str(sum(ending.lost for ending in each)),
            str(sum(ending.doubled for ending in each)),
            str(sum(not ending.equal for ending in each)),
            str(sum(ending.restarts for ending in each)),
            f"{seconds[len(seconds) // 2]:.0f} (at most {seconds[-1]:.0f})",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="in all, the faults in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--faults", help="names, by commas; default: all")
    arguments = parser.parse_args()
    names = arguments.faults.split(",") if arguments.faults else [fault.name for fault in FAULTS]
    if unknown := set(names) - {fault.name for fault in FAULTS}:
        parser.error(
            f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(f.name for f in FAULTS)}"
        )
    faults = [fault for fault in FAULTS if fault.name in names and (may_mount() or not fault.small_disk)]
    if left := set(names) - {fault.name for fault in faults}:
        print(f"not run, since only root can mount a file system: {', '.join(sorted(left))}", flush=True)
    endings: dict[str, list[Ending]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        room = Path(scratch)
        calm = Fault("nothing", lambda stage, random: None)
        _, undisturbed = disturbed(calm, Random(0), room / "undisturbed", trials=arguments.trials)
        for run in range(arguments.runs):
            fault = faults[run % len(faults)]
            ending = strike(fault, arguments.seed + run, room, undisturbed, trials=arguments.trials)
            endings[fault.name].append(ending)
            print(f"{run + 1:3}. {fault.name}: {ending}", flush=True)
    show(Console(width=120), endings)
    bad = [
        ending
        for each in endings.values()
        for ending in each
        if ending.lost or ending.doubled or not ending.equal
    ]
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
