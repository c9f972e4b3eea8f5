"""What all figures share: an empty figure, the colours of methods, axes of shares. Light and dark are the page's matter."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

# Okabe and Ito's colours, which people who see few colours can tell apart; their yellow is too pale for lines.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7F7F7F")
SEQUENTIAL = "Viridis"
DIM = "#9AA5B1"


def empty(*, height: int = 360) -> go.Figure:
    """A figure without data, without Plotly's own colours: the page gives those of the reader's theme."""
    figure = go.Figure()
    figure.update_layout(
        template=go.layout.Template(),
        height=height,
        margin={"l": 64, "r": 20, "t": 24, "b": 52},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        hoverlabel={"namelength": -1},
    )
    return figure


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, the same all over the page."""
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(names)}


def faint(colour: str, *, opacity: float = 0.12) -> str:
    """A colour that lets through what lies below it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
