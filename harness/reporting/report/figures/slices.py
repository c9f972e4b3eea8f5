"""What each slice of the confirmed config can tell on its own, against its threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import SEQUENTIAL, empty
from harness.reporting.report.section import Figure


def slices(search: Searched) -> Figure | None:
    """A point per slice, the mean over fresh seeds at their chosen epochs; None where there are no two thresholds."""
    parts = slice_table(search)
    if len(parts) < 2:
        return None
    figure = empty(height=420)
    figure.add_scatter(
        x=parts["margin"].tolist(),
        y=(100 * parts["accuracy"]).tolist(),
        mode="lines+markers",
        line={"color": "#9AA5B1", "width": 1},
        marker={
            "color": parts["active"].tolist(),
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": 1,
            "size": 13,
            "colorbar": {"title": "active<br>share", "thickness": 12},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (100 * (parts["high"] - parts["accuracy"])).tolist(),
            "arrayminus": (100 * (parts["accuracy"] - parts["low"])).tolist(),
            "thickness": 1,
            "width": 3,
            "color": "#7A7A7A",
        },
        customdata=np.stack([parts["slice"], parts["active"]], axis=1).tolist(),
        hovertemplate="slice %{customdata[0]}, τ = %{x:.3f}: %{y:.1f} %, %{customdata[1]:.0%} of triplets active<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title="threshold τ of the slice")
    figure.update_yaxes(title="validation accuracy of the slice alone, %")
    best = parts.iloc[int(parts["accuracy"].to_numpy().argmax())]
    caption = (
        f"{search.label}: accuracy of the nearest class mean on each of {len(parts)} slices alone, means over fresh seeds "
        f"with their range. Best alone: τ = {best['margin']:.2f}, {100 * best['accuracy']:.1f} %."
    )
    return Figure(name=search.label, figure=figure, caption=caption)


def slice_table(search: Searched) -> pd.DataFrame:
    """`slice`, `margin`, `active`, `accuracy`, `low`, `high`: a row per slice, by threshold; none where the loss has none."""
    chosen = _at_chosen_epochs(search)
    rows = [
        (place, margin, active, accuracy)
        for record in chosen.to_dict("records")
        for place, (margin, active, accuracy) in enumerate(
            zip(
                record["slice_margin"],
                record["slice_active_share"],
                record["slice_val_accuracy"],
                strict=True,
            )
        )
        if margin == margin  # NaN: the loss has no thresholds
    ]
    frame = pd.DataFrame(rows, columns=["slice", "margin", "active", "accuracy"])
    table = frame.groupby("slice", as_index=False).agg(
        margin=("margin", "mean"),
        active=("active", "mean"),
        accuracy=("accuracy", "mean"),
        low=("accuracy", "min"),
        high=("accuracy", "max"),
    )
    return table.sort_values("margin", ignore_index=True)


def _at_chosen_epochs(search: Searched) -> pd.DataFrame:
    epochs = search.confirmed_epochs
    chosen = {
        (int(run["repeat"]), fold, int(epoch))
        for run in search.confirmed.to_dict("records")
        for fold, epoch in enumerate(run["chosen_epochs"])
    }
    keys = zip(epochs["repeat"], epochs["fold"], epochs["epoch"], strict=True)
    return epochs[[tuple(map(int, key)) in chosen for key in keys]]
