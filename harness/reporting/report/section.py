"""What a page is made of: sections of words, tables and figures. It knows no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of words.

    Attributes:
        caption: What it shows.
        columns: Their headers.
        rows: Cells as text.
        numbers: Columns that are aligned to the right.
        paged: Whether it may have thousands of rows, so that a page of them is shown at a time.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()
    paged: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A figure and its words.

    Attributes:
        name: By which a reader picks it among the figures of its section.
        figure: Plotly's.
        caption: What it shows, in words that stand for it where it cannot be seen.
        thumbnails: Faces that are shown while the pointer is on a point: a picture as a data URL, and their number in a row.
    """

    name: str
    figure: go.Figure
    caption: str
    thumbnails: tuple[str, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page.

    Attributes:
        id: Its anchor.
        title: Its heading.
        lead: A paragraph or more below it; each line is one.
        figures: Of which a reader sees one at a time, picked by name.
        tables: Below the figures.
        svg: A finished drawing instead of figures.
    """

    id: str
    title: str
    lead: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    svg: str = ""
