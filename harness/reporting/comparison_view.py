"""How a comparison looks: tables for a terminal, or Markdown. It computes nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.reporting.comparison import Comparison, Row
from harness.reporting.comparison_words import answer
from harness.reporting.confirmed import Confirmed
from harness.reporting.escaping import markdown, markdown_row
from harness.reporting.rank import Interval
from harness.reporting.wording import MISSING, bounds, percent, points, probability

_EPOCHS = 10
"""Rows of the curves at most."""
_STRIP = 30
"""Characters over which the curves are drawn."""
_COMMIT = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28}\b")


class Block(NamedTuple):
    """A table as words.

    Attributes:
        title: Above it.
        header: Of each column.
        rows: A cell per column.
        numbers: Whether all columns but the first are numbers.
        note: Below it.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: bool
    note: str = ""


def comparison_view(comparison: Comparison) -> RenderableType:
    """Both searches, warnings, what differs, the numbers, the curves, and what they show in words."""
    parts: list[RenderableType] = [Text(line) for line in _heading(comparison)]
    parts += [Text(f"warning: {line}", style="yellow") for line in comparison.warnings]
    for block in _blocks(comparison):
        parts += ["", Text(block.title, style="bold"), _table(block)]
        parts += [Text(block.note, style="dim")] if block.note else []
    return Group(*parts, "", Text(answer(comparison), style="bold"))


def comparison_markdown(comparison: Comparison) -> str:
    """The same as Markdown."""
    lines = [f"- {markdown(' '.join(line.split()))}" for line in _heading(comparison)]
    lines += [f"- **warning**: {markdown(line)}" for line in comparison.warnings]
    for block in _blocks(comparison):
        rule = ["---", *(["--:" if block.numbers else "---"] * (len(block.header) - 1))]
        cells = [block.header, rule, *block.rows]
        lines += ["", f"**{block.title}**", "", *(markdown_row(row) for row in cells)]
        lines += ["", block.note] if block.note else []
    return "\n".join([*lines, "", markdown(answer(comparison))])


def _table(block: Block) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, name in enumerate(block.header):
        number = block.numbers and place > 0
        table.add_column(
            name,
            header_style="dim",
            justify="right" if number else "left",
            no_wrap=number or place == 0,
            overflow="fold",
        )
    for row in block.rows:
        table.add_row(*map(Text, row))
    return table


def _heading(comparison: Comparison) -> Iterator[str]:
    sides = (("A", comparison.a), ("B", comparison.b))
    for name, side in sides:
        yield f"{name}     {side.label}: trial {side.trial}, {_runs(side)}"
    for name, side in sides if comparison.differences["data"] else (("both", comparison.a),):
        data = side.data()
        yield f"{name:6}{data['dataset']}, {data['protocol']}"
        yield f"{'':6}faces {data['fingerprint']}, split {data['split_hash']}"


def _runs(side: Confirmed) -> str:
    seeds, folds = len(side.values), side.folds
    return f"{seeds} fresh seed{'s' * (seeds != 1)} on {folds} fold{'s' * (folds != 1)}"


def _blocks(comparison: Comparison) -> Iterator[Block]:
    yield _differences(comparison)
    yield _numbers(comparison)
    yield _recalls(comparison)
    if not comparison.curves.empty:
        yield _curves(comparison)


def _differences(comparison: Comparison) -> Block:
    rows = []
    for section, found in comparison.differences.items():
        if not found:
            rows.append((section, "nothing differs", ""))
            continue
        rows.append((section, "", ""))
        rows += [(f"  {each.key}", _word(each.a), _word(each.b)) for each in found]
    return Block("what differs", ("", "A", "B"), rows, numbers=False)


def _word(value: Any) -> str:
    if value is None or value == "":
        return MISSING
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_word(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_word, value)) or "none"
    return _COMMIT.sub(r"\1", str(value))


def _numbers(comparison: Comparison) -> Block:
    """The metric, its folds where they are pairs, and what else is known of its difference."""
    rows = [_cells(replace(comparison.metric, name="mean")), *map(_cells, comparison.folds)]
    title = f"{comparison.metric.name} %, mean over seeds [95 %]"
    return Block(title, ("", "A", "B", "A - B"), rows, numbers=True, note=_note(comparison))


def _note(comparison: Comparison) -> str:
    effect, wins, seeds = comparison.effect, comparison.improvement, comparison.over_seeds
    parts = [
        f"p {probability(comparison.metric.gap.p_value)}",
        f"Hedges' g {_number(effect)}",
        f"P(A > B) {_number(wins)}",
    ]
    if comparison.folds:
        parts.append(f"over seeds instead of folds {points(seeds.interval)}, p {probability(seeds.p_value)}")
    return "; ".join(parts)


def _number(interval: Interval) -> str:
    mean, low, high = interval
    if math.isnan(mean):
        return MISSING
    return f"{mean:.2f}" if math.isnan(low) else f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def _recalls(comparison: Comparison) -> Block:
    rows = [_cells(row) for row in comparison.recalls]
    title = "recall % of each class, mean over seeds, [95 %] not corrected for the number of classes"
    return Block(title, ("", "A", "B", "A - B"), rows, numbers=True)


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, _mean(row.a), _mean(row.b), points(row.gap.interval).replace(" points", "")


def _mean(interval: Interval) -> str:
    return f"{percent(interval.mean)} {bounds(interval.low, interval.high)}".rstrip()


def _curves(comparison: Comparison) -> Block:
    """Every few epochs, with a strip on which both means stand."""
    curves = comparison.curves
    places = np.unique(np.linspace(0, len(curves) - 1, min(_EPOCHS, len(curves))).round().astype(int))
    low, high = (float(pick(curves[["a_mean", "b_mean"]].to_numpy())) for pick in (np.nanmin, np.nanmax))
    rows = [
        (str(int(row["epoch"])), *_ranges(row), _strip(row, low=low, high=high))
        for row in curves.iloc[places].to_dict("records")
    ]
    scale = f"{percent(low)}{percent(high):>{_STRIP - len(percent(low))}}"
    title = f"{comparison.a.objective} % by epoch, mean and range over seeds (* where A and B meet)"
    return Block(title, ("epoch", "A", "B", scale), rows, numbers=True)


def _ranges(row: Mapping[Hashable, Any]) -> tuple[str, str]:
    a, b = (
        _mean(Interval(*(row[f"{side}_{part}"] for part in ("mean", "low", "high")))) for side in ("a", "b")
    )
    return a, b


def _strip(row: Mapping[Hashable, Any], *, low: float, high: float) -> str:
    signs = ["·"] * _STRIP
    for sign, value in (("A", row["a_mean"]), ("B", row["b_mean"])):
        if not math.isnan(value):
            place = round((_STRIP - 1) * (value - low) / (high - low)) if high > low else 0
            signs[place] = sign if signs[place] == "·" else "*"
    return "".join(signs)
