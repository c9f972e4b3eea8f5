"""Lists the faces of a Parquet file that holds encoded images. It does not know whether they can be decoded.

Columns: `image` (bytes, or a struct with a field `bytes`, as Hugging Face writes it), `label` (text or whole
numbers), and if known `subject` and `split`. Whole numbers become their names where the file carries Hugging
Face's class names, else their digits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from harness.datasets.folder.rows import Row, split_name
from harness.datasets.folder.table import require_columns
from harness.errors import DatasetError

OPTIONAL = ("subject", "split")


def parquet_rows(file: Path) -> list[Row]:
    """The rows of the file, in its order, each with its number, from 0.

    Raises:
        DatasetError: If the file is no Parquet file, lacks a column, or its images are not bytes.
    """
    try:
        columns = pq.read_schema(file).names
        require_columns(("image", "label"), got=columns, source=file)
        table = pq.read_table(
            file, columns=["image", "label", *(name for name in OPTIONAL if name in columns)]
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{file}: expected a Parquet file, got {error}; write it again") from error
    names = _label_names(table.schema)
    cells = {name: _texts(table, name) for name in OPTIONAL}
    return [
        Row(
            image=image or b"",
            label=names.get(label, label),
            subject=subject,
            split=split_name(split),
            where=f"{file.name} row {number}",
        )
        for number, (image, label, subject, split) in enumerate(
            zip(_encoded(table, file), _texts(table, "label"), cells["subject"], cells["split"], strict=True)
        )
    ]


def _encoded(table: Any, file: Path) -> list[bytes | None]:
    """The column of images as bytes; None where a row has none."""
    column, kind = table["image"], table.schema.field("image").type
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return [cell and cell["bytes"] for cell in column.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return list(column.to_pylist())
    raise DatasetError(
        f"{file}: expected the column image as bytes or as a struct with bytes, got {kind}; "
        "write the files' content into it, or list their paths in a labels.csv"
    )


def _texts(table: Any, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * len(table)
    return ["" if cell is None else str(cell).strip() for cell in table[name].to_pylist()]


def _label_names(schema: Any) -> dict[str, str]:
    """Class names by label, from the metadata that Hugging Face's `datasets` writes into the file."""
    metadata = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    label = metadata.get("info", {}).get("features", {}).get("label", {})
    return {str(number): name for number, name in enumerate(label.get("names") or ())}
