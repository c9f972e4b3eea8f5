"""What one search folder has confirmed: its chosen config's runs, their curves, and the settings they came from.

It reads search.yaml and the Parquet tables alone, so a folder without its journal will do. It compares nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from harness.errors import ResultsError
from harness.records import HONEST
from harness.reporting import schemas
from harness.reporting.differences import flat
from harness.reporting.parquet import read_frame
from harness.reporting.rank import choose_config
from harness.reporting.suite_file import is_suite

_CONFIG = [column.name for column in schemas.CONFIG if column.name not in ("seed", "rule")]
_DATA = ("dataset", "protocol", "fingerprint", "split_hash", "class_names", "skipped_images", "faces")
_PROVENANCE = ("git_commit", "git_dirty", "packages", "hardware", "device")
_AS_JSON = ("faces", "packages", "hardware")


@dataclass(frozen=True, kw_only=True, eq=False)
class Confirmed:
    """The confirmed config of a search.

    Attributes:
        label: How it is called in words.
        folder: Of the search.
        settings: Of search.yaml, by dotted key, without the name.
        objective: The validation metric that chose the config.
        trial: Number of the trial whose config it is.
        runs: Its finished honest rows of runs.parquet, at least one, by repeat.
        epochs: Their rows of epochs.parquet.
        of_suite: Whether the folder lies among the searches of a suite.
    """

    label: str
    folder: Path
    settings: Mapping[str, Any]
    objective: str
    trial: int
    runs: pd.DataFrame
    epochs: pd.DataFrame
    of_suite: bool

    @property
    def metric(self) -> str:
        """The objective, of the test split."""
        return "test_" + self.objective.removeprefix("val_")

    @property
    def values(self) -> list[float]:
        """The metric, one per fresh seed, each the mean over the folds."""
        return [float(value) for value in self.runs[self.metric]]

    @property
    def seeds(self) -> list[int]:
        """The fresh seeds, in the order of `values`."""
        return [int(seed) for seed in self.runs["seed"]]

    @property
    def folds(self) -> int:
        """Test folds of each run."""
        return int(self.runs["folds"].max())

    @property
    def class_names(self) -> list[str]:
        """C names, in the order of the confusion matrices."""
        return [str(name) for name in self.runs["class_names"].iloc[0]]

    def config(self) -> dict[str, Any]:
        """The chosen config, as trained."""
        return {name: _plain(self.runs.iloc[0][name]) for name in _CONFIG}

    def data(self) -> dict[str, Any]:
        """Which faces, classes and split the numbers are of."""
        return _told(self.runs, _DATA)

    def provenance(self) -> dict[str, Any]:
        """Code, packages and hardware that gave the numbers."""
        return _told(self.runs, _PROVENANCE)


def read_confirmed(folder: Path, *, label: str) -> Confirmed:
    """Reads what a search folder has confirmed; the config is chosen as the leaderboard chooses it.

    Args:
        folder: Of the search.
        label: How it is called in words.

    Raises:
        ResultsError: If a file is missing or damaged, or no confirmation run ran to its end.
    """
    runs = read_frame(folder / "runs.parquet")
    trials = read_frame(folder / "trials.parquet")
    if trials.empty:
        raise ResultsError(f"{folder / 'trials.parquet'} has no trial yet; run the search first")
    objective = str(trials.iloc[0]["objective"])
    finished = runs[(runs["rule"] == HONEST) & (runs["state"] == "COMPLETE")]
    trial = choose_config(finished, objective=objective)
    if trial is None:
        raise ResultsError(
            f"{folder} has no confirmed config to compare: expected a finished honest run in runs.parquet, got "
            f"{len(runs)} runs and none of that kind; run its search again with confirm.top of 1 or more"
        )
    chosen = finished[finished["trial"] == trial].sort_values("repeat", ignore_index=True)
    _check_metric(folder, chosen, metric="test_" + objective.removeprefix("val_"))
    return Confirmed(
        label=label,
        folder=folder,
        settings=_settings(folder / "search.yaml"),
        objective=objective,
        trial=trial,
        runs=chosen,
        epochs=_curves(read_frame(folder / "epochs.parquet"), trial=trial, repeats=chosen["repeat"]),
        of_suite=is_suite(folder.parent),
    )


def _check_metric(folder: Path, runs: pd.DataFrame, *, metric: str) -> None:
    """Faces that are tested elsewhere may be no sequences, though those of the objective are."""
    if runs[metric].isna().any():
        raise ResultsError(
            f"{folder / 'runs.parquet'}: expected {metric} of each confirmation run, got none; search with a "
            "protocol.objective that the test faces have, too"
        )


def _curves(epochs: pd.DataFrame, *, trial: int, repeats: pd.Series) -> pd.DataFrame:
    """The epochs of the honest runs. Leaky ones have the same keys and no rule here, but stand behind them."""
    mine = epochs[
        (epochs["phase"] == "confirmation") & (epochs["number"] == trial) & epochs["repeat"].isin(repeats)
    ]
    return mine.drop_duplicates(["repeat", "fold", "epoch"], keep="first")


def _settings(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text())
        if isinstance(values, Mapping):
            return flat({key: value for key, value in values.items() if key != "name"})
    except FileNotFoundError as error:
        raise ResultsError(f"{path} is missing; copy it from where the search was run") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise ResultsError(f"{path} is damaged: {what}; restore it from a copy") from error
    raise ResultsError(f"{path} is damaged: expected settings, got {values!r}; restore it from a copy")


def _told(runs: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """What the rows say by dotted key; a search that went on elsewhere says several things, joined by `and`."""
    rows = [flat({name: _parsed(row[name], name) for name in columns}) for row in runs.to_dict("records")]
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        said = [row.get(key) for row in rows]
        different = [value for place, value in enumerate(said) if value not in said[:place]]
        found[key] = different[0] if len(different) == 1 else " and ".join(map(str, different))
    return found


def _parsed(cell: Any, column: str) -> Any:
    return json.loads(cell) if column in _AS_JSON else _plain(cell)


def _plain(cell: Any) -> Any:
    """A cell as JSON knows it."""
    if isinstance(cell, np.ndarray | list):
        return [_plain(value) for value in cell]
    return None if pd.isna(cell) else cell.item() if hasattr(cell, "item") else cell
