"""Slices against margin range, a map per dataset side by side, with its uncertainty below: a Gaussian process over the trials.

It sees trials of one method, and their validation metric alone.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from harness.reporting.report.figures.theme import empty
from harness.reporting.report.section import Figure

LEAST = 8
"""Trials below which a map would be a guess."""

MOST = 150
"""Trials that the process sees; of more, as many as that, evenly over the search."""

ROWS = 25


class Surface(NamedTuple):
    """Predicted means and standard deviations `[ROWS, levels]` over slice counts and centres of ranges."""

    levels: list[int]
    centres: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def response(method: str, ranged: pd.DataFrame) -> Figure | None:
    """The maps of one method.

    Args:
        method: Its name.
        ranged: Its rows of `ranges.ranged_trials`.

    Returns:
        None where no dataset has enough trials, or all have one slice count.
    """
    surfaces = {str(name): surface for name, rows in ranged.groupby("dataset") if (surface := fit(rows))}
    if not surfaces:
        return None
    figure = make_subplots(
        rows=2,
        cols=len(surfaces),
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=0.08,
        subplot_titles=list(surfaces),
    )
    shared = empty(height=640).layout
    figure.update_layout(
        template=go.layout.Template(), height=640, margin=shared.margin, hoverlabel=shared.hoverlabel
    )
    for column, (dataset, surface) in enumerate(surfaces.items(), start=1):
        last = column == len(surfaces)
        _add(figure, surface, ranged[ranged["dataset"] == dataset], column=column, scales=last)
    values = 100 * ranged["value"].astype(float)
    figure.update_layout(
        coloraxis={
            "colorscale": "Viridis",
            "cmin": values.min(),
            "cmax": values.max(),
            "colorbar": _bar("%", 0.79),
        },
        coloraxis2={"colorscale": "Greys", "cmin": 0, "colorbar": _bar("± points", 0.21)},
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title="slices N", row=2)
    figure.update_yaxes(showgrid=False)
    figure.update_yaxes(title="centre of the range", col=1)
    best = "; ".join(f"{dataset} {_best(surface)}" for dataset, surface in surfaces.items())
    caption = (
        f"{method}: the validation metric over slice counts and centres of margin ranges, above, and its standard deviation, "
        f"below, by a Gaussian process over the trials (dots; crosses collapsed). Highest: {best}."
    )
    return Figure(name=method, figure=figure, caption=caption)


def fit(rows: pd.DataFrame) -> Surface | None:
    """The surface of one dataset's trials; None where they are too few or have one slice count."""
    levels = sorted({int(count) for count in rows["slices"]})
    if len(rows) < LEAST or len(levels) < 2:
        return None
    chosen = rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(int))]
    value = 100 * chosen["value"].to_numpy(dtype=np.float64)
    inputs = np.stack([np.log2(chosen["slices"].to_numpy(dtype=np.float64)), chosen["centre"]], axis=1)
    scale = np.maximum(inputs.std(axis=0), 1e-6)
    kernel = ConstantKernel(1.0, (0.05, 20)) * RBF([1.0, 1.0], (0.3, 10)) + WhiteKernel(0.3, (0.01, 10))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    with warnings.catch_warnings():  # a length at its bound is an answer: this parameter did not matter
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(inputs / scale, value)
    centres = np.linspace(inputs[:, 1].min(), inputs[:, 1].max(), ROWS)
    grid = np.array([(np.log2(level), centre) for centre in centres for level in levels])
    mean, deviation = process.predict(grid / scale, return_std=True)
    shape = (ROWS, len(levels))
    return Surface(levels, centres, mean.reshape(shape), _without_noise(process, deviation).reshape(shape))


def _without_noise(process: GaussianProcessRegressor, deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The deviation of the surface; that of a single training on it is larger by the noise between trainings."""
    noise = process.kernel_.k2.noise_level * process._y_train_std**2
    return np.asarray(np.sqrt(np.maximum(deviation**2 - noise, 0)))


def _add(figure: go.Figure, surface: Surface, rows: pd.DataFrame, *, column: int, scales: bool) -> None:
    levels = [str(level) for level in surface.levels]
    hover = "N = %{x}, centre %{y:.2f}: %{z:.1f}"
    maps = [(surface.mean, "coloraxis", " %"), (surface.deviation, "coloraxis2", " points of deviation")]
    for row, (values, axis, unit) in enumerate(maps, start=1):
        figure.add_heatmap(
            x=levels,
            y=surface.centres.round(4).tolist(),
            z=values.round(2).tolist(),
            coloraxis=axis,
            hovertemplate=hover + unit + "<extra></extra>",
            row=row,
            col=column,
        )
    for collapsed, symbol in ((False, "circle"), (True, "x")):
        part = rows[rows["collapsed"].astype(bool) == collapsed].tail(MOST)
        figure.add_scatter(
            x=[str(count) for count in part["slices"]],
            y=part["centre"].round(4).tolist(),
            mode="markers",
            marker={
                "color": (100 * part["value"]).round(2).tolist(),
                "coloraxis": "coloraxis",
                "symbol": symbol,
                "size": 9,
                "line": {"width": 1, "color": "white"},
            },
            customdata=np.stack([part["low"], part["high"]], axis=1).tolist(),
            hovertemplate="N = %{x}, τ %{customdata[0]:.2f} to %{customdata[1]:.2f}: %{marker.color:.1f} %<extra></extra>",
            showlegend=False,
            row=1,
            col=column,
        )


def _bar(title: str, y: float) -> dict[str, Any]:
    return {"title": title, "thickness": 12, "len": 0.45, "y": y}


def _best(surface: Surface) -> str:
    row, column = np.unravel_index(int(surface.mean.argmax()), surface.mean.shape)
    mean, deviation = surface.mean[row, column], surface.deviation[row, column]
    return (
        f"{mean:.1f} ± {deviation:.1f} % at N = {surface.levels[column]}, centre {surface.centres[row]:.2f}"
    )
