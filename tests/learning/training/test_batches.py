"""The P x K batches: what holds for any number of classes, of faces and any batch size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.errors import LossError
from harness.learning.training.batches import BalancedBatches

Labels = NDArray[np.int64]


@st.composite
def trainings(draw: st.DrawFn) -> tuple[Labels, int]:
    """Label ids, some of which may be left out, and a batch size that is large enough."""
    ids = draw(st.lists(st.integers(0, 20), min_size=1, max_size=8, unique=True))
    counts = draw(st.lists(st.integers(1, 40), min_size=len(ids), max_size=len(ids)))
    labels = np.random.default_rng(draw(st.integers(0, 99))).permutation(np.repeat(ids, counts))
    return labels, 2 * len(ids) + draw(st.integers(0, 30))


def epoch_of(labels: Labels, batch_size: int, *, seed: int = 0) -> list[Labels]:
    return BalancedBatches(labels, batch_size=batch_size).epoch(np.random.default_rng(seed))


def occurrences(values: Labels, among: Labels) -> Labels:
    return np.array([(values == value).sum() for value in np.unique(among)])


@settings(deadline=None)
@given(training=trainings())
def test_each_batch_is_full_and_its_classes_differ_by_one_face_at_most(training: tuple[Labels, int]) -> None:
    labels, batch_size = training
    for batch in epoch_of(labels, batch_size):
        shares = occurrences(labels[batch], labels)
        assert len(batch) == batch_size
        assert shares.min() >= 2
        assert np.ptp(shares) <= 1


@settings(deadline=None)
@given(training=trainings())
def test_over_an_epoch_too_the_classes_differ_by_one_face_at_most(training: tuple[Labels, int]) -> None:
    labels, batch_size = training
    assert np.ptp(occurrences(labels[np.concatenate(epoch_of(labels, batch_size))], labels)) <= 1


@settings(deadline=None)
@given(training=trainings())
def test_every_face_is_in_each_epoch_and_as_often_as_the_others_of_its_class(
    training: tuple[Labels, int],
) -> None:
    labels, batch_size = training
    seen = np.bincount(np.concatenate(epoch_of(labels, batch_size)), minlength=len(labels))
    assert len(seen) == len(labels)
    assert seen.min() >= 1
    for label in np.unique(labels):
        assert np.ptp(seen[labels == label]) <= 1


@settings(deadline=None)
@given(training=trainings())
def test_an_epoch_has_no_more_batches_than_its_largest_class_needs(training: tuple[Labels, int]) -> None:
    labels, batch_size = training
    per_batch = batch_size // len(np.unique(labels))
    batches = BalancedBatches(labels, batch_size=batch_size)
    assert len(batches) == len(batches.epoch(np.random.default_rng(0)))
    assert (len(batches) - 1) * per_batch < occurrences(labels, labels).max()


@settings(deadline=None)
@given(training=trainings(), seed=st.integers(0, 2**31 - 1))
def test_the_order_depends_on_the_generator_alone(training: tuple[Labels, int], seed: int) -> None:
    labels, batch_size = training
    batches = BalancedBatches(labels, batch_size=batch_size)
    once = batches.epoch(np.random.default_rng(seed))
    np.random.random(3)  # numpy's global state, which must not matter
    batches.epoch(np.random.default_rng(seed + 1))
    again = batches.epoch(np.random.default_rng(seed))
    assert np.array_equal(once, again)


def test_another_seed_gives_another_order() -> None:
    labels = np.repeat(np.arange(4), 10)
    assert not np.array_equal(epoch_of(labels, 16, seed=0), epoch_of(labels, 16, seed=1))


def test_the_generator_moves_on_from_epoch_to_epoch() -> None:
    batches, rng = BalancedBatches(np.repeat(np.arange(4), 10), batch_size=16), np.random.default_rng(0)
    assert not np.array_equal(batches.epoch(rng), batches.epoch(rng))


def test_drawing_an_epoch_leaves_the_global_generator_alone() -> None:
    before = np.random.get_state()[1].copy()
    epoch_of(np.repeat(np.arange(4), 10), 16)
    assert np.array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("batch_size", [-1, 0, 13])
def test_a_batch_that_cannot_hold_a_pair_of_each_class_is_refused(batch_size: int) -> None:
    with pytest.raises(LossError, match=rf"7 classes need at least 14 \(two of each\), got {batch_size}$"):
        BalancedBatches(np.arange(70) % 7, batch_size=batch_size)
