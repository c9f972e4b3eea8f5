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


def run_until_killed(arguments: list[str], *, after_s: float, everything: bool) -> bool:
    """Starts the search and kills it; tells whether it was still running."""
    search = subprocess.Popen(arguments)
    try:
        search.wait(timeout=after_s)
        return False
    except subprocess.TimeoutExpired:
        pass
    driver = psutil.Process(search.pid)
    victims = [*driver.children(recursive=True), driver] if everything else [driver]
    for victim in victims:
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    search.wait()
    return True


def finishes(journal: Path) -> Counter[int]:
    """How often the journal says of each of its trials that it has ended."""
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    ended = [e for e in entries if e["op_code"] == SET_STATE and e["state"] in OPTUNA_FINISHED]
    return Counter(e["trial_id"] for e in ended)


def table(results: Path) -> pd.DataFrame:
    return pd.read_parquet(results / "quickstart" / "trials.parquet").drop(columns=list(TIME_COLUMNS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--after", type=float, default=None, help="seconds to each kill; default: 1 to 16")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        killed, whole = Path(scratch) / "killed", Path(scratch) / "whole"
        search = command(killed, trials=arguments.trials)
        done = 0
        for kill in range(arguments.kills):
            start = time.perf_counter()
            after_s = moments.uniform(1, 16) if arguments.after is None else arguments.after
            running = run_until_killed(search, after_s=after_s, everything=kill % 2 == 0)
            journal = killed / "quickstart" / "journal.log"
            done = len(finishes(journal)) if journal.exists() and running else done
            how = "killed" if running else "was done"
            print(
                f"{kill + 1:3}. {how} after {time.perf_counter() - start:.1f} s, {done} trainings ended",
                flush=True,
            )
        subprocess.run(search, check=True)
        subprocess.run(command(whole, trials=arguments.trials), check=True)
        counts = finishes(killed / "quickstart" / "journal.log")
        states = table(killed)["state"].value_counts().to_dict()
        pd.testing.assert_frame_equal(table(killed), table(whole))
        runs = SMALL["confirm.top"] * SMALL["confirm.seeds"]
        assert len(table(killed)) == arguments.trials, f"{len(table(killed))} trials"
        assert len(counts) == arguments.trials + runs, f"{len(counts)} trainings ended"
        assert set(counts.values()) == {1}, f"ended twice: {counts.most_common(3)}"
    print(f"{arguments.trials} trials {states} and {runs} confirmation runs, each once, as in one go")


if __name__ == "__main__":
    main()
