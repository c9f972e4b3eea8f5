"""Words of others in Markdown, LaTeX and CSV: they stay words, never markup, a link or a formula. It knows no table of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

_MARKDOWN = {"\\": r"\\", "|": r"\|", "<": "&lt;", "](": r"]\(", "\n": " "}
_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--"} | {
    sign: f"\\{sign}" for sign in "&%$#_{}"
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula begins so."""


def markdown(text: str) -> str:
    """As Markdown. Signs that could only change how words look stand as they are, for whoever reads the source."""
    return re.sub(r"\\|\||<|\]\(|\n", lambda found: _MARKDOWN[found.group()], text)


def markdown_row(cells: Iterable[str]) -> str:
    """Cells as a row of a Markdown table."""
    return f"| {' | '.join(map(markdown, cells))} |"


def latex(text: str) -> str:
    """As LaTeX."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def csv(frame: pd.DataFrame) -> str:
    """A frame as CSV. Words that a spreadsheet would take for a formula get an apostrophe in front: it makes them words there."""
    told = frame.copy()
    for name in frame.columns:
        if frame[name].dtype.kind == "O":
            told[name] = frame[name].map(_no_formula)
    return told.to_csv(index=False).rstrip("\n")


def _no_formula(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
