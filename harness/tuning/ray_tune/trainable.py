"""A training as Ray Tune sees it: one epoch per step, in a process that is used for one training after another.

It does not know early stopping, checkpoints or failures: the worker and the source do. Ray's own checkpoints are not used.
"""

from __future__ import annotations

from typing import Any

from ray import tune

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.records import TrialState
from harness.tuning.worker import Worker, WorkerSettings


class RayTrial(tune.Trainable):
    """Hands assignments from Ray to a worker, and its steps back."""

    def setup(
        self,
        config: dict[str, Any],
        settings: WorkerSettings | None = None,
        faces: TrialFaces | None = None,
        test: TestFaces | None = None,
    ) -> None:
        """Makes the process's worker. The faces come through Ray's object store: once per host, without copies."""
        assert settings is not None
        assert faces is not None
        self.worker = Worker(settings, faces, test=test)
        self.worker.begin(config["assignment"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next assignment in the same process, which saves the start of a process and the import of torch."""
        self.worker.begin(new_config["assignment"])
        return True

    def step(self) -> dict[str, Any]:
        """Runs an epoch."""
        step = self.worker.step()
        return {"step": step, "done": step.standing.state is not TrialState.RUNNING}
