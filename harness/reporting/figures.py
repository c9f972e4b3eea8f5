"""Figures of one trial, drawn without a screen. Of TensorBoard it knows the image message alone."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from tensorboard.compat.proto.summary_pb2 import Summary

from harness.records import SliceReport

_DPI = 120
_INK = "#1f3b57"


def confusion(counts: Sequence[Sequence[int]], *, class_names: Sequence[str], title: str) -> Figure:
    """The confusion matrix: colour is the share of the row, text the share in percent and the count below.

    Args:
        counts: `[C][C]`, `counts[truth][prediction]`.
        class_names: C names.
        title: Shown above.
    """
    matrix = np.asarray(counts, dtype=np.float64).reshape(len(class_names), len(class_names))
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.75 * len(class_names)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (truth, prediction), count in np.ndenumerate(matrix):
        share = shares[truth, prediction]
        ink = "white" if share > 0.55 else _INK
        text = f"{100 * share:.0f} %\n{count:.0f}"
        axes.text(prediction, truth, text, ha="center", va="center", color=ink, fontsize=9)
    ids = range(len(class_names))
    axes.set_xticks(ids, class_names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(ids, class_names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(title, fontsize=9)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def thresholds(slices: Sequence[SliceReport], *, title: str) -> Figure:
    """Each slice's threshold against what it can tell on its own; colour is its share of active triplets."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    taus = [part.margin for part in slices]
    accuracies = [100 * part.val_accuracy for part in slices]
    shares = [part.active_share for part in slices]
    order = np.argsort(taus)
    axes.plot(np.take(taus, order), np.take(accuracies, order), color="#b7c4d1", linewidth=1.2, zorder=1)
    points = axes.scatter(taus, accuracies, c=shares, cmap="viridis", vmin=0, vmax=1, s=60, zorder=2)
    figure.colorbar(points, ax=axes, label="share of active triplets")
    axes.set_xlabel("threshold τ of the slice")
    axes.set_ylabel("validation accuracy of the slice alone, %")
    axes.set_title(title, fontsize=9)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def image(figure: Figure) -> Summary.Image:
    """A figure as TensorBoard's image message, PNG inside."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    width, height = (int(side * _DPI) for side in figure.get_size_inches())
    return Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=buffer.getvalue())
