"""The leaderboard as people read it: table, Markdown, LaTeX, CSV, JSON. It knows no way to rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text
from scipy.special import stdtrit

from harness.errors import ResultsError
from harness.reporting.escaping import csv, latex, markdown
from harness.reporting.rank import COMPARABLE
from harness.reporting.statistics import Summary, not_worse_than_best
from harness.reporting.wording import MISSING, duration, margins, percent

_METRIC = "test"  # stands for the column that is named after the metric
_WORDS = ("dataset", "protocol", "search", "method")  # aligned to the left; the other columns are numbers
_COLUMNS = ("#", "search", "method", "N", "margins", _METRIC, "n", "acc. %", "trials", "compute")
_STACKED = "search\nmethod"
_OF_FOLDS = ("#", _STACKED, "N", "margins", _METRIC, "n", "folds", "acc. %", "pooled %")
"""Of groups with several test folds: the method stands below the search, and what they cost stands in the files."""
_STACKED_ALL = ("#", _STACKED, *_COLUMNS[3:])
_NARROWER = (_STACKED_ALL, tuple(name for name in _STACKED_ALL if name not in ("trials", "compute")))
"""Where a screen is too narrow for both names beside all numbers; at last what a search cost is left out, too."""
_KEPT = (_STACKED, "search", "method", _METRIC, "n")  # the others are left out where a group has none of them


def render(frame: pd.DataFrame, *, format: str) -> str | RenderableType:
    """The leaderboard's frame in one of `FORMATS`.

    `table` is a renderable for rich, which on narrow screens puts the method below the search and leaves out what they cost;
    the others are text.
    `csv` and `json` hold every column at full precision, the rest what one reads.

    Raises:
        ResultsError: If there is no such format.
    """
    if format not in FORMATS:
        raise ResultsError(f"expected a format out of {', '.join(FORMATS)}, got {format!r}")
    return FORMATS[format](frame)


def of_dataset(frame: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The rows of one dataset.

    Raises:
        ResultsError: If there are none.
    """
    rows = frame[frame["dataset"] == dataset]
    if rows.empty:
        known = ", ".join(sorted(frame["dataset"].unique())) or "none yet"
        raise ResultsError(f"no search of dataset {dataset!r} here; datasets: {known}")
    return rows.reset_index(drop=True)


def _table(frame: pd.DataFrame) -> RenderableType:
    parts: list[RenderableType] = []
    for (dataset, protocol, fingerprint, split_hash, metric), rows in frame.groupby(
        COMPARABLE, dropna=False, sort=False
    ):
        title = Text.assemble(
            (str(dataset), "bold"), f"  {protocol}", (f"\nfaces {fingerprint}, split {split_hash}", "dim")
        )
        layouts = (_OF_FOLDS,) if _has_folds(rows) else (_COLUMNS, *_NARROWER)
        parts.append(_Fitting([_group(rows, names, title=title, metric=str(metric)) for names in layouts]))
    return Group(*parts) if parts else Text("no searches yet")


class _Fitting:
    """The first of some tables that is no wider than the screen, else the last."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unbound = options.update(width=_UNBOUND)
        fitting = (
            table
            for table in self.tables
            if Measurement.get(console, unbound, table).maximum <= options.max_width
        )
        yield next(fitting, self.tables[-1])


_UNBOUND = 10_000
"""Characters of a line in which every table fits."""


def _group(rows: pd.DataFrame, names: Sequence[str], *, title: Text, metric: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2, 0, 0))
    records = rows.to_dict("records")
    cells = [_cells(row) for row in records]
    columns = [name for name in names if name in _KEPT or any(row[name] != MISSING for row in cells)]
    for name in columns:
        _add_column(table, name, header=_metric_words(metric) if name == _METRIC else name)
    for record, row in zip(records, cells, strict=True):
        style = "dim" if pd.isna(record["rank"]) else "bold" if record["rank"] == 1 else ""
        table.add_row(*(Text(row[name]) for name in columns), style=style)
    return table


def _add_column(table: Table, name: str, *, header: str) -> None:
    words = name in (_STACKED, *_WORDS)
    table.add_column(
        header,
        justify="left" if words else "right",
        no_wrap=not words,
        header_style="dim",
        overflow="fold",
        min_width=6 if words else None,
    )


def _has_folds(rows: pd.DataFrame) -> bool:
    return bool((rows["folds"] > 1).any())


def _cells(row: dict[Any, Any]) -> dict[str, str]:
    """What one reads of a row, by column, as text."""
    ranked = not pd.isna(row["rank"])
    configured = not pd.isna(row["trial"])
    return {
        "#": str(row["rank"]) if ranked else MISSING,
        "dataset": row["dataset"],
        "protocol": row["protocol"],
        "search": row["search"],
        "method": row["method"],
        _STACKED: f"{row['search']}\n{row['method']}",
        "N": str(row["slices"]) if configured else MISSING,
        "margins": _margins(row) if configured else MISSING,
        _METRIC: _interval(row),
        "n": str(row["n"]),
        "folds": _folds(row),
        "acc. %": _frames_and_sequences(row["test_accuracy"], row["test_sequence_accuracy"]),
        "pooled %": _frames_and_sequences(row["pooled_test_accuracy"], row["pooled_test_sequence_accuracy"]),
        "trials": str(row["trials_complete"] + row["trials_pruned"] + row["trials_failed"]),
        "compute": duration(row["compute_seconds"]),
    }


def _folds(row: dict[Any, Any]) -> str:
    """How many, and the metric's standard deviation over them: `10 ±3.2`."""
    if pd.isna(row["folds"]):
        return MISSING
    return str(row["folds"]) if pd.isna(row["fold_sd"]) else f"{row['folds']} ±{percent(row['fold_sd'])}"


def _frames_and_sequences(frames: float, sequences: float) -> str:
    """An accuracy, and behind it that of sequences where faces are frames of some: `92.1, seq. 94.3`."""
    return percent(frames) if pd.isna(sequences) else f"{percent(frames)}, seq. {percent(sequences)}"


def _interval(row: dict[Any, Any]) -> str:
    if pd.isna(row["low"]):
        return percent(row["mean"])
    return f"{percent(row['mean'])} [{percent(row['low'])}, {percent(row['high'])}]"


def _margins(row: dict[Any, Any]) -> str:
    return margins(loss=row["loss"], slices=row["slices"], low=row["margin_min"], high=row["margin_max"])


def _metric_words(metric: str) -> str:
    split, _, name = metric.partition("_")
    return f"{split} {name.upper() if name == 'uar' else name.replace('_', ' ')} %"


def as_good_as_the_best(frame: pd.DataFrame) -> list[bool]:
    """Which rows are not shown to be worse than the best of what they rank among; rows without a rank are not told."""
    good = set()
    for _, rows in frame[frame["rank"].notna()].groupby(COMPARABLE, dropna=False):
        told = not_worse_than_best([_summary(row) for row in rows.to_dict("records")])
        good |= {index for index, fine in zip(rows.index, told, strict=True) if fine}
    return [index in good for index in frame.index]


def _summary(row: dict[Any, Any]) -> Summary:
    """Of the fresh seeds, back from the interval: Student's t is what made it."""
    n = int(row["n"])
    if n < 2:
        return Summary(float(row["mean"]), math.nan, n)
    half = (float(row["high"]) - float(row["low"])) / 2
    return Summary(float(row["mean"]), half / float(stdtrit(n - 1, 0.975)) * math.sqrt(n), n)


def _lines(frame: pd.DataFrame, *, bold: Callable[[str], str]) -> Iterator[list[str]]:
    """A header and a line per row, for the flat formats; the metric of rows that are as good as the best is bold."""
    metrics = sorted({_metric_words(str(metric)) for metric in frame["metric"]})
    of_folds = ("folds", "acc. %", "pooled %") if _has_folds(frame) else ("acc. %",)
    names = ("#", "dataset", "protocol", *_COLUMNS[1:7], *of_folds, *_COLUMNS[8:])
    yield [" / ".join(metrics) or "test %" if name == _METRIC else name for name in names]
    for row, good in zip(frame.to_dict("records"), as_good_as_the_best(frame), strict=True):
        cells = _cells(row)
        yield [bold(cells[name]) if good and name == _METRIC else cells[name] for name in names]


def _markdown(frame: pd.DataFrame) -> str:
    header, *body = (
        [markdown(cell) for cell in line] for line in _lines(frame, bold=lambda cell: f"**{cell}**")
    )
    widths = [max(3, *map(len, column)) for column in zip(header, *body, strict=True)]
    right = [name not in _WORDS for name in header]
    rule = ["-" * (width - 1) + ":" if end else "-" * width for width, end in zip(widths, right, strict=True)]
    return "\n".join(f"| {' | '.join(_padded(line, widths, right))} |" for line in (header, rule, *body))


def _padded(line: list[str], widths: list[int], right: list[bool]) -> Iterator[str]:
    for cell, width, end in zip(line, widths, right, strict=True):
        yield cell.rjust(width) if end else cell.ljust(width)


def _latex(frame: pd.DataFrame) -> str:
    # Marked before escaping, and named afterwards: a brace of ours is not one of the cell's.
    lines = _lines(frame, bold=lambda cell: f"{_BOLD}{cell}")
    header, *body = ([_latex_cell(cell) for cell in line] for line in lines)
    columns = "".join("l" if name in _WORDS else "r" for name in header)
    rows = [" & ".join(line) + r" \\" for line in body]
    head = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", " & ".join(header) + r" \\", r"\midrule"]
    told = "% needs \\usepackage{booktabs}; bold: not shown to be worse than the best (Welch, Holm within a group)"
    return "\n".join([told, *head, *rows, r"\bottomrule", r"\end{tabular}"])


_BOLD = "\0"


def _latex_cell(cell: str) -> str:
    return rf"\textbf{{{latex(cell[1:])}}}" if cell.startswith(_BOLD) else latex(cell)


def _json(frame: pd.DataFrame) -> str:
    return frame.to_json(orient="records", indent=2, double_precision=15)


FORMATS: dict[str, Callable[[pd.DataFrame], str | RenderableType]] = {
    "table": _table,
    "markdown": _markdown,
    "csv": csv,
    "json": _json,
    "latex": _latex,
}
