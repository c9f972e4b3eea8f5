"""One trial: a config trained on every fold, epoch by epoch, and what came of it. It does not know who asked for it.

A trial is driven one epoch at a time, so that whoever drives it can stop it, or keep its state, between two epochs.
"""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from harness.atomic import whole_file
from harness.datasets.protocols import TestFaces, TrialFaces
from harness.learning.checkpoint import pack, unpack
from harness.learning.fold import FoldTraining, with_split
from harness.records import EpochReport, TrialConfig, TrialResult, TrialState

COLLAPSED = "collapsed"


@dataclass(frozen=True, kw_only=True)
class FoldOutcome:
    """What one finished fold gave, at its chosen epoch and at its last."""

    chosen_epoch: int
    metrics: dict[str, float]
    last_metrics: dict[str, float]
    confusion: tuple[tuple[int, ...], ...]
    sequence_confusion: tuple[tuple[int, ...], ...]


class Trial:
    """A config on its way through the folds.

    Args:
        config: What to train.
        faces: Training and validation faces.
        test: Test faces of the folds, for confirmation runs; None during the search.
        device: Where to train; by default the first GPU that is there, else the CPU.
    """

    def __init__(
        self,
        config: TrialConfig,
        faces: TrialFaces,
        *,
        test: TestFaces | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.config, self.faces, self.test = config, faces, test
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.reports: list[EpochReport] = []
        self.outcomes: list[FoldOutcome] = []
        self.validation_embedding: NDArray[np.float16] | None = None
        self.collapsed = False
        self._current = self._start_fold(0)

    @property
    def done(self) -> bool:
        """Whether there is no further epoch to run."""
        return self.collapsed or len(self.outcomes) == len(self.faces.folds)

    def step(self) -> EpochReport:
        """Runs the next epoch. At the end of a fold it is measured at its chosen epoch, and the next fold begins."""
        report = self._current.run_epoch()
        self.reports.append(report)
        self.collapsed = self._has_collapsed()
        if self._current.finished and not self.collapsed:
            self.outcomes.append(self._finish_fold())
            if not self.done:
                self._current = self._start_fold(len(self.outcomes))
        return report

    def result(self) -> TrialResult:
        """How the trial stands: RUNNING with what is known so far, PRUNED if it collapsed, else COMPLETE."""
        state = TrialState.COMPLETE if self.done else TrialState.RUNNING
        return TrialResult(
            state=TrialState.PRUNED if self.collapsed else state,
            reason=COLLAPSED if self.collapsed else "",
            chosen_epochs=tuple(outcome.chosen_epoch for outcome in self.outcomes),
            metrics=_mean([outcome.metrics for outcome in self.outcomes]) or self._best_so_far(),
            last_metrics=_mean([outcome.last_metrics for outcome in self.outcomes]) or self._last_so_far(),
            fold_metrics=tuple(outcome.metrics for outcome in self.outcomes),
            confusion=_total([outcome.confusion for outcome in self.outcomes]),
            sequence_confusion=_total([outcome.sequence_confusion for outcome in self.outcomes]),
            seconds=sum(report.seconds for report in self.reports),
            train_seconds=sum(report.train_seconds for report in self.reports),
            device=_describe(self.device),
            host=platform.node(),
        )

    def backbone_weights(self) -> dict[str, torch.Tensor]:
        """The backbone's weights: of the chosen epoch of the last fold, where the trial is done."""
        state = self._current.network.backbone.state_dict()
        return {name: tensor.cpu().contiguous() for name, tensor in state.items()}

    def save(self, path: Path) -> None:
        """Writes a checkpoint, atomically: a kill at any moment leaves the old one or the new one."""
        state = {
            "config": asdict(self.config),
            "reports": [report.to_dict() for report in self.reports],
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
            "embedding": None
            if self.validation_embedding is None
            else torch.from_numpy(self.validation_embedding),
            "fold": None if self.done else self._current.state(),
        }
        content = pack(state)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)

    def load(self, path: Path) -> bool:
        """Goes on from a checkpoint if there is a readable one of this very config; tells whether there was."""
        state = unpack(path)
        if state is None or state["config"] != asdict(self.config) or state["fold"] is None:
            return False
        self.reports = [EpochReport.from_dict(report) for report in state["reports"]]
        self.outcomes = [FoldOutcome(**outcome) for outcome in state["outcomes"]]
        self.validation_embedding = None if state["embedding"] is None else state["embedding"].numpy()
        self._current = self._start_fold(len(self.outcomes))
        self._current.restore(state["fold"])
        return True

    def _start_fold(self, fold: int) -> FoldTraining:
        return FoldTraining(self.config, self.faces, fold=fold, test=self.test, device=self.device)

    def _finish_fold(self) -> FoldOutcome:
        training = self._current
        best = training.choose_best()
        if self.validation_embedding is None:
            features = training.embed_part(training.part.validation).features
            self.validation_embedding = features.numpy().astype(np.float16)
        metrics, judged = with_split("val", best.evaluation), best.evaluation
        if self.test is not None:
            judged = training.evaluate_test()
            metrics = {**metrics, **with_split("test", judged)}
        return FoldOutcome(
            chosen_epoch=best.epoch,
            metrics=metrics,
            last_metrics=dict(self.reports[-1].metrics),
            confusion=judged.confusion,
            sequence_confusion=judged.sequence_confusion,
        )

    def _has_collapsed(self) -> bool:
        patience = self.config.collapse_patience
        recent = self.reports[-patience:] if patience else []
        return len(recent) == patience > 0 and all(
            report.collapsed and report.fold == self.reports[-1].fold for report in recent
        )

    def _best_so_far(self) -> dict[str, float]:
        """Metrics at the best epoch of a first fold that is not finished."""
        best = max(self.reports, key=lambda report: report.metrics[self.config.objective], default=None)
        return dict(best.metrics) if best else {}

    def _last_so_far(self) -> dict[str, float]:
        return dict(self.reports[-1].metrics) if self.reports else {}


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each metric over the folds that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def _total(matrices: list[tuple[tuple[int, ...], ...]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(n) for n in row) for row in np.sum(matrices, axis=0)) if matrices else ()


def _describe(device: torch.device) -> str:
    return f"cuda: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type
