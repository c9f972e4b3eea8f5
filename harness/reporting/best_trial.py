"""The best trial as a run of TensorBoard: figures and an embedding. It does not know why it is the best."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from harness.records import EpochReport, TrialConfig, TrialResult
from harness.reporting import figures
from harness.reporting.projector import write_projector
from harness.reporting.tensorboard import add
from harness.reporting.wording import MISSING, margins


@dataclass(frozen=True, kw_only=True, eq=False)
class BestTrial:
    """All that is shown of the best trial.

    Attributes:
        run: Its run, such as `ckplus/multi-threshold/0007`.
        config: Its config.
        result: How it ended, with its confusion matrix.
        report: Its chosen epoch.
        class_names: C names, in the order of the label ids.
        embedding: `[n, D]`, of the validation faces.
        labels: `[n]`, in [0, C).
        images: uint8, `[n, H, W]` or `[n, channels, H, W]`, the same faces.
    """

    run: str
    config: TrialConfig
    result: TrialResult
    report: EpochReport
    class_names: tuple[str, ...]
    embedding: NDArray[np.floating]
    labels: NDArray[np.int64]
    images: NDArray[np.uint8]


def write_best(folder: Path, best: BestTrial) -> None:
    """Writes the run `best` beside the trial's own: two figures, and an embedding for the projector; replaces an older one.

    Args:
        folder: The search's `tensorboard` folder.
        best: What to show.
    """
    run = folder / PurePosixPath(best.run).with_name("best")
    shutil.rmtree(run, ignore_errors=True)
    writer = EventFileWriter(str(run))
    name = title(best)
    shown = {
        "figures/confusion": figures.confusion(
            best.result.confusion, class_names=best.class_names, title=name
        )
    }
    if not all(math.isnan(part.margin) for part in best.report.slices):
        shown["figures/threshold_against_accuracy"] = figures.thresholds(best.report.slices, title=name)
    for tag, figure in shown.items():
        add(writer, Summary(value=[Summary.Value(tag=tag, image=figures.image(figure))]), step=0)
    writer.close()
    write_projector(
        run, embedding=best.embedding, labels=best.labels, class_names=best.class_names, images=best.images
    )


def title(best: BestTrial) -> str:
    """Its run, and in a second line its slices, its margins if it has some, and its loss."""
    config = best.config
    shown = margins(loss=config.loss, slices=config.slices, low=config.margin_min, high=config.margin_max)
    thresholds = "" if shown == MISSING else f"margins {shown}, "
    return f"{best.run}\nN = {config.slices}, {thresholds}{config.loss}"
