"""A training as Ray Tune sees it: one epoch per step, in a process that is used for one training after another.

It does not know early stopping, checkpoints or failures: the worker and the source do. Ray's own checkpoints are not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ray
from ray import tune

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.records import TrialState
from harness.tuning.worker import Worker, WorkerSettings


@dataclass(eq=False)
class Work:
    """What all trainings of a job share, in Ray's object store: once per host, without copies.

    Attributes:
        key: Of the job.
        parts: Reference to settings, faces and test faces; None once the job has ended, so that the store can drop them.
    """

    key: int
    parts: ray.ObjectRef | None

    def __deepcopy__(self, memo: object) -> Work:
        return self  # Tune copies a trial's config, and must not hold on to the faces

    @classmethod
    def put(cls, key: int, settings: WorkerSettings, faces: TrialFaces, test: TestFaces | None) -> Work:
        """Puts it there."""
        return cls(key, ray.put((settings, faces, test)))


class RayTrial(tune.Trainable):
    """Hands assignments from Ray to a worker, and its steps back."""

    worker: Worker

    def setup(self, config: dict[str, Any]) -> None:
        """Makes the process's first worker."""
        self.key: int | None = None
        self.begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next assignment in the same process, which saves the start of a process and the import of torch."""
        self.begin(new_config)
        return True

    def begin(self, config: dict[str, Any]) -> None:
        """Takes an assignment; one of another job takes another worker."""
        work: Work = config["work"]
        if work.key != self.key:
            if self.key is not None:
                self.worker.close()
            settings, faces, test = ray.get(work.parts)
            self.worker = Worker(settings, faces, test=test, expendable=True)
            self.key = work.key
        self.worker.begin(config["assignment"])

    def step(self) -> dict[str, Any]:
        """Runs an epoch."""
        step = self.worker.step()
        return {"step": step, "done": step.standing.state is not TrialState.RUNNING}
