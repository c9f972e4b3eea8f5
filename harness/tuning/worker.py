"""Runs assigned trainings one after another in one process, whoever schedules it. It knows no study, no Ray.

A training that raises is a result with a reason; its traceback goes to `failures/`. Checkpoints are written at most every so
many seconds, and taken up when the same training is assigned again.
"""

from __future__ import annotations

import platform
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from harness.atomic import whole_file
from harness.datasets.protocols import TestFaces, TrialFaces
from harness.errors import ResultsError
from harness.learning.trial import Trial
from harness.records import EpochReport, TrialResult, TrialState
from harness.reporting.tensorboard import RunLog
from harness.tuning.folder import SearchFolder
from harness.tuning.source import Assignment, Step


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What all workers of a search share.

    Attributes:
        folder: The search folder; all hosts must see it.
        threads: Threads of torch for one training.
        checkpoint_every_s: Least seconds between two checkpoints of a training.
        gpu: Whether trainings may use the GPU: without `resources.gpu` nobody has reserved one.
    """

    folder: Path
    threads: int
    checkpoint_every_s: float
    gpu: bool = False


class Worker:
    """One process's trainings.

    Args:
        settings: What all workers share.
        faces: Training and validation faces.
        test: Test faces of the folds, in the confirmation phase.
    """

    def __init__(self, settings: WorkerSettings, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        torch.set_num_threads(settings.threads)
        self.settings, self.faces, self.test = settings, faces, test
        self.folder = SearchFolder(settings.folder)
        self.trial: Trial | None = None
        self.log: RunLog | None = None

    def begin(self, assignment: Assignment) -> None:
        """Takes an assignment; the work itself begins with the first step, so that all that can fail fails there."""
        self.close()
        self.assignment = assignment
        self.trial = None
        self.told: set[tuple[int, int]] = set()
        self.saved_at = time.monotonic()

    def close(self) -> None:
        """Closes the training's log."""
        if self.log is not None:
            self.log.close()
        self.log = None

    def step(self) -> Step:
        """Runs an epoch and tells what is new."""
        try:
            trial = self.trial = self.trial or self._set_up()
            self._save_if_due(trial)
            trial.step()
            step = Step(reports=self._untold(trial), standing=trial.result())
            if trial.done:
                self._keep(trial)
        except Exception as error:
            self.folder.write_failure(self.assignment.name, traceback.format_exc())
            step = self._failed(error)
        self._log(step.reports)
        return step

    def _log(self, reports: tuple[EpochReport, ...]) -> None:
        if self.log is None:
            self.log = RunLog(self.folder.tensorboard, self.assignment.name)
        for report in reports:
            self.log.epoch(report)

    def _set_up(self) -> Trial:
        device = torch.device("cuda" if self.settings.gpu and torch.cuda.is_available() else "cpu")
        config = self.folder.located(self.assignment.config)
        trial = Trial(config, self.faces, test=self.test, device=device)
        trial.load(self.folder.checkpoint(self.assignment.name))
        return trial

    def _save_if_due(self, trial: Trial) -> None:
        """Saves what was told before: whoever asks for a further step has stored it, and has decided to go on."""
        if trial.reports and time.monotonic() - self.saved_at >= self.settings.checkpoint_every_s:
            with suppress(ResultsError):  # a full disk: the training is worth more than its checkpoint
                trial.save(self.folder.checkpoint(self.assignment.name))
            self.saved_at = time.monotonic()

    def _keep(self, trial: Trial) -> None:
        """What a finished training leaves behind: weights for others to begin with, or its embedding."""
        if self.assignment.keep_backbone:
            with whole_file(self.folder.pretrained) as temporary:
                temporary.write_bytes(save(trial.backbone_weights()))
        elif trial.validation_embedding is not None:
            self._keep_embedding(trial.validation_embedding)

    def _keep_embedding(self, embedding: np.ndarray) -> None:
        path = self.folder.embedding(self.assignment.name)
        with suppress(OSError):  # only TensorBoard's projector would show it
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, embedding)

    def _untold(self, trial: Trial) -> tuple[EpochReport, ...]:
        fresh = tuple(report for report in trial.reports if (report.fold, report.epoch) not in self.told)
        self.told |= {(report.fold, report.epoch) for report in fresh}
        return fresh

    def _failed(self, error: Exception) -> Step:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        if self.trial is None:
            nothing = TrialResult(state=TrialState.FAIL, reason=reason, host=platform.node())
            return Step(reports=(), standing=nothing)
        standing = replace(self.trial.result(), state=TrialState.FAIL, reason=reason)
        return Step(reports=self._untold(self.trial), standing=standing)
