"""`python -m benchmarks.long_search`: does a search of thousands of trials stay as fast and as small as it began?

The trials train nothing; suggestions, pruner, journal with its fsyncs, Ray and bookkeeping are the real ones. Seconds per trial
and the driver's memory are taken at the end of each tenth; the first tenth warms up.
"""

from __future__ import annotations

import argparse
import gc
import logging
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.overhead import SLOTS, IdleBackend, prepare_idle
from harness.datasets.protocols import search_faces
from harness.records import EpochReport, TrialConfig, TrialResult
from harness.search import worker_settings
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import open_journal
from harness.tuning.observed import Observed
from harness.tuning.study import Search

PARTS = 10


class Clock:
    """Listens to a search, and notes time and memory each time a tenth of it has ended."""

    def __init__(self, trials: int) -> None:
        self.every, self.ended = trials // PARTS, 0
        self.marks: list[tuple[float, float]] = []

    def start(self, phase: str, *, total: int, slots: int) -> None:
        """Nothing has ended."""
        self.ended = 0

    def waiting(self, message: str) -> None:
        """A lease is nobody's here."""

    def trial_found(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """None is found."""

    def trial_started(self, number: int, config: TrialConfig) -> None:
        """Counts at its end."""

    def epoch(self, number: int, report: EpochReport) -> None:
        """Counts at its end."""

    def trial_ended(self, number: int, config: TrialConfig, result: TrialResult) -> None:
        """Looks at the clock at the end of a tenth."""
        self.ended += 1
        if self.ended % self.every == 0:
            gc.collect()
            self.marks.append((time.perf_counter(), psutil.Process().memory_info().rss / 2**20))

    def close(self) -> None:
        """Nothing to take away."""


def measure(trials: int, sampler: str) -> str:
    """One search, and what it cost in words."""
    prepared = prepare_idle(trials=trials, sampler=sampler)
    with tempfile.TemporaryDirectory() as results:
        folder = SearchFolder(Path(results) / prepared.spec.name)
        folder.create()
        search, clock = (
            Search(prepared.spec, open_journal(folder.journal), provenance=prepared.provenance),
            Clock(trials),
        )
        settings = worker_settings(prepared, results=Path(results))
        with IdleBackend(settings, resources=prepared.spec.resources) as backend:
            _ = backend.slots
            faces = search_faces(prepared.faces, prepared.division)
            backend.run(Observed(search, folder=folder, progress=clock), faces)
        size = folder.journal.stat().st_size / 2**20
    times, memory = zip(*clock.marks, strict=True)
    each = [(after - before) / clock.every for before, after in pairwise(times)]
    return (
        f"{sampler}: {trials} trials; second tenth {each[0] * 1e3:.0f} ms a trial, last tenth {each[-1] * 1e3:.0f} ms "
        f"({each[-1] / each[0]:.2f} times); driver {memory[0]:.0f} MiB after a tenth, {memory[-1]:.0f} at the end "
        f"(+{memory[-1] - memory[0]:.0f}); journal {size:.1f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--samplers", default="random,tpe")
    arguments = parser.parse_args()
    for name in ("optuna", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for sampler in arguments.samplers.split(","):
        print(measure(arguments.trials, sampler), f"({SLOTS} slots)", flush=True)


if __name__ == "__main__":
    main()
