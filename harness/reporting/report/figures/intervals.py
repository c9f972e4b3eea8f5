"""The confirmed metric of each search of a dataset: every fresh seed, the mean, its interval. It computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import empty, faint
from harness.reporting.report.section import Figure
from harness.reporting.wording import metric_words, percent


def intervals(group: str, searches: Sequence[Searched], *, colours: Mapping[str, str]) -> Figure | None:
    """Best on top; None where nothing was confirmed."""
    measured = [each for each in searches if not pd.isna(each.row["mean"])]
    if not measured:
        return None
    metric = str(measured[0].row["metric"])
    figure = empty(height=110 + 46 * len(measured))
    for each in sorted(measured, key=lambda each: float(each.row["mean"])):
        colour, row = colours[each.short], each.row
        seeds = (100 * each.confirmed[metric].astype(float)).tolist()
        name = each.short
        figure.add_scatter(
            x=seeds,
            y=[name] * len(seeds),
            mode="markers",
            marker={"color": faint(colour, opacity=0.45), "size": 8},
            hovertemplate="%{x:.1f} % on one fresh seed<extra>" + name + "</extra>",
            showlegend=False,
        )
        mean, low, high = (100 * float(row[part]) for part in ("mean", "low", "high"))
        known = low == low
        figure.add_scatter(
            x=[mean],
            y=[name],
            mode="markers",
            marker={"color": colour, "size": 13, "symbol": "diamond"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - mean] if known else [0],
                "arrayminus": [mean - low] if known else [0],
                "color": colour,
                "thickness": 2.5,
                "width": 7,
            },
            hovertemplate=f"{mean:.1f} % [{low:.1f}, {high:.1f}], n = {row['n']}<extra>{name}</extra>",
            showlegend=False,
        )
    figure.update_xaxes(title=f"{metric_words(metric)}, %")
    figure.update_yaxes(automargin=True, type="category")
    best = max(measured, key=lambda each: float(each.row["mean"]))
    caption = (
        f"{group}: {metric_words(metric)} of {len(measured)} searches; dots are fresh seeds, diamonds their means with the "
        f"95 % interval. Highest mean: {best.label}, {percent(best.row['mean'])} %."
    )
    return Figure(name=group, figure=figure, caption=caption)
