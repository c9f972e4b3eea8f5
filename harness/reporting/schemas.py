"""The columns of every Parquet file under results/, and their types. It does not know how rows are made.

The columns of a config and of a provenance are read off the dataclasses, so a field added there is a column
here. All files of one kind have one schema, also when empty, so files of many searches concatenate.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from harness.records import Provenance, SliceReport, TrialConfig

SCHEMA_VERSION = "2"  # counts up whenever a column is renamed, retyped or removed

SEQUENCE_METRICS = ("sequence_uar", "sequence_accuracy")  # null where faces are no frames of sequences
METRICS = ("uar", "accuracy", "macro_f1", "p_at_1", "r_precision", "map_at_r", *SEQUENCE_METRICS)
VAL_METRICS = tuple(f"val_{name}" for name in METRICS)
TEST_METRICS = tuple(f"test_{name}" for name in METRICS)

# Of a confirmation run: each fold by itself, and all folds' faces (or sequences) counted together.
BY_FOLD = tuple(f"test_{name}" for name in ("accuracy", "uar", *SEQUENCE_METRICS))
POOLED = tuple(f"pooled_{name}" for name in BY_FOLD)

# What may differ between two searches that did the same on one machine; everything else is equal.
TIME_COLUMNS = ("started", "seconds", "train_seconds")

_SCALARS = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}


def arrow_type(hint: Any) -> pa.DataType:
    """The column type of a record's field: scalars as they are, tuples as lists, mappings as JSON text.

    Every column may be null, so `X | None` is the type of `X`.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return arrow_type(next(part for part in arguments if part is not types.NoneType))
    if origin is tuple:
        return pa.list_(arrow_type(arguments[0]))
    return pa.string() if origin is Mapping else _SCALARS[hint]


def record_fields(record: type) -> list[pa.Field]:
    """A column per field of a record's dataclass, in its order."""
    return [pa.field(name, arrow_type(hint)) for name, hint in typing.get_type_hints(record).items()]


def _floats(names: tuple[str, ...]) -> list[pa.Field]:
    return [pa.field(name, pa.float64()) for name in names]


def _schema(*fields: pa.Field) -> pa.Schema:
    return pa.schema(fields, metadata={"schema_version": SCHEMA_VERSION})


# The objective is the search's, so it comes with the provenance.
CONFIG = [column for column in record_fields(TrialConfig) if column.name != "objective"]
PROVENANCE = record_fields(Provenance)
SLICES = [pa.field(f"slice_{column.name}", pa.list_(column.type)) for column in record_fields(SliceReport)]

_COUNTS = pa.list_(pa.int64())
_ENDED = [pa.field("state", pa.string()), pa.field("reason", pa.string())]
_SPENT = [
    *_floats(("seconds", "train_seconds")),
    pa.field("device", pa.string()),
    pa.field("host", pa.string()),
]

TRIALS = _schema(
    pa.field("number", pa.int64()),
    *_ENDED,
    *CONFIG,
    pa.field(
        "searched", pa.list_(pa.string())
    ),  # the parameters that the sampler drew; the others are the file's
    *_floats(VAL_METRICS),  # at the chosen epochs
    *_floats(tuple(f"last_{name}" for name in VAL_METRICS)),
    pa.field("epochs_reported", pa.int64()),  # `epochs` is what was asked for, per fold
    pa.field("chosen_epochs", _COUNTS),
    *_SPENT,
    pa.field("started", pa.timestamp("us", tz="UTC")),
    *PROVENANCE,
)

EPOCHS = _schema(
    pa.field("phase", pa.string()),  # `search` or `confirmation`
    pa.field("number", pa.int64()),
    pa.field("repeat", pa.int64()),  # null in the search
    pa.field("fold", pa.int64()),
    pa.field("epoch", pa.int64()),
    pa.field("loss", pa.float64()),
    *_floats(VAL_METRICS),
    pa.field("collapsed", pa.bool_()),
    *SLICES,
    *_floats(("seconds", "train_seconds")),
    *PROVENANCE,
)

RUNS = _schema(
    pa.field("trial", pa.int64()),
    pa.field("repeat", pa.int64()),
    *_ENDED,
    *CONFIG,
    pa.field("folds", pa.int64()),  # finished ones
    pa.field("chosen_epochs", _COUNTS),
    *_floats(VAL_METRICS),
    *_floats(TEST_METRICS),
    *(pa.field(f"fold_{name}", pa.list_(pa.float64())) for name in BY_FOLD),
    *_floats(POOLED),
    pa.field("confusion", pa.list_(_COUNTS)),  # [truth][prediction], named by `class_names`
    pa.field("sequence_confusion", pa.list_(_COUNTS)),
    *_SPENT,
    *PROVENANCE,
)

SWEEP = _schema(
    *(
        pa.field(name, pa.string()) for name in ("sweep", "parameter", "level")
    ),  # which is varied, and its value here
    pa.field("tested", pa.bool_()),  # whether the test split was opened
    pa.field("collapsed", pa.bool_()),  # in its last epoch, of any fold
    *RUNS,  # `trial` is the one whose config is varied
)

# Without `seed`: the row is a mean over several.
LEADERBOARD = _schema(
    pa.field(
        "rank", pa.int64()
    ),  # among honest rows of equal dataset, protocol, fingerprint, split_hash and metric
    *(pa.field(name, pa.string()) for name in ("dataset", "protocol", "method", "search", "metric")),
    *_floats(("mean", "low", "high")),  # of the metric on the test split, over fresh seeds
    pa.field("n", pa.int64()),
    pa.field("runs_failed", pa.int64()),
    pa.field("folds", pa.int64()),
    *_floats(("fold_sd",)),  # of the metric over the folds, mean over the seeds
    *_floats(("test_uar", "test_accuracy", "test_macro_f1", "test_sequence_uar", "test_sequence_accuracy")),
    *_floats(POOLED),
    pa.field("val_mean", pa.float64()),  # of the objective, over the same fresh seeds
    pa.field(
        "search_val", pa.float64()
    ),  # of the objective in the search itself: optimistic, it was selected
    pa.field("trial", pa.int64()),
    *(column for column in CONFIG if column.name != "seed"),
    *(pa.field(f"trials_{state}", pa.int64()) for state in ("complete", "pruned", "failed")),
    pa.field("compute_seconds", pa.float64()),  # search and confirmation
    pa.field("fingerprint", pa.string()),
    pa.field("split_hash", pa.string()),
    pa.field("skipped_images", pa.int64()),
    pa.field("git_commit", pa.string()),
    pa.field("git_dirty", pa.bool_()),
)
