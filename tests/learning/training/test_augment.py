"""Augmentation: what it changes, what it leaves, and where its random numbers come from."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness.errors import SearchFileError
from harness.learning.training.augment import LIGHT, SHIFT, ZOOM, augment
from harness.learning.training.names import AUGMENTATIONS

SIZE = 24


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*, count: int = 8, channels: int = 1, seed: int = 0) -> Tensor:
    return torch.randn(count, channels, SIZE, SIZE, generator=seeded(seed))


def dots(count: int) -> Tensor:
    """A soft bright dot in the middle of black faces, with its centre between the four middle pixels."""
    away = torch.arange(SIZE) - (SIZE - 1) / 2
    bump = torch.exp(-away.square() / 8)
    return (bump[:, None] * bump).repeat(count, 1, 1, 1)


def test_none_gives_the_batch_itself() -> None:
    images = noise()
    assert augment(images, name="none", generator=seeded(0)) is images


def test_a_flipped_face_is_the_face_or_its_mirror_image_from_left_to_right() -> None:
    images = noise(count=400, channels=3)
    changed = augment(images, name="flip", generator=seeded(0))
    same = (changed == images).flatten(1).all(1)
    mirrored = (changed == images.flip(3)).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 160 < mirrored.sum() < 240


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_shape_and_type_stay_and_all_values_are_finite(name: str, channels: int) -> None:
    images = noise(channels=channels)
    changed = augment(images, name=name, generator=seeded(0))
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype
    assert changed.isfinite().all()


@pytest.mark.parametrize("name", ["flip", "affine"])
def test_the_generator_alone_decides(name: str) -> None:
    images = noise()
    torch.manual_seed(1)
    once = augment(images, name=name, generator=seeded(0))
    torch.manual_seed(2)
    again = augment(images, name=name, generator=seeded(0))
    other = augment(images, name=name, generator=seeded(1))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_global_generator_and_the_batch_stay_as_they_were(name: str) -> None:
    images = noise()
    before, state = images.clone(), torch.get_rng_state()
    augment(images, name=name, generator=seeded(0))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(images, before)


def test_affine_changes_each_face_differently() -> None:
    images = noise(count=1).repeat(6, 1, 1, 1)
    assert len(augment(images, name="affine", generator=seeded(0)).flatten(1).unique(dim=0)) == 6


@pytest.mark.parametrize("grey", [-1.5, 0.0, 1.5])
def test_affine_makes_a_plain_face_another_plain_face_of_nearly_the_same_light(grey: float) -> None:
    changed = augment(torch.full((200, 1, SIZE, SIZE), grey), name="affine", generator=seeded(0)).flatten(1)
    assert (changed.amax(1) - changed.amin(1)).max() < 1e-5
    assert (changed - grey).abs().max() <= LIGHT * (abs(grey) + 1) + 1e-5
    assert (changed[:, 0] - grey).abs().max() > 0.5 * LIGHT


def test_affine_moves_the_middle_of_a_face_by_the_largest_shift_at_most() -> None:
    changed = augment(dots(200), name="affine", generator=seeded(0))
    weights = (changed - changed[:, :, :1, :1]).squeeze(1)  # without the change of brightness
    away = torch.arange(SIZE) - (SIZE - 1) / 2
    total = weights.sum((1, 2))
    moved = torch.stack([(weights.sum(axis) * away).sum(1) / total for axis in (1, 2)])
    farthest = moved.norm(dim=0).max()
    assert SHIFT * SIZE / 2 < farthest < 2**0.5 * SHIFT * SIZE / (1 - ZOOM) + 0.1


def test_an_unknown_augmentation_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SearchFileError, match="unknown augmentation 'rotate': choose one of none, flip, aff"):
        augment(noise(), name="rotate", generator=seeded(0))
