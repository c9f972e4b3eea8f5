"""Runs assigned trainings one after another in one process, whoever schedules it. It knows no study, no Ray.

A training that raises is a result with a reason; its traceback goes to `failures/`. Checkpoints are written at most every so
many seconds, and taken up when the same training is assigned again.
"""

from __future__ import annotations

import gc
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
from harness.tuning.watchdog import watched

OUT_OF_MEMORY = "out of memory"
CPU_EXHAUSTED = "DefaultCPUAllocator"
"""Torch has no class of its own for a CPU that has no memory left."""
FIRST_STEP_S = 300.0
"""Libraries are loaded and kernels compiled in a training's first step, so it may take longer than others."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What all workers of a search share.

    Attributes:
        folder: The search folder; all hosts must see it.
        threads: Threads of torch for one training.
        checkpoint_every_s: Least seconds between two checkpoints of a training.
        gpu: The share of a GPU that a training may use: without `resources.gpu` nobody has reserved one.
        hung_after_s: A training that tells nothing for so long hangs.
    """

    folder: Path
    threads: int
    checkpoint_every_s: float
    gpu: float = 0
    hung_after_s: float = 3600


class Worker:
    """One process's trainings.

    Args:
        settings: What all workers share.
        faces: Training and validation faces.
        test: Test faces of the folds, in the confirmation phase.
        expendable: Whether the process may be ended when a training hangs, since somebody starts another.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        faces: TrialFaces,
        *,
        test: TestFaces | None = None,
        expendable: bool = False,
    ) -> None:
        torch.set_num_threads(settings.threads)
        _stay_within(settings.gpu)
        self.expendable = expendable
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
        limit_s = self.settings.hung_after_s if self.trial else max(self.settings.hung_after_s, FIRST_STEP_S)
        with watched(self.folder.hang(self.assignment.name), limit_s=limit_s, fatal=self.expendable):
            return self._step()

    def _step(self) -> Step:
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
        with suppress(OSError):  # a full disk: the journal has the curve, TensorBoard only shows it
            self._log(step.reports)
        return step

    def _log(self, reports: tuple[EpochReport, ...]) -> None:
        if self.log is None:
            self.log = RunLog(self.folder.tensorboard, self.assignment.name)
        for report in reports:
            self.log.epoch(report)

    def _set_up(self) -> Trial:
        device = torch.device("cuda" if self.settings.gpu > 0 and torch.cuda.is_available() else "cpu")
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
        with suppress(OSError, ResultsError):  # only TensorBoard's projector would show it
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path, synced=False) as temporary, temporary.open("wb") as file:
                np.save(file, embedding)

    def _untold(self, trial: Trial) -> tuple[EpochReport, ...]:
        fresh = tuple(report for report in trial.reports if (report.fold, report.epoch) not in self.told)
        self.told |= {(report.fold, report.epoch) for report in fresh}
        return fresh

    def _failed(self, error: Exception) -> Step:
        reason = reason_of(error)
        if self.trial is None:
            nothing = TrialResult(state=TrialState.FAIL, reason=reason, host=platform.node())
            step = Step(reports=(), standing=nothing)
        else:
            standing = replace(self.trial.result(), state=TrialState.FAIL, reason=reason)
            step = Step(reports=self._untold(self.trial), standing=standing)
        if reason == OUT_OF_MEMORY:
            self._give_memory_back()
        return step

    def _give_memory_back(self) -> None:
        """The next training of this process must find as much as this one did."""
        self.trial = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def reason_of(error: Exception) -> str:
    """Why a training failed, in a line: all that ran out of memory under one name."""
    exhausted = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or CPU_EXHAUSTED in str(error)
    return OUT_OF_MEMORY if exhausted else f"{type(error).__name__}: {error}".splitlines()[0]


def _stay_within(share: float) -> None:
    """A training that shares a GPU may not take the memory of the others; one that has it alone may take all."""
    if 0 < share < 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(share)
