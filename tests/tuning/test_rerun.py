"""What a source of stored runs hands out and keeps; that both backends make the same of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from toy_search import PROVENANCE, make_spec, step

from harness.records import TrialConfig, TrialState
from harness.reporting.progress import Progress
from harness.reporting.stored_runs import StoredRun
from harness.reproduce import prepare_again, read_stored, reproduce
from harness.search import prepare, run_search, worker_settings
from harness.tuning.ray_tune.backend import RayBackend
from harness.tuning.rerun import Rerun
from harness.tuning.serial import SerialBackend
from harness.tuning.source import Decision

SPEC = make_spec(
    method={"embedding_dim": 16, "batch_size": 56},
    space={"slices": [1, 2]},
    budget={"trials": 1, "epochs": 2},
    confirm={"top": 1, "seeds": 2},
)


def stored(repeats: Sequence[int]) -> list[StoredRun]:
    return [
        StoredRun(
            row={"trial": 3, "repeat": repeat},
            config=TrialConfig(seed=100 + repeat, epochs=2),
            provenance=PROVENANCE,
        )
        for repeat in repeats
    ]


def test_each_run_is_handed_out_once_with_its_stored_config() -> None:
    runs = stored([0, 2])
    rerun = Rerun(runs, provenance=PROVENANCE)
    handed = [rerun.next(), rerun.next()]
    assert [each.config for each in handed if each] == [run.config for run in runs]
    assert handed[1] is not None
    assert handed[1].name.endswith("/0003-confirmed-2")
    assert rerun.next() is None
    assert (rerun.total, rerun.finished, rerun.ended_before()) == (2, 0, [])


def test_runs_come_out_in_the_stored_order_however_they_end() -> None:
    rerun = Rerun(stored([0, 1]), provenance=PROVENANCE)
    assert rerun.next()
    assert rerun.next()
    assert rerun.lost(1, "its process died").state is TrialState.FAIL
    running = step(1, val_uar=0.4, state=TrialState.RUNNING)
    assert rerun.report(0, running).decision is Decision.CONTINUE
    assert rerun.report(0, step(2, val_uar=0.5, last=True)).decision is Decision.STOP
    assert rerun.finished == 2
    assert [(record.repeat, record.result.reason) for record in rerun.records()] == [
        (0, ""),
        (1, "its process died"),
    ]


@pytest.mark.usefixtures("two_cpus")
def test_both_backends_make_a_stored_row_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    results, quiet = tmp_path / "results", Progress(Console(quiet=True))
    prepared = prepare(SPEC)
    settings = worker_settings(prepared, results=results)
    run_search(prepared, SerialBackend(settings), results=results, progress=quiet)
    (results / "toy" / "journal.log").unlink()

    search = read_stored(results, "toy", rule="honest")
    again = prepare_again(search)
    for name in ("serial", "ray"):
        scratch = tmp_path / name
        settings = worker_settings(again, results=scratch)
        backend = (
            SerialBackend(settings) if name == "serial" else RayBackend(settings, resources=SPEC.resources)
        )
        outcome = reproduce(search, again, backend, scratch=scratch, progress=quiet)
        assert outcome.equal, name
        assert [run.repeat for run in outcome.runs] == [0, 1]
