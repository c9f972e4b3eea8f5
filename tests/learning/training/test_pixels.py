"""Faces on their way to the network: shapes, values, order, and no copy of an array that others share."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from harness.learning.training.pixels import Pixels

CPU = torch.device("cpu")


def drawn(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("shape", "channels"), [((5, 12, 12), 1), ((5, 1, 12, 12), 1), ((5, 3, 12, 12), 3)], ids=str
)
def test_grey_and_colour_faces_come_as_channels_of_their_size(shape: tuple[int, ...], channels: int) -> None:
    pixels = Pixels(drawn(*shape), device=CPU)
    assert (len(pixels), pixels.channels, pixels.size) == (5, channels, 12)
    assert pixels.batch(np.array([3, 0])).shape == (2, channels, 12, 12)


def test_a_read_only_array_serves_without_a_copy_and_without_a_warning() -> None:
    shared = drawn(5, 12, 12)
    shared.setflags(
        write=False
    )  # as Ray hands it out; torch warns of such arrays, and a warning is an error here
    pixels = Pixels(shared, device=CPU)
    assert np.shares_memory(pixels.images, shared)
    assert pixels.batch(np.array([0, 1])).isfinite().all()


def test_changing_a_batch_does_not_change_the_faces() -> None:
    images = drawn(5, 12, 12)
    before = images.copy()
    Pixels(images, device=CPU).batch(np.arange(5)).zero_()
    assert np.array_equal(images, before)


def test_values_rise_with_the_grey_level_around_zero() -> None:
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    values = Pixels(images, device=CPU).batch(np.array([0])).flatten()
    assert (values.diff() > 0).all()
    assert values.mean().item() == pytest.approx(0)
    assert values[-1].item() == pytest.approx(-values[0].item()) == pytest.approx(127.5 / 64)


def test_a_batch_has_the_faces_that_were_asked_for_in_that_order() -> None:
    pixels = Pixels(drawn(5, 3, 12, 12), device=CPU)
    everyone, chosen = pixels.batch(np.arange(5)), [4, 0, 4]
    assert torch.equal(pixels.batch(np.array(chosen)), everyone[chosen])


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 5])
def test_in_order_gives_every_face_once(batch_size: int) -> None:
    pixels, order = Pixels(drawn(5, 12, 12), device=CPU), np.array([2, 0, 3, 1])
    batches = list(pixels.in_order(order, batch_size=batch_size))
    assert max(len(batch) for batch in batches) <= batch_size
    assert torch.equal(torch.cat(batches), pixels.batch(order))
