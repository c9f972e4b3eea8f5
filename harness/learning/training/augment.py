"""Augmentation of a whole batch at once, by torch operations on its device. It knows no labels.

Every random number comes from a passed generator, which is why no augmentation library is used: those draw from torch's
global state.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from harness.errors import SearchFileError
from harness.learning.training.names import AUGMENTATIONS

ROTATION = 0.3
"""Largest rotation in radians, about 17 degrees."""
SHIFT = 0.12
"""Largest shift, as a share of the width."""
ZOOM = 0.18
"""Largest change of scale."""
LIGHT = 0.2
"""Largest change of contrast, as a share, and of brightness, in the network's units: 13 of 255 grey levels."""


def augment(
    images: Float[Tensor, "B channels H W"], *, name: str, generator: torch.Generator
) -> Float[Tensor, "B channels H W"]:
    """The batch, changed as its name says.

    Args:
        images: Grey or colour values around zero.
        name: `none`, `flip` (left and right, half of the faces), or `affine` (flip, rotation, shift, zoom, light).
        generator: A CPU generator; the draws are small and move to the device afterwards, so a GPU sees the same ones.

    Raises:
        SearchFileError: If there is no such augmentation.
    """
    if name not in AUGMENTATIONS:
        raise SearchFileError(f"unknown augmentation {name!r}: choose one of {', '.join(AUGMENTATIONS)}")
    if name == "none":
        return images
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    if name == "flip":
        return torch.where(mirrored.to(images.device)[:, None, None, None], images.flip(3), images)
    grid = functional.affine_grid(
        _affine(mirrored, generator=generator).to(images.device), list(images.shape), align_corners=False
    )
    moved = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    light = (torch.rand(2, len(images), 1, 1, 1, generator=generator) * 2 - 1).to(images.device) * LIGHT
    return moved * (1 + light[0]) + light[1]


def _affine(mirrored: Tensor, *, generator: torch.Generator) -> Float[Tensor, "B 2 3"]:
    """Matrices from output to input coordinates in [-1, 1]."""
    angle, zoom, right, down = torch.rand(4, len(mirrored), generator=generator) * 2 - 1
    scale = 1 + zoom * ZOOM
    cos, sin = torch.cos(angle * ROTATION) * scale, torch.sin(angle * ROTATION) * scale
    side = 1 - 2 * mirrored.float()
    rows = [
        torch.stack([cos * side, -sin, 2 * SHIFT * right], 1),
        torch.stack([sin * side, cos, 2 * SHIFT * down], 1),
    ]
    return torch.stack(rows, 1)
