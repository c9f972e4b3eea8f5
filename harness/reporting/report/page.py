"""One HTML page with everything in it: styles, scripts, figures and tables. It knows neither searches nor statistics.

Plotly draws the figures and DataTables the tables; both lie in the page, which asks nothing of the network.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from itables.utils import read_package_file
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from harness.reporting.report.section import Figure, Section

ASSETS = Path(__file__).with_name("assets")
_TAG = re.compile(r"<(?!/?(extra|b|br)>)")
"""What Plotly would take for a tag, but those that our own figures use."""


def render(
    *,
    title: str,
    subtitle: str,
    answers: Sequence[str],
    board: Mapping[str, Any],
    sections: Sequence[Section],
) -> str:
    """The page.

    Args:
        title: Its heading.
        subtitle: Below it.
        answers: What the figures say, a line each.
        board: The leaderboard, from `board.board_view`.
        sections: In their order.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        title=title,
        subtitle=subtitle,
        answers=answers,
        board=board,
        sections=[_shown(section) for section in sections],
        data=_json({"figures": _figures(sections), "tables": _tables(sections), "files": board["files"]}),
        css=Markup(_asset("page.css")),
        table_css=Markup(read_package_file("html", "dt_bundle.css")),
        script=Markup(_asset("page.js")),
        plotly=Markup(get_plotlyjs()),
        tables=base64.b64encode(read_package_file("html", "dt_bundle.js").encode()).decode(),
    )


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _shown(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "lead": section.lead.splitlines(),
        "figures": section.figures,
        "svg": Markup(section.svg),  # drawn here, of escaped words
        "tables": [
            {"key": _table_key(section, place), "table": table} for place, table in enumerate(section.tables)
        ],
    }


def _figures(sections: Sequence[Section]) -> dict[str, list[dict[str, Any]]]:
    return {
        section.id: [_figure(figure) for figure in section.figures] for section in sections if section.figures
    }


def _figure(figure: Figure) -> dict[str, Any]:
    drawn = _tamed(json.loads(figure.figure.to_json()))
    sheet, across, side = figure.thumbnails or ("", 0, 0)
    faces = {"sheet": sheet, "across": across, "side": side} if sheet else None
    return {"data": drawn["data"], "layout": drawn["layout"], "caption": figure.caption, "faces": faces}


def _tamed(values: Any) -> Any:
    """A figure whose words hold no tags: Plotly makes links and styles of those in names of classes and methods."""
    if isinstance(values, dict):
        return {key: _tamed(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_tamed(value) for value in values]
    return _TAG.sub("&lt;", values) if isinstance(values, str) else values


def _tables(sections: Sequence[Section]) -> dict[str, Sequence[Sequence[str]]]:
    """The rows of those that are shown a page at a time."""
    return {
        _table_key(section, place): table.rows
        for section in sections
        for place, table in enumerate(section.tables)
        if table.paged
    }


def _table_key(section: Section, place: int) -> str:
    return f"{section.id}-table-{place}"


def _json(values: Any) -> Markup:
    """Values as JSON that can stand in a script element, whatever words are in them."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
