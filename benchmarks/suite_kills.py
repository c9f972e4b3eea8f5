"""`python -m benchmarks.suite_kills`: kills a small suite with all its processes at random moments, goes on, and compares.

At the end every cell must have the trials and the runs of a suite that nobody killed, and the page must say the same.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.kills import finishes, kill_when
from harness.report import write_report
from harness.reporting.schemas import TIME_COLUMNS

SUITE = Path(__file__).parent.parent / "searches" / "suites" / "quick.yaml"
SMALL = {
    "datasets.posed": "{name: synthetic-posed, images: 210, size: 24}",
    "datasets.spontaneous": "{name: synthetic-spontaneous, images: 210, size: 24}",
    "budget.trials": 12,
    "budget.epochs": 3,
    "confirm.seeds": 3,
}


def command(results: Path) -> list[str]:
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    return [
        sys.executable, "-m", "harness.benchmark", str(SUITE), "--results", str(results), "--quiet", *settings,
    ]  # fmt: skip


def cells(results: Path) -> list[Path]:
    return sorted(path.parent for path in (results / "quick").glob("*/journal.log"))


def ended(results: Path) -> int:
    return sum(len(finishes(cell / "journal.log")) for cell in cells(results))


def tables(cell: Path) -> list[pd.DataFrame]:
    """Trials and runs without what times and places give; a provenance tells where a training was done."""
    frames = [pd.read_parquet(cell / f"{name}.parquet") for name in ("trials", "runs")]
    return [frame.drop(columns=[c for c in (*TIME_COLUMNS, "host") if c in frame]) for frame in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        killed, whole = Path(scratch) / "killed", Path(scratch) / "whole"
        for kill in range(1, arguments.kills + 1):
            after_s = moments.uniform(11, 19)
            if not kill_when(command(killed), lambda age, after_s=after_s: age >= after_s, everything=True):
                sys.exit(f"the suite was done before kill {kill}: ask for fewer --kills")
            print(f"{kill:3}. killed after {after_s:.0f} s, {ended(killed)} trainings ended", flush=True)
        for results in (killed, whole):
            subprocess.run(command(results), check=True)
        assert [cell.name for cell in cells(killed)] == [cell.name for cell in cells(whole)]
        for ours, theirs in zip(cells(killed), cells(whole), strict=True):
            counts = finishes(ours / "journal.log")
            assert set(counts.values()) == {1}, f"{ours.name}: ended twice: {counts.most_common(3)}"
            for frame, expected in zip(tables(ours), tables(theirs), strict=True):
                pd.testing.assert_frame_equal(frame, expected)
        pages = [
            write_report(results / "quick", Path(scratch) / "report.html") for results in (killed, whole)
        ]
        assert pages[0].answers.lines == pages[1].answers.lines
        print(
            f"{arguments.kills} kills: {len(cells(killed))} cells, {ended(killed)} trainings, each once, as in one go"
        )


if __name__ == "__main__":
    main()
