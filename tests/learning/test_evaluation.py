"""Measuring a network: faces in order, all metrics under their names, and nothing changed by it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from harness.datasets.faceset import FaceSet
from harness.learning.evaluation import Embedded, Evaluation, embed, evaluate
from harness.learning.metrics.names import CLASSIFIERS, METRICS
from harness.learning.networks.backbone import build_backbone
from harness.learning.networks.embedding import FaceNetwork, SlicedEmbedding
from harness.learning.training.pixels import Pixels

CLASSES = 3


@pytest.fixture
def network() -> FaceNetwork:
    backbone, features = build_backbone("small-cnn", channels=1, size=24, checkpoint=None)
    return FaceNetwork(backbone, SlicedEmbedding(features, embedding_dim=12, slices=3))


@pytest.fixture
def faces(make_blobs: Callable[..., FaceSet]) -> FaceSet:
    return make_blobs(count=20)


def pixels_of(faces: FaceSet) -> Pixels:
    return Pixels(faces.images, device=torch.device("cpu"))


def corners(labels: list[int], *, slices: int = 2) -> Embedded:
    """Each class on an axis of its own, in every slice."""
    return Embedded(
        slices=torch.eye(CLASSES)[labels][:, None].repeat(1, slices, 1), labels=torch.tensor(labels)
    )


def on_a_circle(degrees: list[int], *, labels: list[int]) -> Embedded:
    angles = torch.tensor(degrees).deg2rad()
    points = torch.stack([angles.cos(), angles.sin()], 1)
    return Embedded(slices=points[:, None], labels=torch.tensor(labels))


def measured(query: Embedded, *, classifier: str = "nearest-mean") -> Evaluation:
    return evaluate(corners([0, 1, 2] * 6), query, classes=CLASSES, classifier=classifier)


def test_features_have_length_one() -> None:
    lengths = corners([0, 1, 2], slices=5).features.norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(3))


def test_faces_are_embedded_in_the_order_that_was_asked_for(network: FaceNetwork, faces: FaceSet) -> None:
    order = np.array([7, 0, 19, 7])
    everyone = embed(network, pixels_of(faces), faces, indices=np.arange(20))
    chosen = embed(network, pixels_of(faces), faces, indices=order)
    assert chosen.labels.tolist() == faces.labels[order].tolist()
    torch.testing.assert_close(chosen.slices, everyone.slices[order])


def test_a_face_is_embedded_the_same_whoever_is_beside_it(network: FaceNetwork, faces: FaceSet) -> None:
    network(pixels_of(faces).batch(np.arange(20)))  # in training, so that the running statistics move
    together = embed(network, pixels_of(faces), faces, indices=np.arange(20)).slices
    alone = [embed(network, pixels_of(faces), faces, indices=np.array([i])).slices for i in range(20)]
    torch.testing.assert_close(torch.cat(alone), together)


def test_embedding_changes_no_weight_and_no_running_statistic(network: FaceNetwork, faces: FaceSet) -> None:
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = embed(network, pixels_of(faces), faces, indices=np.arange(20))
    assert not found.slices.requires_grad
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_well_separated_classes_score_one_in_every_metric(classifier: str) -> None:
    found = measured(corners([0, 1, 2, 2]), classifier=classifier)
    assert set(found.metrics) == set(METRICS)
    assert list(found.metrics.values()) == pytest.approx([1.0] * len(METRICS))
    assert found.confusion == ((1, 0, 0), (0, 1, 0), (0, 0, 2))
    assert found.slice_accuracy == pytest.approx((1, 1))


@pytest.mark.parametrize(("classifier", "predicted"), [("knn", 0), ("nearest-mean", 1)])
def test_the_named_classifier_predicts(classifier: str, predicted: int) -> None:
    # Class 0 has faces at 0 and at 120 degrees, class 1 at 150: a face at 125 is among those of class 0, but far from
    # their mean, which is at 60.
    reference = on_a_circle([0] * 6 + [120] * 6 + [150] * 6, labels=[0] * 12 + [1] * 6)
    found = evaluate(reference, on_a_circle([125], labels=[0]), classes=2, classifier=classifier)
    assert found.confusion[0][predicted] == 1


def test_the_confusion_is_by_truth_and_then_prediction() -> None:
    query = corners([0, 0, 1, 2])
    mistaken = Embedded(slices=query.slices, labels=torch.tensor([0, 1, 1, 2]))
    found = measured(mistaken)
    assert found.confusion == ((1, 0, 0), (1, 1, 0), (0, 0, 1))
    assert found.metrics["accuracy"] == pytest.approx(3 / 4)
    assert found.metrics["uar"] == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_each_slice_is_measured_on_its_own() -> None:
    query = corners([0, 1, 2])
    query.slices[:, 1] = torch.eye(CLASSES)[0]  # the second slice shows all of them where the first class is
    found = measured(query)
    assert found.slice_accuracy == pytest.approx((1, 1 / 3))
    assert found.spread == pytest.approx((torch.tensor(2 / 3).sqrt().item(), 0))


def test_an_evaluation_is_of_plain_values_that_survive_a_checkpoint() -> None:
    found = measured(corners([0, 1, 2]))
    assert all(type(value) is float for value in (*found.metrics.values(), *found.spread))
    assert all(type(count) is int for row in found.confusion for count in row)
