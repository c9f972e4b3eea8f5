"""The tables of a report that stand for themselves: trials, failures, provenance, published numbers. It draws nothing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pandas as pd

from harness.reporting.report.collect import Material, Searched
from harness.reporting.report.section import Table
from harness.reporting.wording import MISSING, duration, margins, percent


def trials_table(material: Material) -> Table:
    """Every trial of every search."""
    columns = ("search", "trial", "state", "N", "margins", "loss", "validation %", "epochs", "time", "reason")
    rows = [row for each in material.searches for row in _trial_rows(each)]
    caption = f"{len(rows):,} trials"
    return Table(
        caption=caption,
        columns=columns,
        rows=rows,
        numbers=frozenset({"trial", "N", "margins", "validation %", "epochs", "time"}),
        paged=True,
    )


def _trial_rows(search: Searched) -> list[list[str]]:
    return [
        [
            search.name,
            str(row["number"]),
            str(row["state"]).lower(),
            str(row["slices"]),
            margins(loss=row["loss"], slices=row["slices"], low=row["margin_min"], high=row["margin_max"]),
            str(row["loss"]),
            percent(row[search.objective]),
            MISSING if pd.isna(row["epochs_reported"]) else str(row["epochs_reported"]),
            duration(row["seconds"]),
            str(row["reason"] or ""),
        ]
        for row in search.trials.to_dict("records")
    ]


def failures_table(material: Material) -> Table | None:
    """How many trials and confirmation runs ended early, by reason; None where all ran to their end."""
    rows = []
    for each in material.searches:
        for kind, frame in (("trials", each.trials), ("confirmation runs", each.runs)):
            ended = frame[frame["state"] != "COMPLETE"]
            for (state, reason), count in Counter(zip(ended["state"], ended["reason"], strict=True)).items():
                rows.append(
                    [
                        each.label,
                        kind,
                        str(state).lower(),
                        str(reason),
                        str(count),
                        f"{100 * count / len(frame):.0f}",
                    ]
                )
    if not rows:
        return None
    columns = ("search", "what", "state", "reason", "how many", "% of them")
    return Table(
        caption="Trials and confirmation runs that ended early, by reason",
        columns=columns,
        rows=rows,
        numbers=frozenset(columns[4:]),
    )


def provenance_table(material: Material) -> Table:
    """Where each search's numbers come from."""
    columns = ("search", "faces", "fingerprint", "split", "code", "packages", "hardware")
    rows = [[each.name, *_provenance(each)] for each in material.searches]
    return Table(
        caption="Faces, code, packages and hardware of each search's last training",
        columns=columns,
        rows=rows,
    )


def _provenance(search: Searched) -> list[str]:
    row = (search.trials if search.runs.empty else search.runs).iloc[-1]
    commit = str(row["git_commit"])[:10] or "not known"
    changed = " with changes" if row["git_dirty"] is True or row["git_dirty"] == 1 else ""
    return [
        _pairs(row["faces"]),
        str(row["fingerprint"]),
        str(row["split_hash"]),
        commit + changed,
        _pairs(row["packages"]),
        _pairs(row["hardware"]),
    ]


def _pairs(text: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in json.loads(text).items())


def published_table(frame: pd.DataFrame) -> Table | None:
    """Published numbers of the datasets at hand; None where none are known."""
    if frame.empty:
        return None
    names = ("dataset", "method", "year", "metric", "value_percent", "classes", "caveat", "source")
    rows = [
        [MISSING if pd.isna(row[name]) else str(row[name]) for name in names]
        for row in frame.to_dict("records")
    ]
    columns = tuple("%" if name == "value_percent" else name for name in names)
    return Table(
        caption="As their sources give them; made by other protocols, never in a rank",
        columns=columns,
        rows=rows,
        numbers=frozenset({"%", "year"}),
    )
