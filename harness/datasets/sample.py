"""One face as its dataset lists it, before a pixel is read: where it is, whose it is, and what it is said to show.

It knows no dataset by name, and reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

CANONICAL = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt")
"""The classes of the field, under one spelling and in one order; every dataset's own codes are translated to these."""

ROLES = ("neutral", "mid", "apex")
"""What a frame shows of its sequence: the face at rest, on its way, or at the peak of the expression."""


@dataclass(frozen=True)
class ImageFile:
    """A picture in a file of its own; the path is relative to the dataset's root, with forward slashes."""

    path: str


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video, counted from the middle one (n // 2) of its n frames: -1 is the one before it.

    Attributes:
        path: Relative to the dataset's root.
        offset: From the middle frame.
        view: `whole`, or the `left` or `right` half of a clip that shows two views side by side.
        turn: Quarter turns counter-clockwise that put the face upright.
    """

    path: str
    offset: int
    view: str = "whole"
    turn: int = 0


@dataclass(frozen=True)
class PixelText:
    """Grey pixels that stand in a table: the table's path, the row (from 0, without the header), and its bytes, row by row."""

    path: str
    row: int
    pixels: bytes
    width: int
    height: int


Place = ImageFile | VideoFrame | PixelText


@dataclass(frozen=True)
class Whole:
    """The picture is the face: the distribution has cropped it."""


@dataclass(frozen=True)
class Box:
    """The face's rectangle in pixels of the picture; right and bottom are outside. May reach beyond the picture."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Landmarks:
    """68 points (x, y) in pixels of the picture, in the order of Multi-PIE (iBUG)."""

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class LandmarkFile:
    """The same 68 points in a text file, a point a line; the path is relative to the dataset's root."""

    path: str


@dataclass(frozen=True)
class Detect:
    """Nobody says where the face is: a detector finds it."""


Crop = Whole | Box | Landmarks | LandmarkFile | Detect


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One face.

    Attributes:
        place: Where its pixels are.
        crop: Where in the picture the face is.
        label: One of `CANONICAL`.
        code: The dataset's own code for it, as text.
        subject: Who is seen; empty where nobody knows.
        sequence: Which sequence the frame is of, unique within the dataset; empty for single pictures.
        role: One of `ROLES`; empty for single pictures.
        split: The official split, `train`, `val` or `test`; empty where there is none.
        group: What must not be torn apart where no subject is known, such as the photograph of several faces; else empty.
        release: Which release of the dataset; empty where there is one.
    """

    place: Place
    crop: Crop
    label: str
    code: str
    subject: str = ""
    sequence: str = ""
    role: str = ""
    split: str = ""
    group: str = ""
    release: str = ""
