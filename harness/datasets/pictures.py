"""What everybody who opens a picture has to know: what Pillow raises on broken ones, and that some have 16 bits.

It opens none.
"""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image, UnidentifiedImageError

BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow raises on broken files, format by format."""


def eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit grey: Pillow's own conversion would clip all above 255 to white."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))


def reason(error: Exception) -> str:
    """Why a picture cannot be read, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
