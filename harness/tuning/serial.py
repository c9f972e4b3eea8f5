"""The serial backend: all trials in this process, one after another, for reading and debugging. It imports no Ray."""

from __future__ import annotations

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.tuning.source import Decision, TrialSource
from harness.tuning.worker import Worker, WorkerSettings


class SerialBackend:
    """Runs sources in this process.

    Args:
        settings: What a worker needs to know.
    """

    slots = 1

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings

    def __enter__(self) -> SerialBackend:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(self, source: TrialSource, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        """Runs a source to its end, or until its time is over."""
        worker = Worker(self.settings, faces, test=test)
        while (assignment := source.next()) is not None:
            worker.begin(assignment)
            decision = Decision.CONTINUE
            while decision is Decision.CONTINUE:
                decision = source.report(assignment.number, worker.step()).decision
