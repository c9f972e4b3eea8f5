"""A trial over two folds: its result at every stage, when it ends early, and where test metrics come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import TestFaces, TrialFaces
from harness.datasets.protocols.leaky import LEAKY_RULES
from harness.errors import SplitError
from harness.learning.metrics.names import METRICS, SEQUENCE_METRICS
from harness.learning.trial import Trial
from harness.records import EpochReport, TrialConfig, TrialState

CPU = torch.device("cpu")


def started(faces: TrialFaces, config: TrialConfig, *, test: TestFaces | None = None) -> Trial:
    return Trial(config, faces, test=test, device=CPU)


def finished(faces: TrialFaces, config: TrialConfig, *, test: TestFaces | None = None) -> Trial:
    trial = started(faces, config, test=test)
    while not trial.done:
        trial.step()
    return trial


def chosen_reports(trial: Trial) -> list[EpochReport]:
    chosen = set(enumerate(trial.result().chosen_epochs))
    return [report for report in trial.reports if (report.fold, report.epoch) in chosen]


def means(reports: list[EpochReport]) -> dict[str, float]:
    return {name: np.mean([report.metrics[name] for report in reports]).item() for name in reports[0].metrics}


@pytest.fixture
def plain_faces(blob_folds: TrialFaces) -> TrialFaces:
    """Faces that are all the same grey: no network tells them apart, and every embedding is one point."""
    images = np.full_like(blob_folds.faces.images, 128)
    return TrialFaces(replace(blob_folds.faces, images=images), blob_folds.folds)


def test_every_fold_is_trained_for_every_epoch_one_step_at_a_time(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    trial = finished(blob_folds, quick)
    assert [(report.fold, report.epoch) for report in trial.reports] == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_metrics_are_the_mean_over_the_folds_at_their_chosen_epochs(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    trial = finished(blob_folds, replace(quick, epochs=3))
    result = trial.result()
    assert result.state is TrialState.COMPLETE
    assert result.reason == ""
    assert len(result.chosen_epochs) == 2
    assert result.metrics == pytest.approx(means(chosen_reports(trial)))
    assert result.last_metrics == pytest.approx(means([r for r in trial.reports if r.epoch == 3]))


def test_the_confusion_counts_every_validation_face_of_every_fold_once(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    confusion = np.array(finished(blob_folds, quick).result().confusion)
    assert confusion.sum(1).tolist() == np.bincount(blob_folds.faces.labels).tolist()


def test_a_trial_under_way_tells_its_best_epoch_and_its_last(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    trial = started(blob_folds, replace(quick, epochs=4))
    assert trial.result().metrics == trial.result().last_metrics == {}
    reports = [trial.step() for _ in range(3)]
    result = trial.result()
    assert result.state is TrialState.RUNNING
    assert result.metrics["val_uar"] == max(report.metrics["val_uar"] for report in reports)
    assert result.last_metrics == reports[-1].metrics
    assert result.chosen_epochs == result.confusion == ()


def test_times_add_up_over_the_epochs_and_the_device_is_named(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    trial = finished(blob_folds, replace(quick, epochs=1))
    result = trial.result()
    assert result.seconds == sum(report.seconds for report in trial.reports)
    assert 0 < result.train_seconds < result.seconds
    assert result.device == "cpu"
    assert result.host


def test_the_embedding_of_the_first_folds_validation_faces_is_kept(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    kept = finished(blob_folds, quick).validation_embedding
    assert kept is not None
    assert kept.dtype == np.float16
    assert kept.shape == (len(blob_folds.folds[0].validation), quick.embedding_dim)
    assert np.linalg.norm(kept.astype(float), axis=1) == pytest.approx(np.ones(len(kept)), abs=1e-2)


def test_test_metrics_are_there_when_test_faces_are_given_and_count_them_in_every_fold(
    blob_folds: TrialFaces, quick: TrialConfig, make_blobs: Callable[..., FaceSet]
) -> None:
    unseen = TestFaces(make_blobs(count=20, seed=1), (np.arange(20), np.arange(5, 17)))
    result = finished(blob_folds, quick, test=unseen).result()
    assert set(result.metrics) == {f"{split}_{name}" for split in ("val", "test") for name in METRICS}
    assert np.array(result.confusion).sum() == 20 + 12
    assert len(result.fold_metrics) == 2
    for name, value in result.metrics.items():
        assert value == pytest.approx(np.mean([fold[name] for fold in result.fold_metrics]))
    assert not any(name.startswith("test_") for name in result.last_metrics)


def test_without_test_faces_no_stage_has_a_test_metric(blob_folds: TrialFaces, quick: TrialConfig) -> None:
    trial = started(blob_folds, quick)
    while not trial.done:
        report, result = trial.step(), trial.result()
        names = [*report.metrics, *result.metrics, *result.last_metrics]
        assert names
        assert all(name.startswith("val_") for name in names)


def test_test_faces_change_nothing_that_is_chosen(
    blob_folds: TrialFaces, quick: TrialConfig, make_blobs: Callable[..., FaceSet]
) -> None:
    without = finished(blob_folds, quick).result()
    opened = finished(
        blob_folds, quick, test=TestFaces(make_blobs(count=20, seed=1), (np.arange(20),) * 2)
    ).result()
    assert opened.chosen_epochs == without.chosen_epochs
    assert {name: opened.metrics[name] for name in without.metrics} == without.metrics


def in_sequences(folds: TrialFaces) -> TrialFaces:
    """The same faces, two of a class in each sequence."""
    order = np.argsort(folds.faces.labels, kind="stable")
    names = np.empty(len(order), dtype="U8")
    names[order] = [f"s{place // 2}" for place in range(len(order))]
    return TrialFaces(replace(folds.faces, sequences=names), folds.folds)


def test_faces_in_sequences_are_measured_per_sequence_too(blob_folds: TrialFaces, quick: TrialConfig) -> None:
    result = finished(in_sequences(blob_folds), quick).result()
    assert set(result.metrics) == {f"val_{name}" for name in (*METRICS, *SEQUENCE_METRICS)}
    counted = np.array(result.sequence_confusion).sum()
    assert np.array(result.confusion).sum() / 2 <= counted < np.array(result.confusion).sum()


def test_the_oracle_keeps_the_epoch_that_is_best_on_test(
    blob_folds: TrialFaces, quick: TrialConfig, make_blobs: Callable[..., FaceSet]
) -> None:
    test = TestFaces(make_blobs(count=20, seed=1), (np.arange(20),) * 2)
    config = replace(quick, epochs=5)
    honest = finished(blob_folds, config, test=test).result()
    oracle = finished(blob_folds, replace(config, rule="oracle-best-epoch"), test=test).result()
    for fold in range(2):
        assert oracle.fold_metrics[fold]["test_uar"] >= honest.fold_metrics[fold]["test_uar"]


@pytest.mark.parametrize("rule", [*LEAKY_RULES, "oracle-best-epoc"])
def test_a_search_follows_no_rule_but_the_honest_one(
    blob_folds: TrialFaces, quick: TrialConfig, rule: str
) -> None:
    with pytest.raises(SplitError, match=f"rule {rule} needs test faces, and a search has none"):
        started(blob_folds, replace(quick, rule=rule))


def test_a_metric_that_a_fold_lacks_is_averaged_over_the_others(
    blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    trial = finished(blob_folds, quick)
    first, second = trial.outcomes
    trial.outcomes = [
        replace(first, metrics={"val_uar": 0.2}),
        replace(second, metrics={"val_uar": 0.4, "val_sequence_uar": 0.7}),
    ]
    assert trial.result().metrics == pytest.approx({"val_uar": 0.3, "val_sequence_uar": 0.7})


def test_a_collapsed_trial_is_pruned_when_the_patience_is_over(
    plain_faces: TrialFaces, quick: TrialConfig
) -> None:
    trial = finished(plain_faces, replace(quick, epochs=5, collapse_patience=3))
    result = trial.result()
    assert (result.state, result.reason) == (TrialState.PRUNED, "collapsed")
    assert [report.collapsed for report in trial.reports] == [True] * 3
    assert result.metrics["val_uar"] == pytest.approx(1 / 4)


def test_a_patience_of_zero_never_ends_a_trial(plain_faces: TrialFaces, quick: TrialConfig) -> None:
    trial = finished(plain_faces, replace(quick, collapse_patience=0))
    assert trial.result().state is TrialState.COMPLETE
    assert all(report.collapsed for report in trial.reports)
    assert len(trial.reports) == 4


def test_a_trial_that_learns_is_not_taken_for_collapsed(
    many_blob_folds: TrialFaces, quick: TrialConfig
) -> None:
    config = replace(quick, epochs=3, augmentation="none", ce_weight=0.5, collapse_patience=1)
    result = finished(many_blob_folds, config).result()
    assert result.state is TrialState.COMPLETE
    assert result.metrics["val_uar"] > 0.9
