"""What a search writes for TensorBoard while it runs: a run per trial, the HParams page. It needs no torch.

Trials become runs, so the page compares them by name. It does not know who trains, nor in which process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from harness.records import EpochReport, TrialConfig, TrialResult, TrialState
from harness.reporting import hparams
from harness.reporting.custom_scalars import layout_summary

_SLICE_TAGS = ("active_share", "spread", "distance_ap", "distance_an", "val_accuracy")
_CONFIRMED_FILE = ".confirmed"  # at the end of a file's name


class RunLog:
    """One trial's curves and its HParams row, written while it trains.

    Fold 0 writes to the run itself, later folds to `fold-1`, `fold-2`, ... below it. A trial that goes on in
    another process opens the same run again: its first epoch drops what was written from that epoch on.

    Args:
        folder: The search's `tensorboard` folder.
        run_name: Name of the run, a relative path.
    """

    def __init__(self, folder: Path, run_name: str) -> None:
        self._folder = folder / run_name
        # TensorBoard merges rows of one name: with the search's name they stay apart where several searches are opened.
        self._row = f"{PurePosixPath(run_name).name} {folder.parent.name}"
        self._writers: dict[int, EventFileWriter] = {}
        self._step = 0

    def epoch(self, report: EpochReport) -> None:
        """Writes one epoch's loss, metrics and slices, and flushes them."""
        opened = report.fold in self._writers
        writer = self._writer(report.fold)
        if not opened:
            # TensorBoard drops every value at or after the step of a START: those of a killed process.
            start = SessionLog(status=SessionLog.START)
            writer.add_event(Event(wall_time=time.time(), step=report.epoch, session_log=start))
        self._step = report.epoch
        add(writer, scalars(epoch_scalars(report)), step=report.epoch)
        writer.flush()

    def finish(self, config: TrialConfig, result: TrialResult) -> None:
        """Writes the trial's row of the HParams page, and closes the run."""
        writer = self._writer(0)
        add(writer, hparams.session_start(config, name=self._row), step=0)
        chosen = {f"{hparams.CHOSEN}/{name}": value for name, value in result.metrics.items()}
        add(writer, scalars(chosen), step=self._step)
        add(writer, hparams.session_end(failed=result.state is TrialState.FAIL), step=0)
        self.close()

    def close(self) -> None:
        """Closes the files; a run that was stopped between two epochs can be opened again later."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, fold: int) -> EventFileWriter:
        if fold not in self._writers:
            folder = self._folder if fold == 0 else self._folder / f"fold-{fold}"
            self._writers[fold] = EventFileWriter(str(folder))
        return self._writers[fold]


def epoch_scalars(report: EpochReport) -> dict[str, float]:
    """An epoch's numbers by tag: `curves/loss`, `curves/val_uar`, `slices_spread/03`; NaN is left out."""
    values = {"curves/loss": report.loss}
    values |= {f"curves/{name}": value for name, value in report.metrics.items()}
    for index, part in enumerate(report.slices):
        values |= {f"slices_{tag}/{index:02d}": getattr(part, tag) for tag in _SLICE_TAGS}
    return {tag: value for tag, value in values.items() if not math.isnan(value)}


def write_experiment(
    folder: Path,
    domains: Mapping[str, hparams.Domain],
    metrics: Sequence[str],
    *,
    confirmed: str | None = None,
) -> None:
    """Tells what is searched and measured, and how the charts are laid out; a second call replaces the first.

    Args:
        folder: The search's `tensorboard` folder.
        domains: By parameter of `TrialConfig`: a pair `(low, high)` is a range, a list is a choice.
        metrics: Names such as `val_uar`, in the order of the page's columns.
        confirmed: Such as `test_uar`, the first column, if configs are confirmed.

    Raises:
        ResultsError: If a domain is empty or upside down.
    """
    content = hparams.experiment(domains, metrics, confirmed=confirmed)
    _replace(folder, suffix="", contents=(content, layout_summary()), step=0)


def write_confirmed(folder: Path, run_name: str, *, metric: str, values: Sequence[float]) -> None:
    """Adds what fresh seeds gave a trial's config to the trial's row of the HParams page; a second call replaces the first.

    Its step is the number of seeds that the mean is over. It is a file of its own, since the trial's has been closed.

    Args:
        folder: The search's `tensorboard` folder.
        run_name: The trial's run.
        metric: Such as `test_uar`.
        values: One number per fresh seed, at least one.
    """
    mean = scalars({f"{hparams.CONFIRMED}/{metric}": sum(values) / len(values)})
    _replace(folder / run_name, suffix=_CONFIRMED_FILE, contents=(mean,), step=len(values))


def _replace(run: Path, *, suffix: str, contents: Sequence[Summary], step: int) -> None:
    """Writes a file of a run, in place of the one that an earlier call wrote."""
    for stale in run.glob(f"events.out.tfevents.*{suffix}"):
        stale.unlink()
    writer = EventFileWriter(str(run), filename_suffix=suffix)
    for content in contents:
        add(writer, content, step=step)
    writer.close()


def add(writer: EventFileWriter, content: Summary, *, step: int) -> None:
    """Hands one summary to a writer, stamped with the time."""
    writer.add_event(Event(wall_time=time.time(), step=step, summary=content))


def scalars(values: Mapping[str, float]) -> Summary:
    """Numbers by tag as one summary."""
    return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
