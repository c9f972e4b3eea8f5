"""The critical-difference diagram of methods over datasets, drawn by scikit-posthocs as one SVG that takes the page's colours."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import pandas as pd
from matplotlib.figure import Figure as Canvas

from harness.reporting.statistics import Ranks


def critical_difference_diagram(ranks: Ranks) -> str:
    """The diagram as SVG text; ink is the page's own."""
    import scikit_posthocs  # slow to import, and not every report has ranks

    with _as_svg():
        canvas = Canvas(figsize=(8.2, 2.0 + 0.3 * len(ranks.average)), layout="constrained")
        axes = canvas.add_subplot()
        scikit_posthocs.critical_difference_diagram(
            pd.Series(ranks.average),
            ranks.nemenyi,
            cd=ranks.critical_difference,
            ax=axes,
            label_fmt_left="{label} ({rank:.2f})",
            label_fmt_right="({rank:.2f}) {label}",
            color_palette=["#000000"] * len(ranks.average),
            crossbar_props={"color": "#D55E00", "linewidth": 3},
        )
        buffer = io.StringIO()
        canvas.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_page(buffer.getvalue())


@contextmanager
def _as_svg() -> Iterator[None]:
    """Matplotlib's settings for a drawing whose names are words, which the browser writes in its own fonts."""
    settings = matplotlib.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "ranks",
            "font.family": "sans-serif",
            "text.parse_math": False,
        }
    )
    with settings, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # names as long as the page
        yield


def _for_page(text: str) -> str:
    """The drawing alone, as wide as the page lets it be, black ink turned into the page's."""
    drawing = text[text.index("<svg") :]
    drawing = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", drawing, count=1)
    drawing = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", drawing, count=1)
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = drawing.replace("#000000", "currentColor")
    return drawing.replace('<text style="', '<text style="fill: currentColor; ')
