"""An embedding as the files of TensorBoard's projector: vectors, labels, thumbnails. It knows no trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import ResultsError

_THUMBNAIL = 48  # pixels
_LARGEST_SHEET = 8192  # pixels; what the projector's graphics can load
_CONFIG = """\
embeddings {{
  tensor_name: "validation faces"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


def write_projector(
    folder: Path,
    *,
    embedding: NDArray[np.floating],
    labels: NDArray[np.int64],
    class_names: Sequence[str],
    images: NDArray[np.uint8],
) -> None:
    """Writes `tensors.tsv`, `metadata.tsv`, `sprite.png` and `projector_config.pbtxt` into a run's folder.

    Args:
        folder: A run's folder; it exists.
        embedding: `[n, D]`, n > 0.
        labels: `[n]`, in [0, C).
        class_names: C names.
        images: uint8, `[n, H, W]` or `[n, channels, H, W]`.

    Raises:
        ResultsError: If the three do not tell of the same number of faces.
    """
    if not len(embedding) == len(labels) == len(images) > 0:
        got = f"{len(embedding)} embeddings, {len(labels)} labels, {len(images)} images"
        raise ResultsError(f"the projector needs one label and one image for each embedding, got {got}")
    np.savetxt(folder / "tensors.tsv", embedding, fmt="%.5g", delimiter="\t")
    lines = ["class\tface", *(f"{class_names[label]}\t{face}" for face, label in enumerate(labels))]
    (folder / "metadata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    side = min(_THUMBNAIL, _LARGEST_SHEET // math.ceil(math.sqrt(len(images))))
    contact_sheet(images, side=side).save(folder / "sprite.png")
    config = _CONFIG.format(side=side)
    (folder / "projector_config.pbtxt").write_text(config, encoding="utf-8")


def contact_sheet(images: NDArray[np.uint8], *, side: int) -> Image.Image:
    """Faces row by row on a square sheet, `side` pixels each; places that stay empty are white."""
    across = math.ceil(math.sqrt(len(images)))
    sheet = Image.new("RGB", (across * side, across * side), "white")
    for index, image in enumerate(images):
        row, column = divmod(index, across)
        thumbnail = Image.fromarray(_displayable(image)).convert("RGB").resize((side, side))
        sheet.paste(thumbnail, (column * side, row * side))
    return sheet


def _displayable(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey `[H, W]`, or colour with its channels last."""
    if image.ndim == 2:
        return image
    return image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
