"""`harness embed model/ IMAGES -o features.parquet`: pictures through an exported model, some at a time, into one table.

Memory holds one batch, however many pictures there are; the table appears whole or not at all. It does not know how anything is
printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from harness.atomic import check_new, whole_file
from harness.datasets.distribution import no_progress
from harness.datasets.folder.decode import decode_images
from harness.datasets.folder.image_list import Picture, list_pictures
from harness.datasets.folder.rows import listed
from harness.errors import ImageError
from harness.model import Model

SCHEMA_VERSION = "1"
"""Counts up whenever a column is renamed, retyped or removed."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What was written.

    Attributes:
        output: The table.
        rows: Pictures in it.
        skipped: Those that could not be read, each with the reason.
    """

    output: Path
    rows: int
    skipped: tuple[str, ...]


def embed_pictures(
    model: Model,
    images: Path,
    *,
    output: Path,
    batch_size: int = 256,
    on_bad_image: str = "error",
    progress: Callable[[int, int], None] = no_progress,
) -> Embedded:
    """Writes a row per picture: `path`, `predicted`, `distances` to the class means, `embedding`.

    Args:
        model: Embeds and classifies.
        images: A folder, a picture, or a list, as `list_pictures` reads it.
        output: The Parquet file.
        batch_size: Pictures at a time.
        on_bad_image: `error`, or `skip` to leave out what cannot be read.
        progress: Told of pictures: done, in all.

    Raises:
        DatasetError: If there are no pictures.
        ImageError: If one cannot be read, or none of them.
        ResultsError: If the output is there already, or cannot be written.
    """
    check_new(output)
    pictures = list_pictures(images)
    skipped: list[str] = []
    with whole_file(output) as temporary:
        with pq.ParquetWriter(temporary, schema(model, images), compression="zstd") as writer:
            for start in range(0, len(pictures), batch_size):
                batch = pictures[start : start + batch_size]
                pixels, faults = _decoded(batch, model)
                skipped += faults.values()
                if faults and on_bad_image == "error":
                    raise ImageError(_told(images, faults))
                readable = [picture for number, picture in enumerate(batch) if number not in faults]
                if readable:
                    writer.write_table(_table(readable, pixels, model, images))
                progress(start + len(batch), len(pictures))
        if len(skipped) == len(pictures):
            raise ImageError(f"{images}: expected pictures that can be read, got none; {listed(skipped)}")
    return Embedded(output=output, rows=len(pictures) - len(skipped), skipped=tuple(skipped))


def schema(model: Model, images: Path) -> pa.Schema:
    """The table's columns; its metadata say which model made it, of what, and what the distances are to."""
    width, classes = model.description.config.embedding_dim, len(model.class_names)
    return pa.schema(
        [
            pa.field("path", pa.string()),
            pa.field("predicted", pa.string()),
            pa.field("distances", pa.list_(pa.float32(), classes)),  # in the order of `class_names`
            pa.field("embedding", pa.list_(pa.float32(), width)),
        ],
        metadata={
            "schema_version": SCHEMA_VERSION,
            "model_fingerprint": model.fingerprint,
            "class_names": json.dumps(model.class_names),
            "images": str(images),
        },
    )


def _decoded(batch: Sequence[Picture], model: Model) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """The pictures that can be read, as the model wants them, and why the others cannot, by their place in the batch."""
    wanted = model.description
    pixels, reasons = decode_images([each.file for each in batch], size=wanted.size, color=wanted.color)
    faults = {number: f"{batch[number].path}: {reason}" for number, reason in enumerate(reasons) if reason}
    return pixels[[number for number in range(len(batch)) if number not in faults]], faults


def _table(pictures: Sequence[Picture], pixels: NDArray[np.uint8], model: Model, images: Path) -> pa.Table:
    features = model.embed(pixels, batch_size=len(pixels))
    columns = [
        pa.array([picture.path for picture in pictures]),
        pa.array([model.class_names[label] for label in model.classify(features)]),
        _lists(model.distances(features)),
        _lists(features),
    ]
    return pa.Table.from_arrays(columns, schema=schema(model, images))


def _lists(values: NDArray[np.float32]) -> pa.Array:
    """Rows of equal length as one column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _told(images: Path, faults: dict[int, str]) -> str:
    return (
        f"{images}: expected pictures that can be read; {listed(list(faults.values()))}. "
        "Mend them, or leave such ones out with --on-bad-image skip"
    )
