"""Our Parquet files on disk: written whole, checked when read. It does not know what the columns mean."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.atomic import whole_file
from harness.errors import ResultsError
from harness.reporting.schemas import SCHEMA_VERSION

# Without these, one null turns a column of integers into floats and a column of booleans into objects.
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def write_table(table: pa.Table, path: Path) -> None:
    """Writes one table whole, compressed with zstd.

    Raises:
        ResultsError: If the file system refuses.
    """
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_frame(path: Path) -> pd.DataFrame:
    """One of our tables as a frame; integers and booleans keep their type where values are missing.

    Raises:
        ResultsError: If the file is missing, damaged, or of another schema version.
    """
    return to_frame(read_table(path))


def read_table(path: Path) -> pa.Table:
    """One of our tables as arrow holds it: missing values are null, and nothing is converted.

    Raises:
        ResultsError: If the file is missing, damaged, or of another schema version.
    """
    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise ResultsError(f"{path} is missing; --rebuild makes it from the journal") from error
    except (OSError, pa.ArrowException) as error:
        raise ResultsError(f"{path} cannot be read as Parquet: {error}; --rebuild makes it anew") from error
    version = (table.schema.metadata or {}).get(b"schema_version", b"none").decode()
    if version != SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}, expected {SCHEMA_VERSION}; --rebuild makes it anew"
        )
    return table


def to_frame(table: pa.Table) -> pd.DataFrame:
    """An arrow table as a frame; integers and booleans keep their type where values are missing."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_NULLABLE.get)
    return frame
