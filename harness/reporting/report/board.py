"""The leaderboard as a report shows it: a row per search, its interval drawn, its search file at hand. It ranks nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from harness.records import HONEST
from harness.reporting.report.collect import Material
from harness.reporting.wording import MISSING, duration, margins, metric_words, percent


def board_view(material: Material) -> dict[str, Any]:
    """Rows, the choices of the filters, and each search's file.

    Intervals are drawn on one scale per metric, from the lowest bound to the highest.
    """
    rows = material.board.to_dict("records")
    scales = {metric: _scale(frame) for metric, frame in material.board.groupby("metric")}
    metrics = sorted(set(material.board["metric"]))
    honest = material.board[material.board["rule"] == HONEST]
    protocols = honest.groupby("dataset")["protocol"].unique()
    return {
        "rows": [_row(row, scale=scales[row["metric"]]) for row in rows],
        "metric": metric_words(metrics[0]) if len(metrics) == 1 else "",
        "protocols": {name: known[0] for name, known in protocols.items() if len(known) == 1},
        "datasets": sorted(set(material.board["dataset"])),
        "methods": list(dict.fromkeys(material.board["method"])),
        "files": {
            each.name: {"text": each.text, "title": each.label, "command": _command(each.name)}
            for each in material.searches
        },
    }


def _command(search: str) -> str:
    return f"python -m harness.search {search}.yaml"


def _scale(rows: pd.DataFrame) -> tuple[float, float]:
    bounds = rows[["mean", "low", "high"]].to_numpy(dtype=np.float64)
    if np.isnan(bounds).all():
        return 0.0, 1.0
    low, high = float(np.nanmin(bounds)), float(np.nanmax(bounds))
    return (low, high) if high > low else (low - 0.01, low + 0.01)


def _row(row: Mapping[Hashable, Any], *, scale: tuple[float, float]) -> dict[str, Any]:
    configured = not pd.isna(row["trial"])
    return {
        "rank": MISSING if pd.isna(row["rank"]) else str(row["rank"]),
        "honest": row["rule"] == HONEST,
        **{name: str(row[name]) for name in ("dataset", "protocol", "method", "search")},
        "metric": metric_words(str(row["metric"])),
        "mean": percent(row["mean"]),
        "sort": -1.0 if pd.isna(row["mean"]) else float(row["mean"]),
        "interval": MISSING if pd.isna(row["low"]) else f"[{percent(row['low'])}, {percent(row['high'])}]",
        "bar": _bar(row, scale=scale),
        "n": str(row["n"]),
        "slices": str(row["slices"]) if configured else MISSING,
        "margins": _margins(row) if configured else MISSING,
        "accuracy": percent(row["test_accuracy"]),
        "trials": f"{row['trials_complete']} / {row['trials_pruned']} / {row['trials_failed']}",
        "compute": duration(row["compute_seconds"]),
        "compute_sort": float(row["compute_seconds"]),
    }


def _margins(row: Mapping[Hashable, Any]) -> str:
    return margins(loss=row["loss"], slices=row["slices"], low=row["margin_min"], high=row["margin_max"])


def _bar(row: Mapping[Hashable, Any], *, scale: tuple[float, float]) -> dict[str, str] | None:
    """Where the interval and its mean lie, in percent of the scale; None without a mean."""
    if pd.isna(row["mean"]):
        return None
    low, high = (row["mean"] if pd.isna(row[name]) else row[name] for name in ("low", "high"))

    def place(value: float) -> float:
        return 100 * (float(value) - scale[0]) / (scale[1] - scale[0])

    return {
        "left": f"{place(low):.1f}",
        "width": f"{place(high) - place(low):.1f}",
        "mean": f"{place(row['mean']):.1f}",
    }
