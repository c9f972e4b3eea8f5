"""One small search, and the programs that show it, each started once for all tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.search import Outcome, prepare, run_search, worker_settings
from harness.tuning.serial import SerialBackend
from harness.tuning.spec import SearchSpec

SPEC = {
    "name": "faces",
    "dataset": {"name": "synthetic-posed", "images": 140, "size": 24},
    "method": {"embedding_dim": 16, "batch_size": 56},
    "space": {"slices": [2, 4], "margin_min": {"low": 0.05, "high": 0.5}},
    "early_stopping": {"name": "none"},
    "budget": {"trials": 3, "epochs": 2},
    "confirm": {"top": 2, "seeds": 2, "leaky": ["oracle-best-epoch"]},
}


class Silent:
    """Listens, and shows nothing."""

    def __getattr__(self, name: str):
        return lambda *told, **more: None


@pytest.fixture(scope="session")
def search(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A search of three trials, two of them confirmed on two fresh seeds each, honestly and by a leaky rule."""
    results = tmp_path_factory.mktemp("results")
    prepared = prepare(SearchSpec.model_validate(SPEC))
    backend = SerialBackend(worker_settings(prepared, results=results))
    return run_search(prepared, backend, results=results, progress=Silent())


@pytest.fixture(scope="session")
def tensorboard(search: Outcome) -> Iterator[str]:
    """Address of TensorBoard on the search."""
    with serving("tensorboard", "--logdir", str(search.folder / "tensorboard")) as address:
        yield address


@pytest.fixture(scope="session")
def optuna_dashboard(search: Outcome) -> Iterator[str]:
    """Address of optuna-dashboard on the search's journal."""
    with serving("optuna-dashboard", str(search.folder / "journal.log"), "--quiet") as address:
        yield address


@contextmanager
def serving(program: str, *arguments: str) -> Iterator[str]:
    """A program of this environment that serves pages, from the moment on when it does; it ends with the block."""
    port = free_port()
    installed = Path(sys.executable).with_name(program)
    command = [str(installed), *arguments, "--port", str(port)]
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT) as running,
    ):
        try:
            while not listens(port):
                with suppress(subprocess.TimeoutExpired):
                    running.wait(timeout=0.05)
                    told.seek(0)
                    raise AssertionError(f"{command} ended before it served a page: {told.read()}")
            yield f"http://localhost:{port}"
        finally:
            running.terminate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("localhost", 0))
        return int(asked.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    try:
        with socket.create_connection(("localhost", port)):
            return True
    except ConnectionRefusedError:
        return False
