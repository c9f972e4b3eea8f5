"""The best trial's validation faces where their embedding puts them, seen through its first two principal components.

It reads what the search wrote for TensorBoard's projector, so it needs neither the faces nor the network.
"""

from __future__ import annotations

import base64
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from sklearn.decomposition import PCA

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import PALETTE, empty
from harness.reporting.report.section import Figure

MOST = 800
"""Faces; of more, as many as that, evenly."""

_SIDE = 48


def embedding(search: Searched) -> Figure | None:
    """A point per face, its picture beside the pointer; None where the search keeps no embedding that can be read."""
    if not search.embedded:
        return None
    try:
        vectors, classes, sheet = _read(*search.embedded)
    except (ValueError, KeyError, OSError, Image.DecompressionBombError):
        return None
    if len(vectors) < 3 or len(vectors) != len(classes) or not np.isfinite(vectors).all():
        return None
    kept = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), MOST)).astype(int))
    reduced = PCA(2, random_state=0).fit(vectors)
    points, explained = reduced.transform(vectors[kept]), 100 * reduced.explained_variance_ratio_
    figure = empty(height=520)
    names = list(dict.fromkeys(classes))
    order = [name for name in search.class_names if name in names] or names
    for place, name in enumerate(order):
        mine = np.flatnonzero(classes[kept] == name)
        figure.add_scatter(
            x=points[mine, 0].round(4).tolist(),
            y=points[mine, 1].round(4).tolist(),
            mode="markers",
            name=name,
            marker={"color": PALETTE[place % len(PALETTE)], "size": 8, "opacity": 0.85},
            customdata=mine.tolist(),
            hovertemplate=name + "<extra></extra>",
        )
    figure.update_xaxes(title=f"first component, {explained[0]:.0f} % of the variance", zeroline=False)
    figure.update_yaxes(title=f"second, {explained[1]:.0f} %", zeroline=False)
    across = math.ceil(math.sqrt(len(kept)))
    caption = (
        f"{search.label}: {len(kept)} validation faces of the best trial by their embedding "
        f"(PCA, {explained.sum():.0f} % of the variance). Point at one to see the face."
    )
    picture = _sprite(sheet, total=len(vectors), kept=kept)
    return Figure(name=search.label, figure=figure, caption=caption, thumbnails=(picture, across, _SIDE))


def _read(
    tensors: Path, metadata: Path, sprite: Path
) -> tuple[NDArray[np.float64], NDArray[Any], Image.Image]:
    """Vectors, classes and the sheet of faces; it is a PNG, and no other of the formats that Pillow knows."""
    vectors = np.loadtxt(tensors, delimiter="\t", ndmin=2)
    classes = pd.read_csv(metadata, sep="\t", keep_default_na=False)["class"].astype(str).to_numpy()
    sheet = Image.open(sprite, formats=["PNG"])
    sheet.load()
    return vectors, classes, sheet


def _sprite(sheet: Image.Image, *, total: int, kept: NDArray[np.int64]) -> str:
    """The kept faces, row by row on a square sheet, as a data URL."""
    before = math.ceil(math.sqrt(total))
    side = sheet.width // before
    across = math.ceil(math.sqrt(len(kept)))
    small = Image.new("RGB", (across * _SIDE, across * _SIDE), "white")
    for place, face in enumerate(kept.tolist()):
        row, column = divmod(face, before)
        box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
        small.paste(
            sheet.crop(box).resize((_SIDE, _SIDE)), ((place % across) * _SIDE, (place // across) * _SIDE)
        )
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
