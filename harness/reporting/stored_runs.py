"""The confirmation runs behind a leaderboard row, read back from runs.parquet. It does not know how a run is trained again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ResultsError
from harness.records import Provenance, TrialConfig
from harness.reporting.parquet import read_table, to_frame
from harness.reporting.rank import confirmed_trial

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A confirmation run that ran to its end.

    Attributes:
        row: As runs.parquet holds it; a file of an older version may lack columns.
        config: What was trained, with its fresh seed.
        provenance: Where it was trained, on what, by which code.
    """

    row: Row
    config: TrialConfig
    provenance: Provenance

    @property
    def trial(self) -> int:
        """Number of the trial whose config was confirmed."""
        return int(self.row["trial"])

    @property
    def repeat(self) -> int:
        """Which of the fresh seeds, from 0."""
        return int(self.row["repeat"])


def read_runs_of_row(path: Path, *, objective: str, rule: str) -> tuple[StoredRun, ...]:
    """The runs whose mean a leaderboard row shows.

    Args:
        path: A runs.parquet.
        objective: The search's, such as `val_uar`: it chose the trial.
        rule: `honest`, or the leaky rule of a row that does not rank.

    Raises:
        ResultsError: If the file is missing or damaged, or holds no such run.
    """
    table = read_table(path)
    try:
        trial = confirmed_trial(to_frame(table), objective=objective)
        rows = [row for row in table.to_pylist() if row["state"] == "COMPLETE"]
        runs = tuple(_to_run(row) for row in rows if (row["trial"], row["rule"]) == (trial, rule))
        rules = sorted({row["rule"] for row in rows})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"{path} is damaged: {error}; restore it from a copy") from error
    if not runs:
        raise ResultsError(
            f"{path}: expected runs under the rule {rule!r} that ran to their end, got "
            f"{'none' if not rules else 'some under ' + ', '.join(rules) + ' alone'}; "
            "a search confirms when its trials are done, and only with confirm.top above 0"
        )
    return runs


def _to_run(row: Row) -> StoredRun:
    # A null is a field that an older version did not know: its default is what was trained.
    known = [field.name for field in dataclasses.fields(TrialConfig) if row.get(field.name) is not None]
    return StoredRun(
        row=row,
        config=TrialConfig(**{name: row[name] for name in known}),
        provenance=Provenance.from_dict({name: _value(name, row) for name in _PROVENANCE}),
    )


_PROVENANCE = [field.name for field in dataclasses.fields(Provenance)]
_MAPPINGS = ("faces", "packages", "hardware")  # in Parquet these are JSON text


def _value(name: str, row: Row) -> Any:
    return json.loads(row[name]) if name in _MAPPINGS else row[name]
