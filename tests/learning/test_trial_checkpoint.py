"""An interrupted trial: what goes on from a checkpoint equals what was never interrupted, to the last bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.datasets.protocols import TrialFaces
from harness.learning.trial import Trial
from harness.records import TrialConfig

CPU = torch.device("cpu")
DROPOUT_MODEL = "timm:ghostnet_050"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints" / "trial.pt"


def started(faces: TrialFaces, config: TrialConfig) -> Trial:
    return Trial(config, faces, device=CPU)


def run(trial: Trial, *, epochs: int = 100) -> Trial:
    while epochs and not trial.done:
        trial.step()
        epochs -= 1
    return trial


def outcome(trial: Trial) -> str:
    """The whole curve and the result, but for the times, as text that shows every bit."""
    untimed = {"seconds": 0, "train_seconds": 0}
    reports = [replace(report, **untimed).to_dict() for report in trial.reports]
    return json.dumps([reports, replace(trial.result(), **untimed).to_dict()])


def interrupted(faces: TrialFaces, config: TrialConfig, path: Path, *, after: int) -> Trial:
    """Trains so many epochs, saves, and goes on in a new trial, as another process would."""
    run(started(faces, config), epochs=after).save(path)
    trial = started(faces, config)
    assert trial.load(path)
    assert len(trial.reports) == after
    return run(trial)


# Two folds of two epochs: 2 is the boundary between them.
@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize(
    "changes",
    [
        {"augmentation": "affine", "ce_weight": 0.3, "ce_warmup_epochs": 2},
        {"loss": "pml:ArcFaceLoss"},
        {"backbone": "timm:test_efficientnet", "loss": "cross-entropy"},
    ],
    ids=["dual-triplet", "arcface", "timm"],
)
def test_an_interrupted_trial_equals_one_that_was_not(
    *, blob_folds: TrialFaces, quick: TrialConfig, path: Path, changes: dict[str, object], after: int
) -> None:
    config = replace(quick, **changes)
    whole, resumed = run(started(blob_folds, config)), interrupted(blob_folds, config, path, after=after)
    assert outcome(resumed) == outcome(whole)
    assert np.array_equal(resumed.validation_embedding, whole.validation_embedding)


def test_the_same_holds_for_a_network_with_dropout(
    blob_folds: TrialFaces, quick: TrialConfig, path: Path
) -> None:
    config = replace(quick, backbone=DROPOUT_MODEL)
    whole, resumed = run(started(blob_folds, config)), interrupted(blob_folds, config, path, after=1)
    assert outcome(resumed) == outcome(whole)


def test_a_trial_may_be_interrupted_after_every_epoch(
    blob_folds: TrialFaces, quick: TrialConfig, path: Path
) -> None:
    trial = started(blob_folds, quick)
    while not trial.done:
        trial.step()
        trial.save(path)
        if not trial.done:
            trial = started(blob_folds, quick)
            assert trial.load(path)
    assert outcome(trial) == outcome(run(started(blob_folds, quick)))


def test_there_may_be_no_checkpoint(blob_folds: TrialFaces, quick: TrialConfig, path: Path) -> None:
    trial = started(blob_folds, quick)
    assert not trial.load(path)
    assert trial.reports == []


@pytest.mark.parametrize("change", [{"seed": 1}, {"epochs": 3}, {"margin_max": 0.7}], ids=str)
def test_a_checkpoint_of_another_config_is_ignored(
    *, blob_folds: TrialFaces, quick: TrialConfig, path: Path, change: dict[str, float]
) -> None:
    run(started(blob_folds, quick), epochs=1).save(path)
    other = replace(quick, **change)
    trial = started(blob_folds, other)
    assert not trial.load(path)
    assert trial.reports == []
    assert outcome(run(trial)) == outcome(run(started(blob_folds, other)))


def test_a_checkpoint_of_a_finished_trial_is_ignored(
    blob_folds: TrialFaces, quick: TrialConfig, path: Path
) -> None:
    run(started(blob_folds, quick)).save(path)
    assert not started(blob_folds, quick).load(path)


@pytest.mark.parametrize("kept", [0, 1, 10, 0.5, 0.999])
def test_a_torn_checkpoint_counts_as_none(
    *, blob_folds: TrialFaces, quick: TrialConfig, path: Path, kept: float
) -> None:
    run(started(blob_folds, quick), epochs=1).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept >= 1 else kept * len(content))])
    trial = started(blob_folds, quick)
    assert not trial.load(path)
    assert [(report.fold, report.epoch) for report in run(trial, epochs=1).reports] == [(0, 1)]


@pytest.mark.parametrize("content", [bytes(4096), b"not a checkpoint"], ids=["zeros", "text"])
def test_a_file_that_is_no_checkpoint_counts_as_none(
    *, blob_folds: TrialFaces, quick: TrialConfig, path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert not started(blob_folds, quick).load(path)


def test_saving_again_replaces_the_checkpoint_and_leaves_nothing_beside_it(
    blob_folds: TrialFaces, quick: TrialConfig, path: Path
) -> None:
    trial = started(blob_folds, quick)
    for _ in range(2):
        trial.step()
        trial.save(path)
    assert list(path.parent.iterdir()) == [path]
    resumed = started(blob_folds, quick)
    assert resumed.load(path)
    assert len(resumed.reports) == 2
