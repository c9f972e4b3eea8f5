"""`python -m benchmarks.lab.ray_up`: `ray up` on two hosts, a search that both work on, a stranger who is refused, `ray down`.

Prints what it saw as JSON, and exits with 3 where this machine cannot have a lab.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.kills import finishes
from benchmarks.lab.cluster import PORT, Cluster
from benchmarks.lab.enter import enter
from benchmarks.lab.lab import Lab


def search_command(results: Path, *, trials: int, address: str = "auto") -> str:
    """The search that a user would start on the head, small. One training takes all of a host, so that both have work."""
    settings = (
        "name=lab", "dataset.images=210", "dataset.size=24", "budget.epochs=2", "resources.cpu=2", "confirm.top=1",
        "confirm.seeds=2", "sampler.name=random", "early_stopping.name=none", "checkpoint_every_s=0",
    )  # fmt: skip
    sets = " ".join(f"--set {setting}" for setting in settings)
    program = "cd ~/multi-threshold-harness && python -m harness.search searches/quickstart.yaml"
    return f"{program} --trials {trials} --results {results} --address {address} --quiet {sets}"


def stranger(cluster: Cluster) -> bool:
    """Whether somebody on a host without the token gets in."""
    code = f'import ray; ray.init("{cluster.head.address}:{PORT}", log_to_driver=False)'
    done = cluster.lab.hosts[-1].ssh(
        f"cd /tmp && env -u RAY_AUTH_MODE HOME=/nonexistent timeout 60 python -c '{code}'"
    )
    return done.returncode == 0


def gone(cluster: Cluster, *, patience_s: float) -> list[str]:
    """Ray's processes that are left after so long."""
    until = time.monotonic() + patience_s
    while (left := cluster.ray_processes()) and time.monotonic() < until:
        time.sleep(0.5)
    return left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=24)
    arguments = parser.parse_args()
    enter()
    with tempfile.TemporaryDirectory() as scratch, Lab(2) as lab:
        results = Path(scratch)
        results.chmod(0o777)
        cluster, start = Cluster(lab, results=results), time.monotonic()
        cluster.up()
        up_s = time.monotonic() - start
        start = time.monotonic()
        done = cluster.head.ssh(search_command(results, trials=arguments.trials))
        search_s = time.monotonic() - start
        refused = not stranger(cluster)
        cluster.down()
        left = gone(cluster, patience_s=20)
        facts = {
            "user": lab.user,
            "up_s": round(up_s, 1),
            "search_s": round(search_s, 1),
            "exit": done.returncode,
            "said": done.stderr[-2000:],
            "trials": 0,
            "hosts": [],
            "twice": 0,
            "stranger_refused": refused,
            "left": left,
        }
        if done.returncode == 0:
            trials = pd.read_parquet(results / "lab" / "trials.parquet")
            facts["trials"], facts["hosts"] = len(trials), sorted(set(trials["host"]))
            facts["twice"] = sum(count > 1 for count in finishes(results / "lab" / "journal.log").values())
        print(json.dumps(facts))


if __name__ == "__main__":
    main()
