"""Training on one fold: it learns, chooses the first best epoch, follows from its seed, and says so when it diverges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import TestFaces, TrialFaces
from harness.learning.fold import FoldTraining
from harness.learning.metrics.names import METRICS
from harness.records import EpochReport, TrialConfig

CPU = torch.device("cpu")
DROPOUT_MODEL = "timm:ghostnet_050"  # the smallest of timm's that has dropout without being told to


def training_on(faces: TrialFaces, config: TrialConfig, *, fold: int = 0) -> FoldTraining:
    return FoldTraining(config, faces, fold=fold, device=CPU)


def trained(faces: TrialFaces, config: TrialConfig, *, fold: int = 0) -> list[EpochReport]:
    training = training_on(faces, config, fold=fold)
    return [training.run_epoch() for _ in range(config.epochs)]


def learnt(training: FoldTraining) -> list[nn.Parameter]:
    return [*training.network.parameters(), *training.criterion.parameters()]


def curve(reports: list[EpochReport]) -> str:
    """All but the times, as text that shows every bit (and in which NaN equals NaN)."""
    return json.dumps([replace(report, seconds=0, train_seconds=0).to_dict() for report in reports])


@pytest.mark.parametrize("loss", ["dual-triplet", "cross-entropy", "pml:ArcFaceLoss"])
def test_classes_that_can_be_told_apart_are_learnt(
    *, many_blob_folds: TrialFaces, quick: TrialConfig, loss: str
) -> None:
    # No flip: it would turn a corner into another class's.
    config = replace(quick, loss=loss, epochs=4, augmentation="none", ce_weight=0.5)
    reports = trained(many_blob_folds, config)
    assert reports[-1].metrics["val_uar"] > 0.95
    assert reports[-1].loss < reports[0].loss


def test_a_report_tells_of_fold_epoch_metrics_slices_and_time(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    reports = trained(blob_folds, quick, fold=1)
    assert [(report.fold, report.epoch) for report in reports] == [(1, 1), (1, 2)]
    for report in reports:
        assert set(report.metrics) == {f"val_{name}" for name in METRICS}
        assert [part.margin for part in report.slices] == pytest.approx([0.1, 0.8 / 3, 1.3 / 3, 0.6])
        assert 0 < report.train_seconds < report.seconds


@pytest.mark.parametrize("augmentation", ["none", "flip", "affine"])
def test_the_same_seed_gives_the_same_curve_to_the_last_bit(
    *, blob_folds: TrialFaces, quick: TrialConfig, augmentation: str
) -> None:
    config = replace(quick, augmentation=augmentation)
    torch.manual_seed(1)
    once = trained(blob_folds, config)
    torch.manual_seed(2)
    assert curve(trained(blob_folds, config)) == curve(once)


def test_dropout_too_follows_from_the_seed(blob_folds: TrialFaces, quick: TrialConfig) -> None:
    config = replace(quick, backbone=DROPOUT_MODEL, epochs=1)
    network = training_on(blob_folds, config).network.train()
    images = torch.randn(4, 1, 24, 24)
    assert not torch.equal(network(images).raw, network(images).raw), "this model drops nothing: take another"
    assert curve(trained(blob_folds, config)) == curve(trained(blob_folds, config))


def test_another_seed_gives_another_curve(blob_folds: TrialFaces, quick: TrialConfig) -> None:
    assert curve(trained(blob_folds, quick)) != curve(trained(blob_folds, replace(quick, seed=1)))


@pytest.mark.parametrize("backbone", ["small-cnn", DROPOUT_MODEL])
def test_training_leaves_the_global_generators_alone(
    *, blob_folds: TrialFaces, quick: TrialConfig, backbone: str
) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    trained(blob_folds, replace(quick, backbone=backbone, epochs=1, augmentation="affine"))
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)


def test_each_epoch_draws_its_own_batches(blob_folds: TrialFaces, quick: TrialConfig) -> None:
    frozen = replace(
        quick, learning_rate=1e-12, augmentation="none"
    )  # then the loss differs by its batches alone
    first, second = (report.loss for report in trained(blob_folds, frozen))
    assert first != pytest.approx(second, rel=1e-4)


@pytest.mark.parametrize(("augmentation", "differs"), [("none", False), ("flip", True), ("affine", True)])
def test_each_epoch_draws_its_own_augmentation(
    *, blob_folds: TrialFaces, quick: TrialConfig, augmentation: str, differs: bool
) -> None:
    one_batch_of_all = replace(quick, learning_rate=1e-12, augmentation=augmentation, batch_size=48)
    first, second = (report.loss for report in trained(blob_folds, one_batch_of_all))
    assert (first != pytest.approx(second, rel=1e-4)) is differs


def test_every_epoch_trains_the_network_and_what_the_loss_learns(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    training = training_on(blob_folds, replace(quick, loss="pml:ArcFaceLoss", ce_weight=0.5))
    for epoch in (1, 2):
        before = [parameter.clone() for parameter in learnt(training)]
        training.run_epoch()
        assert not any(map(torch.equal, learnt(training), before))
        norm = training.network.backbone.layers[2]
        assert norm.num_batches_tracked == epoch * len(training.batches)  # not in the mode of the evaluation


@pytest.mark.parametrize("objective", ["val_uar", "val_map_at_r"])
def test_the_first_of_the_best_epochs_is_chosen(
    *, many_blob_folds: TrialFaces, quick: TrialConfig, objective: str
) -> None:
    config = replace(quick, epochs=5, augmentation="none", ce_weight=0.5, objective=objective)
    training = training_on(many_blob_folds, config)
    values = [training.run_epoch().metrics[objective] for _ in range(config.epochs)]
    assert training.choose_best().epoch == 1 + values.index(max(values))
    assert values[0] < max(values)
    if objective == "val_uar":
        assert values.count(max(values)) > 1, "no tie: the test shows nothing"


def test_choosing_puts_the_weights_of_the_chosen_epoch_back(
    blob_folds: TrialFaces, quick: TrialConfig, make_blobs: Callable[..., FaceSet]
) -> None:
    # Random faces: what is measured then rises and falls, so that the best epoch is not the last.
    noise = replace(
        make_blobs(), images=np.random.default_rng(0).integers(256, size=(96, 24, 24), dtype=np.uint8)
    )
    faces = TrialFaces(noise, blob_folds.folds)
    test = TestFaces(noise, tuple(fold.validation for fold in faces.folds))
    training = FoldTraining(replace(quick, epochs=6), faces, fold=0, test=test, device=torch.device("cpu"))
    for _ in range(6):
        training.run_epoch()
    best = training.choose_best()
    assert best.epoch < 6
    assert training.evaluate_test() == best.evaluation


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nearly_nothing(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    training = training_on(blob_folds, replace(quick, epochs=10, learning_rate=0.01))
    rates = [training.schedule.get_last_lr()[0]]
    for _ in range(10):
        training.run_epoch()
        rates.append(training.schedule.get_last_lr()[0])
    assert rates[0] < rates[1]
    assert max(rates) <= 0.01
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] < 1e-4
    assert training.finished


def test_colour_faces_are_trained_on_as_grey_ones_are(
    blob_folds: TrialFaces, quick: TrialConfig, make_blobs: Callable[..., FaceSet]
) -> None:
    colour = TrialFaces(make_blobs(channels=3), blob_folds.folds)
    assert len(trained(colour, replace(quick, epochs=1))) == 1


def test_a_loss_that_is_no_number_is_an_error_that_names_epoch_and_fold(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    training = training_on(blob_folds, replace(quick, learning_rate=1e30), fold=1)
    with pytest.raises(FloatingPointError, match="the loss is nan in epoch 1 of fold 1"):
        training.run_epoch()


def test_a_last_update_that_breaks_the_network_is_an_error_although_no_loss_shows_it(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    one_update = replace(quick, learning_rate=1e30, epochs=1, batch_size=48)
    training = training_on(blob_folds, one_update)
    with pytest.raises(FloatingPointError, match="no longer finite after epoch 1 of fold 0"):
        training.run_epoch()
