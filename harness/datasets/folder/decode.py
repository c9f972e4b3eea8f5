"""Encoded images to square arrays of one size.

It knows neither labels nor what is done about an image that cannot be read.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from harness.datasets.pictures import BROKEN, eight_bits, reason


def decode_images(
    sources: Sequence[Path | bytes], *, size: int, color: str
) -> tuple[NDArray[np.uint8], list[str]]:
    """Decodes, turns upright by EXIF, crops the centre square, and resizes with antialiasing; in threads.

    Args:
        sources: n files or encoded images.
        size: Width and height of the result, in pixels.
        color: `gray` or `rgb`.

    Returns:
        Images, uint8 `[n, size, size]` or `[n, 3, size, size]`, and n reasons: empty where all went well,
        else why the image could not be read; its pixels are then zero.
    """
    shape = (size, size) if color == "gray" else (3, size, size)
    images = np.zeros((len(sources), *shape), dtype=np.uint8)

    def fill(index: int) -> str:
        try:
            images[index] = _pixels(sources[index], size=size, color=color)
        except BROKEN as error:
            return reason(error)
        return ""

    # Pillow warns of odd metadata in files that it reads well: nothing that a user could act on.
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")
        return images, list(pool.map(fill, range(len(sources))))


def _pixels(source: Path | bytes, *, size: int, color: str) -> NDArray[np.uint8]:
    """One image as uint8 `[size, size]` or `[3, size, size]`."""
    mode = "L" if color == "gray" else "RGB"
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        image.draft(mode, (2 * size, 2 * size))  # a large JPEG is decoded at a fraction of its size
        upright = ImageOps.exif_transpose(image)
    square = ImageOps.fit(eight_bits(upright).convert(mode), (size, size), Image.Resampling.BICUBIC)
    pixels = np.asarray(square, dtype=np.uint8)
    return pixels if color == "gray" else pixels.transpose(2, 0, 1)
