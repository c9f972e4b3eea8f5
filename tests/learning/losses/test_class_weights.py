"""Class weights: their mean over the training faces, what each name means, and counts that are missing or wrong."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import LossError
from harness.learning.losses.class_weights import class_weights

many_counts = st.lists(st.integers(1, 5000), min_size=2, max_size=8)
weighting = st.sampled_from(["inverse", "sqrt-inverse"])


@settings(deadline=None)
@given(name=weighting, counts=many_counts)
def test_the_mean_over_the_training_faces_is_one(name: str, counts: list[int]) -> None:
    weights = class_weights(name, counts, classes=len(counts))
    assert weights is not None
    faces = torch.tensor(counts)
    assert float((weights.double() * faces).sum() / faces.sum()) == pytest.approx(1, rel=1e-5)


@settings(deadline=None)
@given(counts=many_counts)
def test_under_inverse_all_faces_of_a_class_together_weigh_the_same(counts: list[int]) -> None:
    weights = class_weights("inverse", counts, classes=len(counts))
    assert weights is not None
    together = weights * torch.tensor(counts)
    torch.testing.assert_close(together, together.mean().expand(len(counts)))


def test_under_sqrt_inverse_a_class_of_a_quarter_of_the_faces_weighs_double() -> None:
    weights = class_weights("sqrt-inverse", [400, 100], classes=2)
    assert weights is not None
    assert float(weights[1] / weights[0]) == pytest.approx(2)


def test_equal_classes_weigh_one() -> None:
    torch.testing.assert_close(class_weights("inverse", [7, 7, 7], classes=3), torch.ones(3))


def test_a_class_without_faces_weighs_nothing_and_changes_no_other() -> None:
    torch.testing.assert_close(
        class_weights("inverse", [30, 0, 10], classes=3), torch.tensor([2 / 3, 0.0, 2.0])
    )


def test_none_is_no_weights_with_counts_and_without() -> None:
    assert class_weights("none", None, classes=2) is None
    assert class_weights("none", [3, 1], classes=2) is None


def test_a_misspelt_weighting_is_refused_with_the_nearest() -> None:
    with pytest.raises(LossError, match="unknown class_weight 'invers': did you mean inverse"):
        class_weights("invers", [3, 1], classes=2)


def test_weights_without_counts_are_refused() -> None:
    with pytest.raises(LossError, match=r"'inverse' expected .* each of 2 classes, got None"):
        class_weights("inverse", None, classes=2)


@pytest.mark.parametrize("counts", [[3, 1, 2], [3, -1], [0, 0]], ids=["too many", "negative", "no faces"])
def test_counts_that_are_not_of_training_faces_are_refused(counts: list[int]) -> None:
    message = rf"each of 2 classes, got \[{', '.join(map(str, counts))}\]"
    with pytest.raises(LossError, match=message):
        class_weights("sqrt-inverse", counts, classes=2)
