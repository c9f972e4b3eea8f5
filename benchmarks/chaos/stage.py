"""A Ray cluster of three nodes on this machine with fake GPUs, and a search's driver on it. It breaks nothing.

The driver is a process of its own, as in life; the first node holds Ray's head and no trainings.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
from ray.cluster_utils import Cluster

from benchmarks.kills import finishes
from harness.reporting.schemas import TIME_COLUMNS

SEARCH = Path(__file__).parents[2] / "searches" / "quickstart.yaml"
SMALL = {
    "name": "chaos",
    "dataset.images": 210,
    "dataset.size": 24,
    "sampler": "{name: random}",  # a config follows from its trial's number alone, in whatever order trials end
    "early_stopping": "{name: none}",
    "budget.epochs": 4,
    "resources": "{cpu: 1, gpu: 1}",
    "confirm.top": 1,
    "confirm.seeds": 2,
    "checkpoint_every_s": 0,
}
PATIENCE_S = 240
NODE = {"num_cpus": 1, "num_gpus": 1}
WORKERS = ("ray::RayTrial", "ray::ResourceTrainable")
"""What a worker's process is called: the first while it waits, the second while it trains."""


class Stage:
    """One run: a cluster, a results folder, and the driver's life.

    Args:
        results: Where the search writes.
        trials: Asked for.
        tricks: A folder of modules that Python imports first in the driver and in the workers.
    """

    def __init__(self, results: Path, *, trials: int, tricks: Path | None = None) -> None:
        self.results, self.trials = results, trials
        self.environment = {
            **os.environ,
            "RAY_health_check_period_ms": "500",
            "RAY_health_check_timeout_ms": "1000",
        }
        if tricks is not None:
            paths = [str(tricks), os.environ.get("PYTHONPATH", "")]
            self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        self.driver: subprocess.Popen[bytes] | None = None
        self.output = tempfile.SpooledTemporaryFile()  # noqa: SIM115  closed with the stage
        self.restarts = 0
        self.raise_cluster()

    def raise_cluster(self) -> None:
        """A new cluster, with nobody on it."""
        os.environ.update({key: value for key, value in self.environment.items() if key.startswith("RAY_")})
        self.cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
        )
        self.nodes = [self.add_node(), self.add_node()]

    def add_node(self) -> Any:
        """A node that holds one training."""
        return self.cluster.add_node(**NODE, env_vars=self.environment)

    def drop_cluster(self) -> None:
        """All of Ray's processes are gone."""
        self.cluster.shutdown()

    def start_driver(self) -> None:
        """The command that a user would give, the same each time."""
        settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
        self.driver = subprocess.Popen(
            [
                sys.executable, "-m", "harness.search", str(SEARCH), "--results", str(self.results), "--quiet",
                "--trials", str(self.trials), "--address", self.cluster.address, *settings,
            ],
            env=self.environment,
            stdout=self.output.fileno(),
            stderr=self.output.fileno(),
        )  # fmt: skip

    @property
    def journal(self) -> Path:
        """Of the search."""
        return self.results / "chaos" / "journal.log"

    def ended(self) -> Counter[int]:
        """How often each training has ended, by the journal."""
        return finishes(self.journal)

    def wait_for(self, count: int) -> float:
        """Waits until so many trainings have ended; the driver is started again whenever it has stopped. Gives the seconds."""
        start = time.monotonic()
        while len(self.ended()) < count:
            self.keep_driver()
            if time.monotonic() - start > PATIENCE_S:
                raise TimeoutError(
                    f"{len(self.ended())} of {count} trainings after {PATIENCE_S} s: {self.said()}"
                )
            time.sleep(0.1)
        return time.monotonic() - start

    def keep_driver(self) -> None:
        """Starts the driver again if it has stopped, as its user would."""
        if self.driver is not None and self.driver.poll() is not None and self.driver.returncode != 0:
            if self.restarts >= 8:
                raise RuntimeError(f"the driver stopped {self.restarts} times: {self.said()}")
            self.restarts += 1
            time.sleep(1)
            self.start_driver()

    def finish(self) -> None:
        """Until the driver has ended well."""
        start = time.monotonic()
        while self.driver is None or self.driver.poll() != 0:
            self.keep_driver()
            if time.monotonic() - start > PATIENCE_S:
                raise TimeoutError(f"the driver did not end in {PATIENCE_S} s: {self.said()}")
            time.sleep(0.1)

    def said(self) -> str:
        """The driver's last errors."""
        file = self.output.fileno()
        return os.pread(file, 2000, max(0, os.fstat(file).st_size - 2000)).decode(errors="replace")

    def workers(self) -> list[psutil.Process]:
        """The processes that train, of this cluster alone."""
        mine = psutil.Process().children(recursive=True)
        found = []
        for process in mine:
            with suppress(psutil.NoSuchProcess):
                if any(name in " ".join([process.name(), *process.cmdline()]) for name in WORKERS):
                    found.append(process)
        return found

    def table(self, name: str = "trials") -> pd.DataFrame:
        """A table without what times and places give."""
        frame = pd.read_parquet(self.results / "chaos" / f"{name}.parquet")
        return frame.drop(columns=[c for c in (*TIME_COLUMNS, "host", "hardware") if c in frame])

    def close(self) -> None:
        """Ends all that is left."""
        if self.driver is not None and self.driver.poll() is None:
            self.driver.kill()
            self.driver.wait()
        self.drop_cluster()
        self.output.close()
