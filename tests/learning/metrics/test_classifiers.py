"""The classifiers on embeddings: against scikit-learn, and where a class is missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from torch import Tensor

from harness.errors import SearchFileError
from harness.learning.metrics import names
from harness.learning.metrics.classifiers import CLASSIFIERS, classify, knn, slice_accuracy

MakeFaces = Callable[..., tuple[Tensor, Tensor]]


def test_the_registry_holds_what_the_names_promise() -> None:
    assert tuple(CLASSIFIERS) == names.CLASSIFIERS


def test_nearest_mean_equals_scikit_learn(faces: MakeFaces) -> None:
    train, query = faces(200, noise=2.0, seed=1), faces(150, noise=2.0, seed=2)
    expected = NearestCentroid().fit(train[0].numpy(), train[1].numpy()).predict(query[0].numpy())
    assert classify("nearest-mean", *train, query[0], classes=5).tolist() == expected.tolist()


@pytest.mark.parametrize("chunk", [7, 1024])
def test_one_neighbour_equals_scikit_learn(faces: MakeFaces, chunk: int) -> None:
    train, query = faces(200, noise=2.0, seed=1), faces(150, noise=2.0, seed=2)
    model = KNeighborsClassifier(n_neighbors=1).fit(train[0].numpy(), train[1].numpy())
    ours = knn(*train, query[0], 5, neighbours=1, chunk=chunk)
    assert ours.tolist() == model.predict(query[0].numpy()).tolist()


def test_five_neighbours_equal_scikit_learn_wherever_one_class_has_most_votes(faces: MakeFaces) -> None:
    train, query = faces(200, noise=2.0, seed=1), faces(150, noise=2.0, seed=2)
    model = KNeighborsClassifier(n_neighbors=5).fit(train[0].numpy(), train[1].numpy())
    votes = np.sort(model.predict_proba(query[0].numpy()), axis=1)
    clear = votes[:, -1] > votes[:, -2]
    ours = classify("knn", *train, query[0], classes=5).numpy()
    assert 0 < clear.sum() < len(clear)
    assert (ours[clear] == model.predict(query[0].numpy())[clear]).all()


def test_equal_votes_go_to_the_class_that_is_nearer_in_sum() -> None:
    train = torch.tensor([[1.0], [4.0], [2.0], [2.5]])
    labels = torch.tensor([0, 0, 1, 1])
    assert knn(train, labels, torch.zeros(1, 1), 2, neighbours=4).tolist() == [1]


def test_fewer_faces_than_neighbours_all_vote() -> None:
    train, labels = torch.tensor([[0.0], [1.0], [1.1]]), torch.tensor([0, 1, 1])
    assert classify("knn", train, labels, torch.zeros(1, 1), classes=2).tolist() == [1]


def test_logistic_regression_does_not_favour_the_larger_class() -> None:
    train, labels = torch.tensor([[0.0]] * 50 + [[1.0]] * 2), torch.tensor([0] * 50 + [1] * 2)
    assert classify("logistic", train, labels, torch.tensor([[0.4], [0.6]]), classes=2).tolist() == [0, 1]


@pytest.mark.parametrize("name", names.CLASSIFIERS)
def test_clear_classes_are_told_apart(faces: MakeFaces, name: str) -> None:
    train, (query, truth) = faces(100, noise=0.1, seed=1), faces(100, noise=0.1, seed=2)
    assert torch.equal(classify(name, *train, query, classes=5), truth)


@pytest.mark.parametrize("name", names.CLASSIFIERS)
def test_a_class_without_training_faces_is_never_predicted(faces: MakeFaces, name: str) -> None:
    points, labels = faces(60, seed=1)
    kept = labels != 0
    predicted = classify(name, points[kept], labels[kept], -points, classes=5)
    assert not (predicted == 0).any()


@pytest.mark.parametrize("name", names.CLASSIFIERS)
def test_one_class_is_all_there_is_to_predict(faces: MakeFaces, name: str) -> None:
    points, _ = faces(10)
    predicted = classify(name, points, torch.full((10,), 3), points, classes=5)
    assert predicted.tolist() == [3] * 10


@pytest.mark.parametrize("name", names.CLASSIFIERS)
def test_a_classifier_predicts_the_same_each_time(faces: MakeFaces, name: str) -> None:
    train, query = faces(100, noise=3.0, seed=1), faces(100, noise=3.0, seed=2)
    once, again = (classify(name, *train, query[0], classes=5) for _ in range(2))
    assert torch.equal(once, again)


def test_slice_accuracy_is_that_of_the_nearest_mean_on_each_slice(faces: MakeFaces) -> None:
    noises = (0.5, 2.0, 6.0)
    train = torch.stack([faces(200, noise=noise, seed=1)[0] for noise in noises], dim=1)
    query = torch.stack([faces(150, noise=noise, seed=2)[0] for noise in noises], dim=1)
    train_labels, query_labels = faces(200, seed=1)[1], faces(150, seed=2)[1]
    together = slice_accuracy(train, train_labels, query, query_labels, classes=5)
    for i in range(3):
        alone = classify("nearest-mean", train[:, i], train_labels, query[:, i], classes=5)
        assert together[i].item() == pytest.approx((alone == query_labels).double().mean().item())
    assert together[0] > together[1] > together[2]


def test_an_unknown_classifier_is_refused_with_the_known_ones(faces: MakeFaces) -> None:
    points, labels = faces(4)
    with pytest.raises(SearchFileError, match="unknown classifier 'svm': choose one of nearest-mean, knn"):
        classify("svm", points, labels, points, classes=5)
