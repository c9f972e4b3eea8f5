"""Histograms of oriented gradients: against plain loops in float64, and the laws that make them worth having."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from harness.learning.networks.hog import CLIP, ORIENTATIONS, TINY, Hog, orientation_votes

Array = NDArray[np.float64]
seeds = st.integers(0, 99)
grids = st.sampled_from([2, 3, 4, 6])


def faces(*, count: int = 2, channels: int = 1, height: int = 16, width: int = 16, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, channels, height, width, generator=generator, dtype=torch.float64)


def loop_cells(picture: Array, *, grid: int) -> Array:
    """`[grid, grid, bins]`: every pixel votes into up to four cells and two bins."""
    height, width = picture.shape
    cells = np.zeros((grid, grid, ORIENTATIONS))
    received = np.zeros((grid, grid))
    for y in range(height):
        for x in range(width):
            right = picture[y, min(x + 1, width - 1)] - picture[y, max(x - 1, 0)]
            down = picture[min(y + 1, height - 1), x] - picture[max(y - 1, 0), x]
            degrees = math.degrees(math.atan2(down, right)) % 180
            for row in range(grid):
                for column in range(grid):
                    nearness_y = max(0.0, 1 - abs((y + 0.5) * grid / height - (row + 0.5)))
                    nearness_x = max(0.0, 1 - abs((x + 0.5) * grid / width - (column + 0.5)))
                    received[row, column] += nearness_y * nearness_x
                    for orientation in range(ORIENTATIONS):
                        apart = abs(degrees - (orientation + 0.5) * 20)
                        share = max(0.0, 1 - min(apart, 180 - apart) / 20)
                        vote = math.hypot(right, down) * share * nearness_y * nearness_x
                        cells[row, column, orientation] += vote
    return cells / received[..., None]


def loop_hog(picture: Array, *, grid: int) -> Array:
    cells = loop_cells(picture, grid=grid)
    blocks = []
    for row in range(grid - 1):
        for column in range(grid - 1):
            block = cells[row : row + 2, column : column + 2].ravel()
            block = np.minimum(block / math.sqrt((block**2).sum() + TINY**2), CLIP)
            blocks.append(block / np.linalg.norm(block))
    return np.concatenate(blocks)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 13)], ids=["whole cells", "cut pixels"])
@pytest.mark.parametrize("grid", [2, 4])
def test_the_features_equal_plain_loops(*, grid: int, height: int, width: int) -> None:
    pictures = faces(height=height, width=width)
    expected = [loop_hog(picture.numpy()[0], grid=grid) for picture in pictures]
    np.testing.assert_allclose(Hog(grid=grid)(pictures).numpy(), expected, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(seed=seeds, grid=grids, light=st.floats(-3, 3))
def test_more_light_changes_nothing(seed: int, grid: int, light: float) -> None:
    pictures = faces(seed=seed)
    torch.testing.assert_close(Hog(grid=grid)(pictures + light), Hog(grid=grid)(pictures))


@settings(deadline=None)
@given(seed=seeds, grid=grids, contrast=st.floats(0.5, 4))
def test_contrast_changes_next_to_nothing(seed: int, grid: int, contrast: float) -> None:
    pictures = faces(seed=seed)
    torch.testing.assert_close(
        Hog(grid=grid)(pictures * contrast), Hog(grid=grid)(pictures), rtol=0, atol=1e-3
    )


@settings(deadline=None)
@given(seed=seeds, grid=grids)
def test_a_negative_has_the_features_of_its_picture(seed: int, grid: int) -> None:
    torch.testing.assert_close(Hog(grid=grid)(-faces(seed=seed)), Hog(grid=grid)(faces(seed=seed)))


@settings(deadline=None)
@given(seed=seeds, grid=grids, width=st.integers(12, 19))
def test_a_mirrored_picture_has_mirrored_blocks_cells_and_orientations(
    seed: int, grid: int, width: int
) -> None:
    pictures = faces(seed=seed, width=width)

    def in_place(features: Tensor) -> Tensor:
        return features.unflatten(1, (grid - 1, grid - 1, 2, 2, ORIENTATIONS))

    mirrored = in_place(Hog(grid=grid)(pictures.flip(3)))
    torch.testing.assert_close(mirrored, in_place(Hog(grid=grid)(pictures)).flip(2, 4, 5))


@settings(deadline=None)
@given(seed=seeds, grid=grids)
def test_every_block_has_length_one_and_no_negative_entry(seed: int, grid: int) -> None:
    blocks = Hog(grid=grid)(faces(seed=seed)).unflatten(1, (-1, 4 * ORIENTATIONS))
    torch.testing.assert_close(blocks.norm(dim=2), torch.ones(blocks.shape[:2], dtype=blocks.dtype))
    assert (blocks >= 0).all()


@settings(deadline=None)
@given(seed=seeds)
def test_the_votes_of_a_pixel_add_up_to_the_length_of_its_gradient(seed: int) -> None:
    grey = faces(seed=seed)[:, 0]
    votes = orientation_votes(grey)
    inner = (slice(None), slice(1, -1), slice(1, -1))
    right, down = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2], grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    torch.testing.assert_close(votes.sum(1)[inner], torch.hypot(right, down))
    assert ((votes > 0).sum(1) <= 2).all()


@pytest.mark.parametrize(
    ("direction", "bins"), [((1.0, 0.0), {0, 8}), ((0.0, 1.0), {4}), ((-1.0, 0.0), {0, 8})]
)
def test_a_slope_votes_for_its_own_direction(direction: tuple[float, float], bins: set[int]) -> None:
    along = torch.arange(8, dtype=torch.float64)
    slope = direction[0] * along[None, :] + direction[1] * along[:, None]
    votes = orientation_votes(slope[None])[0, :, 2:-2, 2:-2].sum((1, 2))
    assert set(torch.nonzero(votes > 1e-9).flatten().tolist()) == bins


def test_a_flat_picture_has_features_of_zero_and_no_nan() -> None:
    assert not Hog(grid=3)(torch.full((2, 1, 12, 12), 0.7)).any()


def test_colours_count_by_their_mean() -> None:
    colour = faces(channels=3)
    torch.testing.assert_close(Hog(grid=3)(colour), Hog(grid=3)(colour.mean(1, keepdim=True)))


@pytest.mark.parametrize("size", [5, 16, 31, 48, 64])
def test_the_number_of_features_is_the_same_at_any_size(size: int) -> None:
    features = Hog(grid=4)(torch.randn(2, 1, size, size))
    assert features.shape == (2, Hog(grid=4).features) == (2, 3 * 3 * 36)
    assert features.isfinite().all()


def test_the_order_of_the_pixels_in_memory_does_not_matter() -> None:
    pictures = faces(channels=3)
    last = pictures.contiguous(memory_format=torch.channels_last)
    assert torch.equal(Hog(grid=3)(last), Hog(grid=3)(pictures))


def test_nothing_of_it_is_trained_or_stored() -> None:
    hog = Hog(grid=3)
    assert not list(hog.parameters())
    assert not hog.state_dict()
    assert not hog(faces().requires_grad_()).requires_grad
