"""Images that stay in their file: an array by memory map, which processes of one host share through the page cache.

It does not know who wrote the file. What is pickled is the path, so a copy in another process costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MappedImages:
    """uint8 images in a file, or some of them; read when they are asked for.

    Attributes:
        path: The file.
        offset: Bytes before the first pixel.
        whole_shape: Of all images of the file, `[m, H, W]` or `[m, channels, H, W]`.
        rows: `[n]`, which of them, in which order; None for all.
    """

    path: Path
    offset: int
    whole_shape: tuple[int, ...]
    rows: NDArray[np.int64] | None = None

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """Always uint8."""
        return np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(n, H, W)` or `(n, channels, H, W)`."""
        return (len(self), *self.whole_shape[1:])

    @property
    def ndim(self) -> int:
        """3 for grey, 4 for colour."""
        return len(self.whole_shape)

    @property
    def nbytes(self) -> int:
        """Bytes that they would take in memory."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return self.whole_shape[0] if self.rows is None else len(self.rows)

    def __getitem__(self, indices: NDArray[np.int64] | slice | int) -> NDArray[np.uint8]:
        """A copy of the images at these indices, in this order."""
        return np.array(self._map[indices if self.rows is None else self.rows[indices]])

    def take(self, indices: NDArray[np.int64]) -> MappedImages:
        """These images, still in the file."""
        rows = indices if self.rows is None else self.rows[indices]
        return MappedImages(self.path, self.offset, self.whole_shape, rows)

    def __getstate__(self) -> dict[str, Any]:
        """Without the map: whoever unpickles opens the file."""
        return {key: value for key, value in vars(self).items() if key != "_map"}

    @cached_property
    def _map(self) -> np.memmap[Any, np.dtype[np.uint8]]:
        return np.memmap(self.path, dtype=np.uint8, mode="r", offset=self.offset, shape=self.whole_shape)


Images = NDArray[np.uint8] | MappedImages
