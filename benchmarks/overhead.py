"""Seconds per trial that the harness adds, over trials that train nothing, beside a plain Ray Tune function trainable.

The harness's side is the real one but for the training: Optuna's sampler and pruner, the journal with its fsyncs, Ray's
actors, and the bookkeeping of each trial. Both sides have two slots and import torch in the worker, as a training must.
"""

from __future__ import annotations

import io
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.datasets.protocols import search_faces
from harness.records import EpochReport, TrialResult, TrialState
from harness.reporting.progress import Progress
from harness.search import Prepared, prepare, worker_settings
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import open_journal
from harness.tuning.observed import Observed
from harness.tuning.ray_tune.backend import RayBackend
from harness.tuning.ray_tune.trainable import RayTrial
from harness.tuning.search_file import read_search_file
from harness.tuning.source import Step
from harness.tuning.study import Search
from harness.tuning.yaml_file import Override

TRIALS, PLAIN_TRIALS, SLOTS = 300, 20, 2
SEARCH = Path(__file__).parent.parent / "searches" / "quickstart.yaml"


class IdleTrial(RayTrial):
    """Reports one epoch at once, with a metric that depends on the config so that the sampler has work."""

    def step(self) -> dict[str, Any]:
        """Trains nothing."""
        config = self.worker.assignment.config
        value = config.learning_rate + config.margin_min
        report = EpochReport(
            fold=0,
            epoch=1,
            loss=0.0,
            metrics={"val_uar": value},
            slices=(),
            collapsed=False,
            seconds=0.0,
            train_seconds=0.0,
        )
        result = TrialResult(state=TrialState.COMPLETE, metrics={"val_uar": value}, chosen_epochs=(1,))
        return {"step": Step(reports=(report,), standing=result), "done": True}


class IdleBackend(RayBackend):
    """The Ray backend with trials that train nothing."""

    trainable = IdleTrial


def run() -> tuple[str, list[dict[str, float | str]]]:
    """A Markdown table, and a record per side; wall seconds with the start of Ray left out."""
    for name in ("optuna", "ray"):
        logging.getLogger(name).setLevel(logging.ERROR)
    records = [_harness(), _plain_tune()]
    ratio = float(records[1]["s_per_trial"]) / float(records[0]["s_per_trial"])
    rows = [f"| {r['side']} | {r['trials']} | {r['wall_s']:.1f} | {r['s_per_trial']:.3f} |" for r in records]
    head = ["| side | trials | wall s | s per trial |", "| --- | --: | --: | --: |"]
    return "\n".join([*head, *rows, "", f"Plain Ray Tune adds {ratio:.0f} times as much per trial."]), records


def prepare_idle(*, trials: int, sampler: str = "tpe") -> Prepared:
    """A search of trials that train nothing."""
    small = [
        Override("", "sampler", {"name": sampler}),
        Override("", "dataset.images", 140),
        Override("", "dataset.size", 16),
        Override("", "budget.trials", trials),
        Override("", "resources.concurrent", SLOTS),
    ]
    return prepare(read_search_file(SEARCH, overrides=small))


def _harness() -> dict[str, float | str]:
    prepared = prepare_idle(trials=TRIALS)
    with tempfile.TemporaryDirectory() as results:
        folder = SearchFolder(Path(results) / prepared.spec.name)
        folder.create()
        search = Search(prepared.spec, open_journal(folder.journal), provenance=prepared.provenance)
        progress = Progress(Console(file=io.StringIO()))
        progress.start("search", total=TRIALS, slots=SLOTS)
        faces = search_faces(prepared.faces, prepared.division)
        settings = worker_settings(prepared, results=Path(results))
        with IdleBackend(settings, resources=prepared.spec.resources) as backend:
            _ = backend.slots  # starts Ray, on both sides before the clock
            start = time.perf_counter()
            backend.run(Observed(search, folder=folder, progress=progress), faces)
            return _record("harness", TRIALS, time.perf_counter() - start)


def _plain_tune() -> dict[str, float | str]:
    import ray
    from ray import tune

    def train(config: dict[str, float]) -> None:
        import torch  # noqa: F401 - as every training script does

        tune.report({"val_uar": config["learning_rate"] + config["margin_min"]})

    os.environ.pop("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", None)
    ray.init(address="local", num_cpus=SLOTS, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as results:
        space = {"learning_rate": tune.loguniform(3e-4, 1e-2), "margin_min": tune.uniform(0.05, 0.5)}
        tuner = tune.Tuner(
            tune.with_resources(train, {"cpu": 1}),
            param_space=space,
            tune_config=tune.TuneConfig(num_samples=PLAIN_TRIALS, metric="val_uar", mode="max"),
            run_config=tune.RunConfig(storage_path=results, verbose=0),
        )
        start = time.perf_counter()
        tuner.fit()
        wall = time.perf_counter() - start
    ray.shutdown()
    return _record("plain Ray Tune, function trainable", PLAIN_TRIALS, wall)


def _record(side: str, trials: int, wall_s: float) -> dict[str, float | str]:
    return {"side": side, "trials": trials, "wall_s": wall_s, "s_per_trial": wall_s / trials}


if __name__ == "__main__":
    print(run()[0])
