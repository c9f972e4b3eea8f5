"""All that a report shows of a results folder, read once. It draws nothing, and knows no journal.

A search that cannot be read is told, and does not stop the others, as in the leaderboard.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import ResultsError
from harness.records import HONEST
from harness.reporting.leaderboard import leaderboard
from harness.reporting.own_files import own_file
from harness.reporting.parquet import read_frame
from harness.reporting.rank import COMPARABLE
from harness.reporting.run_name import safe
from harness.reporting.suite_file import Suite, read_suite_file

EMBEDDED = ("tensors.tsv", "metadata.tsv", "sprite.png")
"""Embedding, class and picture of each validation face."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Searched:
    """One search and all its tables.

    Attributes:
        name: Of its folder.
        row: Its honest row of the leaderboard.
        text: Its search file; empty where there is none.
        trials: Rows of trials.parquet.
        epochs: Rows of epochs.parquet.
        runs: Rows of runs.parquet.
        embedded: The best trial's `EMBEDDED`, as TensorBoard's projector finds them; none where they are not kept here.
        group: What it may be compared within: the dataset, with protocol and faces where there are several.
        short: How it is called within its group: by its method where that is its alone.
    """

    name: str
    row: Mapping[Hashable, Any]
    text: str
    trials: pd.DataFrame
    epochs: pd.DataFrame
    runs: pd.DataFrame
    embedded: tuple[Path, ...]
    group: str
    short: str

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return str(self.row["dataset"])

    @property
    def method(self) -> str:
        """Name of the method."""
        return str(self.row["method"])

    @property
    def label(self) -> str:
        """How a reader picks it among all."""
        return f"{self.group} / {self.short}"

    @property
    def objective(self) -> str:
        """The validation metric that was maximised."""
        return str(self.trials["objective"].iloc[0])

    @property
    def class_names(self) -> list[str]:
        """In the order of the label ids."""
        return list(map(str, self.trials["class_names"].iloc[0]))

    @property
    def confirmed(self) -> pd.DataFrame:
        """The finished honest runs of the chosen config: what the row is a mean of."""
        runs = self.runs
        mine = (runs["trial"] == self.row["trial"]) & (runs["rule"] == HONEST) & (runs["state"] == "COMPLETE")
        return runs[mine.fillna(value=False).astype(bool)]

    @property
    def confirmed_epochs(self) -> pd.DataFrame:
        """The curves of the chosen config's honest runs; those of leaky rules have equal keys and stand behind them."""
        epochs = self.epochs
        mine = (epochs["phase"] == "confirmation") & (epochs["number"] == self.row["trial"])
        curves = epochs[mine.fillna(value=False).astype(bool)]
        return curves.drop_duplicates(["repeat", "fold", "epoch"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """A results folder, read.

    Attributes:
        results: The folder.
        board: The leaderboard's rows.
        searches: In the order of the leaderboard.
        suite: What the folder is a suite of; None for a folder of single searches.
        problems: A line for each search that could not be read.
    """

    results: Path
    board: pd.DataFrame
    searches: tuple[Searched, ...]
    suite: Suite | None
    problems: tuple[str, ...]

    @property
    def groups(self) -> dict[str, list[Searched]]:
        """The searches that may be compared, by what they have in common."""
        names = dict.fromkeys(each.group for each in self.searches)
        return {name: [each for each in self.searches if each.group == name] for name in names}

    @property
    def methods(self) -> list[str]:
        """What searches are called within their groups: the suite's methods in its own order, others as they come."""
        first = self.suite.methods if self.suite else ()
        known = list(dict.fromkeys(each.short for each in self.searches))
        return [*(name for name in first if name in known), *(name for name in known if name not in first)]


def collect(results: Path) -> Material:
    """Reads a results folder.

    Args:
        results: A folder of searches, or a suite's.

    Raises:
        ResultsError: If there is no such folder, or its suite.yaml is damaged.
    """
    board = leaderboard(results)
    honest = board.frame[board.frame["rule"] == HONEST].to_dict("records")
    searches, problems = [], list(board.problems)
    for row, group, short in zip(honest, _group_names(honest), _short_names(honest), strict=True):
        try:
            searches.append(_search(results, row, group=group, short=short))
        except ResultsError as error:
            problems.append(str(error))
    return Material(
        results=results,
        board=board.frame,
        searches=tuple(searches),
        suite=read_suite_file(results),
        problems=tuple(problems),
    )


def _group_names(rows: list[dict[Hashable, Any]]) -> list[str]:
    """The dataset; with as much of what rows rank by as tells the groups of one dataset apart."""
    names = [str(row["dataset"]) for row in rows]
    keys = [tuple(str(row[column]) for column in COMPARABLE) for row in rows]
    for column in COMPARABLE[1:]:
        groups = {name: {key for key, own in zip(keys, names, strict=True) if own == name} for name in names}
        names = [
            f"{name}, {row[column]}" if len(groups[name]) > 1 else name
            for name, row in zip(names, rows, strict=True)
        ]
    return names


def _short_names(rows: list[dict[Hashable, Any]]) -> list[str]:
    """The method; the search's name where several searches of a group are of one method."""
    keys = [tuple(str(row[column]) for column in (*COMPARABLE, "method")) for row in rows]
    return [
        str(row["method"] if keys.count(key) == 1 else row["search"])
        for key, row in zip(keys, rows, strict=True)
    ]


def _search(results: Path, row: Mapping[Hashable, Any], *, group: str, short: str) -> Searched:
    folder = results / str(row["search"])
    spec = own_file(folder, "search.yaml")
    best = ("tensorboard", safe(str(row["dataset"])), safe(str(row["method"])), "best")
    embedded = [path for name in EMBEDDED if (path := own_file(folder, *best, name))]
    return Searched(
        name=str(row["search"]),
        row=row,
        text=spec.read_text(encoding="utf-8", errors="replace") if spec else "",
        trials=read_frame(folder / "trials.parquet"),
        epochs=read_frame(folder / "epochs.parquet"),
        runs=read_frame(folder / "runs.parquet"),
        embedded=tuple(embedded) if len(embedded) == len(EMBEDDED) else (),
        group=group,
        short=short,
    )
