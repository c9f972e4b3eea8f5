"""Whom the confirmed config takes for whom, and what it finds of each class. It computes shares of counts, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.reporting.recall import recall_by_class
from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import empty
from harness.reporting.report.section import Figure


def confusions(search: Searched) -> NDArray[np.float64]:
    """Counts `[runs, C, C]`, truth by row; of the confirmed config's runs."""
    classes = len(search.class_names)
    kept = [
        np.stack([np.asarray(row, dtype=np.float64) for row in matrix])
        for matrix in search.confirmed["confusion"]
        if matrix is not None and len(matrix) == classes
    ]
    return np.stack(kept) if kept else np.empty((0, classes, classes))


def recalls(search: Searched) -> NDArray[np.float64]:
    """Recall per run and class `[runs, C]`; NaN for a class without test faces."""
    return recall_by_class(confusions(search))


def confusion(search: Searched) -> Figure | None:
    """The matrix over all fresh seeds; None where nothing was confirmed."""
    counts = confusions(search)
    if not len(counts):
        return None
    total, names = counts.sum(axis=0), search.class_names
    shares = 100 * total / np.maximum(total.sum(axis=1, keepdims=True), 1)
    figure = empty(height=160 + 52 * len(names))
    figure.add_heatmap(
        x=names,
        y=names,
        z=shares.round(2).tolist(),
        customdata=total.tolist(),
        colorscale="Blues",
        zmin=0,
        zmax=100,
        texttemplate="%{z:.0f}",
        hovertemplate="true %{y}, predicted %{x}: %{z:.1f} % (%{customdata:.0f} of all seeds)<extra></extra>",
        colorbar={"title": "%", "thickness": 12},
        xgap=2,
        ygap=2,
    )
    figure.update_xaxes(title="predicted", side="bottom", tickangle=-40, automargin=True, showgrid=False)
    figure.update_yaxes(title="true", autorange="reversed", automargin=True, showgrid=False)
    off = shares - np.diag(np.diagonal(shares))
    truth, taken = np.unravel_index(int(off.argmax()), off.shape)
    caption = (
        f"{search.label}: shares of each true class in percent, test faces of {len(counts)} fresh seeds together. "
        f"Most often mistaken: {names[truth]} for {names[taken]}, {off[truth, taken]:.0f} %."
    )
    return Figure(name=search.label, figure=figure, caption=caption)


def recall(group: str, searches: Sequence[Searched], *, colours: Mapping[str, str]) -> Figure | None:
    """Recall of each class by search, mean over fresh seeds with the range; None where nothing was confirmed."""
    figure, least = empty(height=440), []
    for each in searches:
        values = 100 * recalls(each)
        known = [
            place for place in range(values.shape[1]) if len(values) and not np.isnan(values[:, place]).all()
        ]
        if not known:
            continue
        means, lows, highs = (take(values[:, known], axis=0) for take in (np.nanmean, np.nanmin, np.nanmax))
        names = [each.class_names[place] for place in known]
        figure.add_bar(
            x=names,
            y=means.tolist(),
            name=each.short,
            marker={"color": colours[each.short]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (highs - means).tolist(),
                "arrayminus": (means - lows).tolist(),
                "thickness": 1,
                "width": 3,
                "color": "#7A7A7A",
            },
            hovertemplate="%{x}: %{y:.1f} %",
        )
        worst = int(means.argmin())
        least.append(f"{names[worst]} {means[worst]:.0f} % ({each.short})")
    if not least:
        return None
    figure.update_layout(barmode="group", bargap=0.2, bargroupgap=0.05)
    figure.update_yaxes(title="recall on test, %", range=[0, 100])
    caption = (
        f"{group}: recall of each class, means over fresh seeds with their range. Lowest: {', '.join(least)}."
    )
    return Figure(name=group, figure=figure, caption=caption)
