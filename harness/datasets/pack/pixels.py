"""A sample's picture as an array: an image file, a frame of a video, or a row of a table. It does not know where the face is."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from harness.datasets.pictures import BROKEN, eight_bits, reason
from harness.datasets.sample import ImageFile, PixelText, Place, VideoFrame
from harness.errors import ImageError

if TYPE_CHECKING:
    import av

WHOLE_VIDEO = 0.9
"""Least share of the frames that a video's header counts: a truncated video decodes without complaint, but its middle moves."""


def read_picture(root: Path, place: Place, *, color: str, least_side: int | None = None) -> NDArray[np.uint8]:
    """The picture in which the face is.

    Args:
        root: Of the distribution.
        place: Where the picture is.
        color: `gray` or `rgb`.
        least_side: A large JPEG may be decoded at a fraction of its size, down to this side; None keeps its pixels, which is
            what coordinates in it need.

    Returns:
        uint8 `[H, W]`, or `[H, W, 3]`.

    Raises:
        ImageError: If it cannot be read; the message names the file and says why.
    """
    try:
        match place:
            case ImageFile(path):
                return _image(root / path, color=color, least_side=least_side)
            case VideoFrame():
                return _frame(root, place, color=color)
            case PixelText():
                return _table_row(place, color=color)
    except BROKEN as error:
        raise ImageError(f"{place.path}: {reason(error)}") from error


def _image(file: Path, *, color: str, least_side: int | None) -> NDArray[np.uint8]:
    mode = "L" if color == "gray" else "RGB"
    with Image.open(file) as image:
        # A JPEG can leave its colours undecoded, and be decoded at a fraction of its size.
        image.draft(mode, image.size if least_side is None else (least_side, least_side))
        upright = ImageOps.exif_transpose(image)
        return np.asarray(eight_bits(upright).convert(mode))


def _frame(root: Path, place: VideoFrame, *, color: str) -> NDArray[np.uint8]:
    frames = _frames(root / place.path)
    index = len(frames) // 2 + place.offset
    if not 0 <= index < len(frames):
        raise ImageError(
            f"{place.path}: expected a frame {place.offset:+d} from the middle, got a video of {len(frames)} frames"
        )
    whole = frames[index].to_ndarray(format="gray" if color == "gray" else "rgb24")
    middle = whole.shape[1] // 2
    halves = {"whole": whole, "left": whole[:, :middle], "right": whole[:, middle:]}
    return np.ascontiguousarray(np.rot90(halves[place.view], place.turn))


@lru_cache(maxsize=1)
def _frames(file: Path) -> list[av.VideoFrame]:
    """All frames of a video, in its own colours. Neighbouring samples are of the same one, so the last is kept."""
    import av  # FFmpeg, which pictures need not wait for

    try:
        with av.open(file) as container:
            if not container.streams.video:
                raise ValueError("no video in it")
            counted = container.streams.video[0].frames  # 0 where the header does not say
            frames = list(container.decode(video=0))
    except av.error.FFmpegError as error:
        raise ValueError(reason(error)) from error
    if len(frames) < WHOLE_VIDEO * counted:
        raise ValueError(f"truncated: {len(frames)} of {counted} frames")
    return frames


def _table_row(place: PixelText, *, color: str) -> NDArray[np.uint8]:
    gray = np.frombuffer(place.pixels, dtype=np.uint8).reshape(place.height, place.width)
    return gray if color == "gray" else np.repeat(gray[..., None], 3, axis=-1)
