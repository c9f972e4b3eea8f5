"""`hog`: fixed histograms of oriented gradients, for sets too small to learn filters from. It knows neither names nor embeddings.

Nothing of the histograms is trained; the sliced embedding on top of them is.

Reference: Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

GRID = 8
"""Cells in a row and in a column."""
ORIENTATIONS = 9
"""Bins over half a turn: an edge from dark to bright counts as one from bright to dark."""
CLIP = 0.2
"""The largest entry of a normalised block, of the paper's L2-hys."""
TINY = 1e-2
"""Added to a block's length, so that a flat block, where there is only noise, stays near zero."""


class Hog(nn.Module):
    """Gradients, their histograms in cells, and normalised blocks of 2 x 2 cells.

    We differ from the paper in two points. The grid has as many cells for every size of face: a cell is a part of a face, and
    its edges need not lie between pixels. And a block has no Gaussian window.

    Args:
        grid: G, cells in a row and in a column, at least 2.
    """

    def __init__(self, *, grid: int = GRID) -> None:
        super().__init__()
        self.grid = grid

    @property
    def features(self) -> int:
        """F, which is (G - 1)^2 blocks of 4 cells."""
        return (self.grid - 1) ** 2 * 4 * ORIENTATIONS

    @torch.no_grad()
    def forward(self, images: Float[Tensor, "B channels H W"]) -> Float[Tensor, "B features"]:
        """Features of each face, without gradient: block by block, of each block cell by cell, of each cell its bins."""
        with torch.autocast(images.device.type, enabled=False):
            votes = orientation_votes(images.to(torch.promote_types(images.dtype, torch.float32)).mean(1))
            return _blocks(_cells(votes, grid=self.grid)).flatten(1)


def orientation_votes(grey: Float[Tensor, "B H W"]) -> Float[Tensor, "B bins H W"]:
    """Each pixel's gradient length, shared between the two orientation bins whose centres lie nearest.

    Bin k has its centre at (k + 1/2) / 9 of half a turn, so the bins of a mirrored picture are those of the picture in reverse.
    """
    padded = functional.pad(grey[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    length = torch.hypot(right, down)
    place = torch.atan2(down, right) * (ORIENTATIONS / math.pi) - 0.5
    lower = place.floor()
    share = place - lower
    bin_below = lower.long().remainder(ORIENTATIONS)[:, None]
    bin_above = (bin_below + 1).remainder(ORIENTATIONS)
    votes = length.new_zeros(len(grey), ORIENTATIONS, *grey.shape[1:])
    votes.scatter_(1, bin_below, (length * (1 - share))[:, None])
    return votes.scatter_(1, bin_above, (length * share)[:, None])


def _cells(votes: Float[Tensor, "B bins H W"], *, grid: int) -> Float[Tensor, "B bins grid grid"]:
    """Bilinear votes: each pixel's are shared between the cells around it."""
    height, width = votes.shape[2:]
    down = _cell_weights(height, grid=grid, like=votes)
    right = _cell_weights(width, grid=grid, like=votes)
    return down @ (votes @ right.T)


def _cell_weights(pixels: int, *, grid: int, like: Tensor) -> Float[Tensor, "grid pixels"]:
    """How much a pixel's vote counts in each cell of its row: 1 at the cell's centre, falling to 0 at its neighbours' centres.

    The weights of a cell sum to one, so that a cell says how strong its gradients are, not how many pixels it has.
    """
    places = (torch.arange(pixels, device=like.device, dtype=like.dtype) + 0.5) * (grid / pixels)
    centres = torch.arange(grid, device=like.device, dtype=like.dtype) + 0.5
    weights = (1 - (places - centres[:, None]).abs()).relu()
    return weights / weights.sum(1, keepdim=True).clamp(min=torch.finfo(like.dtype).tiny)


def _blocks(cells: Float[Tensor, "B bins grid grid"]) -> Float[Tensor, "B blocks entries"]:
    """Every 2 x 2 cells as one vector, normalised as the paper's L2-hys: to length one, clipped, and to length one again."""
    windows = cells.unfold(2, 2, 1).unfold(3, 2, 1)
    vectors = windows.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)
    once = vectors / (vectors.square().sum(-1, keepdim=True) + TINY**2).sqrt()
    return functional.normalize(once.clamp(max=CLIP), dim=-1)
