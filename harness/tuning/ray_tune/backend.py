"""The Ray backend: trials side by side on this machine or on a cluster. It does not know what a trial is for."""

from __future__ import annotations

import logging
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

# Read when Ray is imported or started, so they stand above the import.
os.environ.update(
    {
        "RAY_AIR_NEW_OUTPUT": "0",  # the new reporter prints even when it is told to be quiet
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # tensorboardX: 13 ms, four fsyncs and a torch import
        "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
        "TUNE_GLOBAL_CHECKPOINT_S": "100000",  # Ray's snapshot is not used: the journal is the truth
        "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    }
)

import ray
from ray import tune

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.errors import StudyError
from harness.tuning.jobs import Job, Jobs
from harness.tuning.ray_tune.hosts import Hosts
from harness.tuning.ray_tune.local import on_loopback
from harness.tuning.ray_tune.searcher import Forgetful, JobsScheduler, JobsSearcher
from harness.tuning.ray_tune.trainable import RayTrial
from harness.tuning.sections import ResourcesSpec
from harness.tuning.source import TrialSource
from harness.tuning.token import keep_private
from harness.tuning.worker import WorkerSettings

PENDING = 10_000
"""Trainings that Tune may have waiting for a slot; how many are suggested is the searcher's affair."""
ANSWER_S = 10.0
"""A cluster that does not answer by then is not there."""
RETRIES = 3
"""How often a training whose process died is started again before it counts as failed."""


class RayPool:
    """Runs queues of jobs on Ray, between `with` and its end.

    Args:
        resources: What one training takes.
        address: Of a running cluster; None starts Ray on this machine, and stops it at the end.
    """

    trainable: type[RayTrial] = RayTrial

    def __init__(self, *, resources: ResourcesSpec, address: str | None = None) -> None:
        self.resources, self.address = resources, address
        self.hosts = Hosts(resources, alike=address is not None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()

    @property
    def slots(self) -> int:
        """Trainings that run side by side.

        Raises:
            StudyError: If not even one fits.
        """
        self._start()
        return self.hosts.require_slots()

    def run_jobs(self, jobs: Jobs) -> None:
        """Runs a queue until no training is left, here or to come.

        Raises:
            StudyError: If a host of the cluster has other code than this one, or does not see the results folder.
        """
        self._start()
        if (job := jobs.first) is not None:
            self.hosts.require_alike(job.settings.folder)
        self.hosts.require_slots()
        searcher = JobsSearcher(jobs, slots=self.hosts.slots)
        trainable = tune.with_resources(
            self.trainable,
            {"cpu": self.resources.cpu, "gpu": self.resources.gpu},
        )
        with tempfile.TemporaryDirectory(prefix="harness-tune-") as scratch:
            tuner = tune.Tuner(
                trainable,
                tune_config=tune.TuneConfig(
                    search_alg=searcher,
                    scheduler=JobsScheduler(searcher),
                    num_samples=-1,
                    max_concurrent_trials=PENDING,
                    reuse_actors=True,
                    trial_name_creator=lambda trial: trial.trial_id,
                    trial_dirname_creator=lambda trial: trial.trial_id,
                ),
                run_config=tune.RunConfig(
                    storage_path=scratch,
                    verbose=0,
                    callbacks=[Forgetful()],
                    failure_config=tune.FailureConfig(max_failures=RETRIES),
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                ),
            )
            tuner.fit()

    def _start(self) -> None:
        """Starts Ray when it is first needed: a search with nothing left to do needs none."""
        if not ray.is_initialized():
            _connect(self.address)


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connects to a running cluster for as long as the block lasts.

    Raises:
        StudyError: If there is none.
    """
    _connect(address)
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address: str | None) -> None:
    """To a cluster, or to a Ray of this process's own, which no other machine reaches and whose token nobody else can read."""
    if address:
        _require_answer(address)
    else:
        keep_private(Path.home() / ".ray" / "auth_token")
    local: dict[str, Any] = {} if address else {"include_dashboard": False}
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        with nullcontext() if address else on_loopback():
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, ValueError) as error:
        raise StudyError(
            f"no Ray cluster at {address}: {error}; start one, or leave --address out"
        ) from error
    signal.signal(signal.SIGTERM, on_sigterm)  # Ray puts a handler of its own there, which ends the process


def _require_answer(address: str) -> None:
    """Sees that somebody listens at `HOST:PORT`: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdigit() and "/" not in address):
        return  # `auto`, or an address of Ray's client
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise StudyError(
            f"no Ray cluster at {address}: {error}; start one, or leave --address out"
        ) from error


class RayBackend(RayPool):
    """Runs the sources of one search on Ray, between `with` and its end.

    Args:
        settings: What a worker needs to know.
        resources: What one training takes.
        address: Of a running cluster; None starts Ray on this machine, and stops it at the end.
    """

    def __init__(
        self, settings: WorkerSettings, *, resources: ResourcesSpec, address: str | None = None
    ) -> None:
        super().__init__(resources=resources, address=address)
        self.settings = settings

    def run(self, source: TrialSource, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        """Runs a source to its end, or until its time is over."""
        job = Job(source=source, settings=self.settings, faces=faces, test=test)
        self.run_jobs(Jobs([job]))
        if job.error is not None:
            raise job.error
