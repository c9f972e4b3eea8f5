"""Stored runs against the same runs made again: which numbers differ, and what differs in where they come from.

It does not know how a run is made. Numbers are compared as they are, to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.records import Provenance, RunRecord, SearchRecord
from harness.reporting.schemas import BY_FOLD, POOLED, TEST_METRICS, VAL_METRICS
from harness.reporting.stored_runs import StoredRun
from harness.reporting.tables import runs_table

COMPARED = (
    "state", "folds", "chosen_epochs", *VAL_METRICS, *TEST_METRICS, *(f"fold_{name}" for name in BY_FOLD), *POOLED,
    "confusion", "sequence_confusion",
)  # fmt: skip
"""The columns of runs.parquet that say what came out of a run, but for times, device and host."""


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """One run, as it is stored and as it came out now.

    Attributes:
        repeat: Which of the fresh seeds, from 0.
        seed: That seed.
        stored: The row of runs.parquet.
        found: The same row, made again.
        differing: Columns out of `COMPARED` that are not equal.
    """

    repeat: int
    seed: int
    stored: Mapping[str, Any]
    found: Mapping[str, Any]
    differing: tuple[str, ...]


class Difference(NamedTuple):
    """A part of the provenance, such as `torch`, that is not known to be the same."""

    part: str
    stored: str
    now: str


def compare_run(stored: StoredRun, found: RunRecord) -> RunComparison:
    """Compares what came out of a run; columns that the stored file does not have are left out."""
    row = runs_table(SearchRecord(trials=(), runs=(found,))).to_pylist()[0]
    return RunComparison(
        repeat=stored.repeat,
        seed=stored.config.seed,
        stored=stored.row,
        found=row,
        differing=tuple(
            name for name in COMPARED if name in stored.row and not _equal(stored.row[name], row[name])
        ),
    )


def _equal(stored: Any, found: Any) -> bool:
    if isinstance(stored, list) and isinstance(found, list):
        return len(stored) == len(found) and all(map(_equal, stored, found))
    both_nan = all(isinstance(value, float) and math.isnan(value) for value in (stored, found))
    return both_nan or bool(stored == found)


CHANGES = "uncommitted changes"


def origin(provenance: Provenance, *, device: str | None, threads: int) -> dict[str, str]:
    """All that can change a number, part by part, in words: device, threads, packages, hardware, code."""
    changes = {True: "yes", False: "no", None: "unknown"}[provenance.git_dirty]
    return {
        "device": device or "unknown",
        "threads": str(threads),
        **provenance.packages,
        **provenance.hardware,
        "git commit": provenance.git_commit or "unknown",
        CHANGES: changes,
    }


def differences(
    stored: Sequence[Mapping[str, str]], now: Sequence[Mapping[str, str]]
) -> tuple[Difference, ...]:
    """The parts that differ between two groups of runs, and those of which nobody can say that they do not.

    Args:
        stored: An `origin` per stored run; a search that was extended may have several.
        now: An `origin` per run made again.
    """
    parts = dict.fromkeys(part for each in (*stored, *now) for part in each)
    told = [Difference(part, _told(stored, part), _told(now, part)) for part in parts]
    return tuple(each for each in told if each.stored != each.now or _uncertain(each))


def _told(origins: Sequence[Mapping[str, str]], part: str) -> str:
    return ", ".join(dict.fromkeys(each.get(part, "none") for each in origins))


def _uncertain(each: Difference) -> bool:
    """Two checkouts with changes, or two of unknown commit, are not known to hold the same code."""
    return each.now == "unknown" or (each.part == CHANGES and "yes" in each.now)
