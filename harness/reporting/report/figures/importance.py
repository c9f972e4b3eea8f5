"""How much each searched parameter mattered, beside what chance alone would have given. It computes no importance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.reporting.report.figures.theme import DIM, PALETTE, empty
from harness.reporting.report.section import Figure

FEW = 50
"""Trials below which importances are little more than a guess."""


class Importance(NamedTuple):
    """Of one parameter: its share, and what it would reach by chance in 19 of 20 shuffles of the metric."""

    value: float
    chance: float


def importance(label: str, importances: Mapping[str, Importance], *, trials: int) -> Figure | None:
    """Bars from the most important down; None where there are none."""
    if not importances:
        return None
    ordered = sorted(importances.items(), key=lambda pair: pair[1].value)
    names = [name for name, _ in ordered]
    figure = empty(height=130 + 34 * len(names))
    figure.add_bar(
        x=[each.value for _, each in ordered],
        y=names,
        orientation="h",
        name="importance",
        marker={"color": [PALETTE[0] if each.value > each.chance else DIM for _, each in ordered]},
        hovertemplate="%{y}: %{x:.3f}",
    )
    figure.add_scatter(
        x=[each.chance for _, each in ordered],
        y=names,
        mode="markers",
        name="by chance, at most (19 of 20 shuffles)",
        marker={"symbol": "line-ns-open", "size": 16, "line": {"width": 2}, "color": PALETTE[1]},
        hovertemplate="%{y}: %{x:.3f} by chance",
    )
    figure.update_xaxes(title="importance (PED-ANOVA)", rangemode="tozero")
    figure.update_yaxes(automargin=True)
    beyond = [name for name, each in reversed(ordered) if each.value > each.chance]
    told = f"Beyond chance: {', '.join(beyond)}." if beyond else "None is beyond chance."
    few = f" {trials} trials are few for this." if trials < FEW else ""
    caption = (
        f"{label}: what told the best trials from the others (each parameter by itself); the mark is what "
        f"shuffled metrics reach. {told}{few}"
    )
    return Figure(name=label, figure=figure, caption=caption)
