"""One Arrow file per pack: a row per face with its picture and its origin. It opens by memory map, whatever its size.

It does not know where the faces come from. Any Arrow library reads the file; its one record batch keeps all pictures side by
side, which is what lets them be used as one array where they lie.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
from numpy.typing import NDArray

from harness.atomic import whole_file
from harness.datasets.faceset import FaceSet
from harness.datasets.images import MappedImages
from harness.datasets.pack.settings import PackSettings
from harness.datasets.sample import CANONICAL, Sample
from harness.errors import DatasetError

SHARE_OF_MEMORY = 0.25
"""Share of the free memory that pictures may take; larger packs stay in their file."""

TEXTS = ("label", "code", "subject", "sequence", "role", "group", "split", "release")
"""Columns of few different words among many rows; each word is written once, so a large pack opens fast."""


def write_pack(
    path: Path,
    *,
    faces: Iterable[NDArray[np.uint8]],
    image_digest: str,
    samples: Sequence[Sample],
    detected: NDArray[np.bool_],
    settings: PackSettings,
    faults: Sequence[str],
    dropped: int,
) -> None:
    """Writes a pack, whole. The faces go from where they come from to their place in the file, never all through memory.

    Args:
        path: The pack.
        faces: uint8 `[k, ...]` each, in order; where they end early, the rest is black and a hole in the file.
        image_digest: Hash of all of them.
        samples: Of the same faces.
        detected: `[n]`, whether each was found.
        settings: How they were prepared.
        faults: Why each picture that cannot be read was left out.
        dropped: Pictures that were left out because no face was found.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)  # of a writer that was killed
    shape = (len(samples), *settings.shape)
    metadata = {
        "settings": settings.to_dict(),
        "shape": shape,
        "image_digest": image_digest,
        "faults": list(faults),
        "dropped": dropped,
    }
    with whole_file(path) as temporary:
        _write_around_pixels(temporary, samples, detected=detected, shape=shape, metadata=metadata)
        with pa.memory_map(str(temporary)) as source:
            offset = _images(temporary, source, shape=shape).offset
        with temporary.open("r+b") as stream:
            stream.seek(offset)
            for some in faces:
                stream.write(np.ascontiguousarray(some).data)


def load_pack(path: Path, *, memory_bytes: int | None = None) -> FaceSet:
    """The faces of a pack: in memory if they take a quarter of what is free, else mapped from the file.

    Both ways give equal fingerprints.

    Args:
        path: A file of `write_pack`.
        memory_bytes: What they may take; by default a quarter of the free memory.

    Raises:
        DatasetError: If the file is none of ours, or damaged.
    """
    try:
        with pa.memory_map(str(path)) as source:
            batch = pa.ipc.open_file(source).get_batch(0)
            metadata = json.loads(batch.schema.metadata[b"pack"])
            images = _images(path, source, shape=tuple(metadata["shape"]))
            label_ids, class_names = _labels(batch.column("label"))
            known = {part: _texts(batch.column(part)) for part in ("subject", "group", "sequence", "split")}
    except (OSError, pa.ArrowException, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected a pack of faces, got {error}; delete it, and it is made again"
        ) from error
    budget = SHARE_OF_MEMORY * psutil.virtual_memory().available if memory_bytes is None else memory_bytes
    return FaceSet(
        name=metadata["settings"]["source"],
        images=images[:] if images.nbytes <= budget else images,
        labels=label_ids,
        class_names=class_names,
        subjects=known["subject"],
        groups=known["group"],
        sequences=known["sequence"],
        splits=known["split"],
        skipped=len(metadata["faults"]) + metadata["dropped"],
        image_digest=metadata["image_digest"],
    )


def undetected_faces(path: Path) -> list[str]:
    """The files of a pack in which no face was found, so that it holds their centre."""
    with pa.memory_map(str(path)) as source:
        batch = pa.ipc.open_file(source).get_batch(0).select(["path", "detected"])
        return [row["path"] for row in batch.to_pylist() if not row["detected"]]


class _AroundPixels(io.FileIO):
    """A file in which certain bytes of memory become a hole, wherever they are written."""

    def __init__(self, path: Path, pixels: pa.Buffer) -> None:
        super().__init__(path, "r+")
        self.pixels = pixels

    def write(self, data: Any) -> int:
        """All else is written as it comes."""
        view = pa.py_buffer(data)
        if self.pixels.address <= view.address < self.pixels.address + self.pixels.size:
            self.seek(view.size, io.SEEK_CUR)
            return int(view.size)
        return super().write(data)


def _write_around_pixels(
    path: Path,
    samples: Sequence[Sample],
    *,
    detected: NDArray[np.bool_],
    shape: tuple[int, ...],
    metadata: Mapping[str, Any],
) -> None:
    """A whole Arrow file, with a hole where the pixels belong. What Arrow takes for them is the same hole, mapped."""
    with path.open("wb") as stream:
        stream.truncate(int(np.prod(shape, dtype=np.int64)))
    pixels = pa.py_buffer(np.memmap(path, dtype=np.uint8, mode="r"))
    kind = pa.binary(int(np.prod(shape[1:])))
    columns = {
        "image": pa.FixedSizeBinaryArray.from_buffers(kind, len(samples), [None, pixels]),
        **{name: _dictionary([getattr(sample, name) for sample in samples]) for name in TEXTS},
        "path": _strings([sample.place.path for sample in samples]),
        "detected": pa.Array.from_buffers(
            pa.bool_(), len(samples), [None, pa.py_buffer(np.packbits(detected, bitorder="little"))]
        ),
    }
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    schema = batch.schema.with_metadata({"pack": json.dumps(metadata, sort_keys=True)})
    with _AroundPixels(path, pixels) as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def _strings(values: Sequence[str]) -> pa.StringArray:
    """Out of its two buffers: `pa.array` imports pandas, which takes longer than opening the largest pack."""
    words = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, words)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), pa.py_buffer(b"".join(words)))


def _dictionary(values: Sequence[str]) -> pa.DictionaryArray:
    numbers: dict[str, int] = {}
    rows = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int32)
    indices = pa.Array.from_buffers(pa.int32(), len(rows), [None, pa.py_buffer(rows)])
    return pa.DictionaryArray.from_arrays(indices, _strings(list(numbers)))


def _images(path: Path, source: pa.MemoryMappedFile, *, shape: tuple[int, ...]) -> MappedImages:
    """Where in the file the pictures lie: the address of their buffer, less that of the file's first byte."""
    pixels = pa.ipc.open_file(source).get_batch(0).column("image").buffers()[1]
    source.seek(0)
    offset = pixels.address - source.read_buffer(1).address
    return MappedImages(path=path, offset=offset, whole_shape=shape)


def _indices(column: pa.DictionaryArray) -> NDArray[np.int32]:
    """Of each row into the column's dictionary; not by `to_numpy`, which imports pandas."""
    return np.frombuffer(column.indices.buffers()[1], dtype=np.int32, count=len(column))


def _labels(column: pa.DictionaryArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Label ids, and their names in the order of the field."""
    words = column.dictionary.to_pylist()
    names = tuple(name for name in CANONICAL if name in words)
    ids = np.array([names.index(word) for word in words], dtype=np.int64)
    return ids[_indices(column)], names


def _texts(column: pa.DictionaryArray) -> NDArray[np.str_] | None:
    """A column as an array; None where it says nothing."""
    words = np.array(column.dictionary.to_pylist(), dtype=np.str_)
    return words[_indices(column)] if (words != "").any() else None
