"""All trials of a search as lines over their parameters; those that did not run to their end are dim."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import empty
from harness.reporting.report.section import Figure
from harness.reporting.wording import metric_words

MOST = 1_500
"""Lines that one can still see; of more trials, the last ones that many are drawn."""

WIDE = 8
"""Ratio of a parameter's values from which its axis is drawn in powers of ten."""

_DIM = "rgba(150,160,170,0.25)"


def parallel(search: Searched) -> Figure | None:
    """An axis per searched parameter and one for the objective; None with fewer than two trials or axes."""
    ended = search.trials[search.trials[search.objective].notna()].tail(MOST)
    names = [name for name in _searched(search.trials) if ended[name].nunique() > 1]
    if len(ended) < 2 or not names:
        return None
    value = 100 * ended[search.objective].astype(float)
    complete = (ended["state"] == "COMPLETE").to_numpy(dtype=bool)
    figure = empty(height=440)
    figure.add_parcoords(
        dimensions=[
            *(_axis(ended[name], name) for name in names),
            {"label": metric_words(search.objective) + ", %", "values": value.round(2).tolist()},
        ],
        line=_colours(value.to_numpy(), complete),
        labelangle=-18,
        labelside="top",
    )
    figure.update_layout(margin={"l": 70, "r": 60, "t": 90, "b": 30})
    cut = f" (the last {MOST:,} of {len(search.trials):,})" if len(search.trials) > MOST else ""
    caption = (
        f"{search.label}: {len(ended):,} trials{cut}, one line each, coloured by {metric_words(search.objective)}; the "
        f"{int((~complete).sum()):,} that were stopped early or collapsed are grey. Drag along an axis to keep a range of it."
    )
    return Figure(name=search.label, figure=figure, caption=caption)


def _searched(trials: pd.DataFrame) -> list[str]:
    """The columns of what the sampler drew; a width shows as where the range ends."""
    names = dict.fromkeys(name for drawn in trials["searched"] if drawn is not None for name in sorted(drawn))
    known = ["margin_max" if name == "margin_width" else name for name in names]
    return [name for name in dict.fromkeys(known) if name in trials]


def _axis(column: pd.Series, name: str) -> dict[str, Any]:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.astype(float)
        if values.min() > 0 and values.max() / values.min() > WIDE:
            name, values = f"log10 {name}", values.map(math.log10)
        return {"label": name, "values": [float(f"{value:.6g}") for value in values]}
    words = column.astype(str)
    levels = sorted(words.unique())
    places = {word: place for place, word in enumerate(levels)}
    return {
        "label": name,
        "values": [places[word] for word in words],
        "tickvals": list(range(len(levels))),
        "ticktext": levels,
    }


def _colours(value: np.ndarray, complete: np.ndarray) -> dict[str, Any]:
    """Trials that are not complete get a value below all others, whose colour is grey."""
    scale = ["#4f83c4", "#3aa0a8", "#59a84b", "#c79a1e", "#d9541e"]  # seen on white and on black
    kept = value[complete] if complete.any() else value
    low, high = float(kept.min()), float(kept.max())
    reach = max(high - low, 1e-6)
    bottom = round(low - 0.25 * reach, 3)
    steps = [[0.0, _DIM], [0.1, _DIM]]
    steps += [[0.2 + 0.8 * place / (len(scale) - 1), colour] for place, colour in enumerate(scale)]
    return {
        "color": np.where(complete, value, bottom).round(3).tolist(),
        "colorscale": steps,
        "cmin": bottom,
        "cmax": low + reach,
    }
