"""The validation objective by epoch, of the confirmation runs of each search of a dataset: mean, and range over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import empty, faint
from harness.reporting.report.section import Figure
from harness.reporting.wording import metric_words


def curves(group: str, searches: Sequence[Searched], *, colours: Mapping[str, str]) -> Figure | None:
    """A line and a band per search; None where nothing was confirmed."""
    figure, drawn = empty(height=420), 0
    for each in searches:
        epochs = each.confirmed_epochs
        if epochs.empty:
            continue
        drawn += 1
        by_epoch = epochs.groupby("epoch")[each.objective].agg(["mean", "min", "max"]) * 100
        x, colour = by_epoch.index.astype(int).tolist(), colours[each.short]
        shared = {"legendgroup": each.name, "mode": "lines"}
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*by_epoch["max"], *reversed(by_epoch["min"].tolist())],
            fill="toself",
            fillcolor=faint(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            **shared,
        )
        figure.add_scatter(
            x=x,
            y=by_epoch["mean"].tolist(),
            name=each.short,
            line={"color": colour, "width": 2.5},
            hovertemplate="epoch %{x}: %{y:.1f} %",
            **shared,
        )
    if not drawn:
        return None
    objective = searches[0].objective
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title=f"{metric_words(objective)}, %")
    caption = (
        f"{group}: {metric_words(objective)} by epoch of the confirmed configs; lines are means over fresh seeds and folds, "
        "bands reach from the lowest to the highest."
    )
    return Figure(name=group, figure=figure, caption=caption)
