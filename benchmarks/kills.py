"""`python -m benchmarks.kills`: kills a search with SIGKILL at random moments, goes on, and counts what is left.

Every second kill takes the driver alone, the first and every other one all of its processes too. At the end every trial
must be finished, none of them twice, and an uninterrupted search with one slot must have the same trials.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

from harness.reporting.schemas import TIME_COLUMNS

SEARCH = Path(__file__).parent.parent / "searches" / "quickstart.yaml"
SMALL = {
    "dataset.images": 210,
    "dataset.size": 24,
    "budget.epochs": 4,
    "resources.concurrent": 1,
    "confirm.top": 2,
    "confirm.seeds": 2,
    "checkpoint_every_s": 0,
}
OPTUNA_FINISHED = {1, 2, 3}  # the journal's codes of COMPLETE, PRUNED, FAIL
SET_STATE = 6  # the journal's code of the operation that finishes a trial


def command(results: Path, *, trials: int) -> list[str]:
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    program = [sys.executable, "-m", "harness.search", str(SEARCH), "--results", str(results)]
    return [*program, "--trials", str(trials), "--quiet", *settings]


def kill_when(arguments: list[str], moment: Callable[[float], bool], *, everything: bool) -> bool:
    """Starts the search and kills it when `moment` says so of its age in seconds; tells whether it was still running."""
    start = time.perf_counter()
    search = subprocess.Popen(arguments)
    while not moment(time.perf_counter() - start):
        try:
            search.wait(timeout=0.05)
            return False
        except subprocess.TimeoutExpired:
            continue
    driver = psutil.Process(search.pid)
    for victim in [*driver.children(recursive=True), driver] if everything else [driver]:
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    search.wait()
    return True


def finishes(journal: Path) -> Counter[int]:
    """How often the journal says of each of its trials that it has ended."""
    if not journal.exists():
        return Counter()
    whole_lines = journal.read_text().split("\n")[:-1]
    entries = [json.loads(line) for line in whole_lines]
    ended = [e for e in entries if e["op_code"] == SET_STATE and e["state"] in OPTUNA_FINISHED]
    return Counter(e["trial_id"] for e in ended)


def table(results: Path) -> pd.DataFrame:
    return pd.read_parquet(results / "quickstart" / "trials.parquet").drop(columns=list(TIME_COLUMNS))


def kill_again_and_again(arguments: argparse.Namespace, results: Path) -> None:
    """Kills the search as often as asked, at random moments or after so many trainings more."""
    moments = random.Random(arguments.seed)
    journal = results / "quickstart" / "journal.log"
    search = command(results, trials=arguments.trials)
    for kill in range(1, arguments.kills + 1):
        before, after_s = len(finishes(journal)), moments.uniform(1, 16)

        def at_random(age_s: float, after_s: float = after_s) -> bool:
            return age_s >= after_s

        def after_trainings(_: float, target: int = before + (arguments.after or 0)) -> bool:
            return len(finishes(journal)) >= target

        moment = at_random if arguments.after is None else after_trainings
        if not kill_when(search, moment, everything=kill % 2 == 1):
            sys.exit(f"the search was done before kill {kill}: ask for more --trials")
        print(f"{kill:3}. killed, {len(finishes(journal))} trainings ended", flush=True)
    subprocess.run(search, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument(
        "--after", type=int, help="trainings to each kill; default: a random moment within 16 s"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        killed, whole = Path(scratch) / "killed", Path(scratch) / "whole"
        kill_again_and_again(arguments, killed)
        subprocess.run(command(whole, trials=arguments.trials), check=True)
        counts = finishes(killed / "quickstart" / "journal.log")
        states = table(killed)["state"].value_counts().to_dict()
        runs = SMALL["confirm.top"] * SMALL["confirm.seeds"]
        assert len(table(killed)) == arguments.trials, f"{len(table(killed))} trials"
        assert len(counts) == arguments.trials + runs, f"{len(counts)} trainings ended"
        assert set(counts.values()) == {1}, f"ended twice: {counts.most_common(3)}"
        pd.testing.assert_frame_equal(table(killed), table(whole))
    print(
        f"{arguments.kills} kills: {arguments.trials} trials {states} and {runs} runs, each once, as in one go"
    )


if __name__ == "__main__":
    main()
