"""Faces as batches of numbers on a device. It knows no labels and no network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from harness.datasets.images import Images


class Pixels:
    """uint8 images on their way to the network.

    On a CPU the array stays where it is (in memory that Ray shares between processes, or in its file); on a GPU it is copied
    there once.

    Args:
        images: `[n, H, W]` or `[n, channels, H, W]`, in memory or mapped from a file.
        device: Where batches are wanted.
    """

    def __init__(self, images: Images, *, device: torch.device) -> None:
        self.images, self.device = images, device
        self.resident = torch.tensor(images[:], device=device) if device.type != "cpu" else None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return 1 if self.images.ndim == 3 else self.images.shape[1]

    @property
    def size(self) -> int:
        """Height of the faces in pixels."""
        return self.images.shape[-2]

    def batch(self, indices: NDArray[np.int64]) -> Float[Tensor, "B channels H W"]:
        """The faces at these indices, values about -2 to 2."""
        if self.resident is None:
            chosen = torch.from_numpy(self.images[indices])
        else:
            chosen = self.resident[torch.from_numpy(indices).to(self.device)]
        if chosen.ndim == 3:
            chosen = chosen[:, None]
        return ((chosen.float() - 127.5) / 64).contiguous(memory_format=torch.channels_last)

    def in_order(self, indices: NDArray[np.int64], *, batch_size: int = 256) -> Iterator[Tensor]:
        """Batches of all these faces, in order."""
        for start in range(0, len(indices), batch_size):
            yield self.batch(indices[start : start + batch_size])
