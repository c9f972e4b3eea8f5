"""Accuracy, UAR, macro F1 and confusion matrix: against scikit-learn."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from harness.learning.metrics.classification import Classification, classification, confusion_matrix


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_confusion_and_metrics_equal_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = (list(each) for each in zip(*pairs, strict=True))
    confusion = confusion_matrix(torch.tensor(truth), torch.tensor(predicted), classes=5)
    assert confusion.tolist() == sk.confusion_matrix(truth, predicted, labels=range(5)).tolist()
    assert classification(confusion) == pytest.approx(
        (
            sk.accuracy_score(truth, predicted),
            sk.recall_score(truth, predicted, labels=sorted(set(truth)), average="macro"),
            sk.f1_score(truth, predicted, average="macro", zero_division=0),
        )
    )


def test_rows_are_the_truth_and_columns_the_prediction() -> None:
    confusion = confusion_matrix(torch.tensor([0, 0, 1]), torch.tensor([1, 1, 1]), classes=3)
    assert confusion.tolist() == [[0, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_a_class_that_is_absent_from_the_truth_does_not_lower_the_uar() -> None:
    confusion = torch.tensor([[4, 0, 0], [0, 2, 2], [0, 0, 0]])
    assert classification(confusion).uar == pytest.approx((1 + 0.5) / 2)


def test_a_class_that_is_only_predicted_counts_zero_in_macro_f1() -> None:
    confusion = torch.tensor([[4, 0, 0], [0, 2, 2], [0, 0, 0]])
    assert classification(confusion).macro_f1 == pytest.approx((1 + 2 * 2 / 6 + 0) / 3)


def test_no_faces_give_no_numbers() -> None:
    assert all(map(math.isnan, classification(torch.zeros(3, 3, dtype=torch.int64))))


def test_all_right_is_one_throughout() -> None:
    assert classification(torch.diag(torch.tensor([3, 1, 0]))) == Classification(1, 1, 1)
