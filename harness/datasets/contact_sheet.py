"""One picture of a face set: a block per class, with its name, its counts and some of its faces.

It knows no file. It is for looking at faces, by `harness data show`. Test faces may be among them: a person sees
them, a search does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from harness.datasets.faceset import SPLITS, FaceSet
from harness.errors import DatasetError

ROWS = 2  # of faces per class
FACE = 72  # pixels of a face on the sheet
GAP, MARGIN = 4, 32
TITLE, HEADER = 72, 40  # heights
PAPER, INK, FAINT, BAR, TRACK = "#fbfaf8", "#22252b", "#7a7f89", "#4c6fa8", "#e6e4df"


def contact_sheet(faces: FaceSet, *, columns: int = 12) -> Image.Image:
    """Draws the sheet.

    Args:
        faces: At least one.
        columns: Faces per row, 4 or more, so that the text has room.

    Returns:
        An RGB picture. Each class shows up to two rows of faces, evenly spaced over its faces in the order of
        the set.

    Raises:
        DatasetError: If there are no faces, or fewer than 4 columns.
    """
    if not len(faces):
        raise DatasetError(f"{faces.name}: expected faces for a contact sheet, got 0")
    if columns < 4:
        raise DatasetError(f"contact sheet: expected 4 columns or more, got {columns}")
    chosen = [
        _spread(np.flatnonzero(faces.labels == label), ROWS * columns)
        for label in range(len(faces.class_names))
    ]
    heights = [HEADER + -(-len(indices) // columns) * (FACE + GAP) for indices in chosen]
    width = 2 * MARGIN + columns * (FACE + GAP) - GAP
    sheet = Image.new("RGB", (width, TITLE + sum(heights) + MARGIN), PAPER)
    _draw_title(sheet, faces)
    top = TITLE
    for label, indices in enumerate(chosen):
        _draw_header(sheet, faces, label=label, top=top)
        _paste_faces(sheet, faces.images[indices], top=top + HEADER, columns=columns)
        top += heights[label]
    return sheet


def _spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the indices, evenly spaced: neighbours in a set are often the same person."""
    positions = np.linspace(0, len(indices) - 1, min(most, len(indices)))
    return indices[positions.round().astype(np.int64)]


def _draw_title(sheet: Image.Image, faces: FaceSet) -> None:
    pixels = " x ".join(map(str, faces.images.shape[-2:][::-1]))
    facts = [_number(len(faces), "face"), f"{len(faces.class_names)} classes"]
    if faces.subjects is not None:
        facts.append(_number(len(np.unique(faces.subjects)), "subject"))
    facts += _split_counts(faces, np.ones(len(faces), dtype=np.bool_))
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, 40), faces.name, fill=INK, font=_font(24), anchor="ls")
    draw.text((MARGIN, 60), ", ".join([*facts, f"{pixels} pixels"]), fill=FAINT, font=_font(13), anchor="ls")


def _draw_header(sheet: Image.Image, faces: FaceSet, *, label: int, top: int) -> None:
    """The class's name on the left, its counts on the right, and its share of all faces as a bar below."""
    members = faces.labels == label
    share = members.mean()
    counts = f"{_number(int(members.sum()), 'face')}, {share:.1%}"
    if faces.subjects is not None:
        counts += f", {_number(len(np.unique(faces.subjects[members])), 'subject')}"
    counts = ", ".join([counts, *_split_counts(faces, members)])
    left, right, base = MARGIN, sheet.width - MARGIN, top + HEADER - 14
    draw = ImageDraw.Draw(sheet)
    draw.text((left, base), faces.class_names[label], fill=INK, font=_font(16), anchor="ls")
    draw.text((right, base), counts, fill=FAINT, font=_font(13), anchor="rs")
    draw.rectangle((left, base + 6, right - 1, base + 7), fill=TRACK)
    if members.any():
        draw.rectangle((left, base + 6, left + max(1, round(share * (right - left))) - 1, base + 7), fill=BAR)


def _split_counts(faces: FaceSet, members: NDArray[np.bool_]) -> list[str]:
    """How many of the faces are in each official split, such as `train 80`; nothing where there is none."""
    if faces.splits is None:
        return []
    counts = {split: int((faces.splits[members] == split).sum()) for split in SPLITS}
    return [f"{split} {count:,}" for split, count in counts.items() if count]


def _paste_faces(sheet: Image.Image, images: NDArray[np.uint8], *, top: int, columns: int) -> None:
    for number, pixels in enumerate(images):
        face = Image.fromarray(pixels if pixels.ndim == 2 else pixels.transpose(1, 2, 0))
        row, column = divmod(number, columns)
        place = (MARGIN + column * (FACE + GAP), top + row * (FACE + GAP))
        sheet.paste(face.convert("RGB").resize((FACE, FACE), Image.Resampling.LANCZOS), place)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
