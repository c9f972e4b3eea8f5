"""`python -m benchmarks.lab.ray_up`: a cluster on two hosts as its user has it, a search on both, one that is taken over.

The second search's driver runs on the host that is then switched off; the same command on the other host finishes it. Prints
what it saw as JSON; exits with 1 where something is not as it should be, and with 3 where this machine cannot have a lab.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.kills import finishes
from benchmarks.lab.cluster import PORT, Cluster
from benchmarks.lab.enter import enter
from benchmarks.lab.lab import SHARED, Lab


def search_command(name: str, results: Path, *, trials: int) -> str:
    """The search that a user would start, small. One training takes all of a host, so that both have work."""
    settings = (
        f"name={name}", "dataset.images=210", "dataset.size=24", "budget.epochs=2", "resources.cpu=2", "confirm.top=1",
        "confirm.seeds=2", "sampler.name=random", "early_stopping.name=none", "checkpoint_every_s=0",
    )  # fmt: skip
    sets = " ".join(f"--set {setting}" for setting in settings)
    program = "cd ~/multi-threshold-harness && python -m harness.search searches/quickstart.yaml"
    return f"{program} --trials {trials} --results {results} --address auto --quiet {sets}"


def gets_in(cluster: Cluster, environment: str) -> tuple[bool, str]:
    """Whether somebody on a host gets into the cluster, and what he is told."""
    code = f'import ray; ray.init("{cluster.head.address}:{PORT}", log_to_driver=False)'
    done = cluster.lab.hosts[-1].ssh(f"cd /tmp && env {environment} timeout 60 python -c '{code}'")
    return done.returncode == 0, done.stdout + done.stderr


def looked_at(results: Path, name: str) -> dict[str, Any]:
    """What a search has left."""
    trials = pd.read_parquet(results / name / "trials.parquet")
    counts = finishes(results / name / "journal.log")
    return {
        "trials": len(trials),
        "hosts": sorted(set(trials["host"])),
        "twice": sum(count > 1 for count in counts.values()),
    }


def taken_over(cluster: Cluster, results: Path, *, trials: int) -> dict[str, Any]:
    """A search whose driver's host is switched off after some trainings, and that the other host finishes."""
    command, journal = search_command("taken", results, trials=trials), results / "taken" / "journal.log"
    driver = cluster.lab.hosts[-1].start(command, cluster.lab.room / "driver.log")
    while len(finishes(journal)) < 2:
        if driver.poll() is not None:
            return {"said": (cluster.lab.room / "driver.log").read_text()[-2000:]}
        time.sleep(0.2)
    cluster.lab.hosts[-1].kill()
    driver.wait()
    before, start = len(finishes(journal)), time.monotonic()
    done = cluster.head.ssh(command)
    seconds = round(time.monotonic() - start, 1)
    if done.returncode:
        return {"said": done.stderr[-2000:]}
    return {"ended_before": before, "seconds": seconds, **looked_at(results, "taken")}


def gone(cluster: Cluster, *, patience_s: float) -> list[str]:
    """Ray's processes that are left after so long."""
    until = time.monotonic() + patience_s
    while (left := cluster.ray_processes()) and time.monotonic() < until:
        time.sleep(0.5)
    return left


def story(lab: Lab, results: Path, *, trials: int) -> dict[str, Any]:
    """All of it, in order."""
    cluster, start = Cluster(lab), time.monotonic()
    facts: dict[str, Any] = {"user": lab.user, "check": cluster.checked()}
    cluster.up()
    facts["up_s"] = round(time.monotonic() - start, 1)
    done = cluster.head.ssh(search_command("both", results, trials=trials))
    facts["search"] = looked_at(results, "both") if done.returncode == 0 else {"said": done.stderr[-2000:]}
    facts["with_token"] = gets_in(cluster, "RAY_AUTH_MODE=token")[0]
    stranger, told = gets_in(cluster, "-u RAY_AUTH_MODE HOME=/nonexistent")
    facts["stranger_refused"] = not stranger and "token" in told.lower()
    facts["taken_over"] = taken_over(cluster, results, trials=6)
    lab.hosts[-1].switch_on()
    cluster.down()
    facts["left"] = gone(cluster, patience_s=20)
    return facts


def as_it_should_be(facts: dict[str, Any], *, trials: int) -> bool:
    """Whether a user would be content."""
    search, taken = facts["search"], facts["taken_over"]
    return (
        facts["check"] == 0
        and search == {"trials": trials, "hosts": ["host1", "host2"], "twice": 0}
        and (facts["with_token"], facts["stranger_refused"], facts["left"]) == (True, True, [])
        and (taken.get("trials"), taken.get("twice")) == (6, 0)
        and taken["ended_before"] < 6
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=24)
    arguments = parser.parse_args()
    enter()
    with Lab(2) as lab:
        facts = story(lab, SHARED / "results", trials=arguments.trials)
    print(json.dumps(facts, indent=2))
    sys.exit(0 if as_it_should_be(facts, trials=arguments.trials) else 1)


if __name__ == "__main__":
    main()
