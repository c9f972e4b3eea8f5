"""The answers at the top of the page, and the tables that every number in them comes from. No figure is drawn here."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from harness.reporting.ranges import range_table, ranged_trials, ranges_in_words
from harness.reporting.report.collect import Material
from harness.reporting.report.section import Table
from harness.reporting.statistics import Ranks, average_ranks, in_words
from harness.reporting.suite_tables import Samples, answer, question_table
from harness.reporting.suite_view import range_cells
from harness.reporting.wording import MISSING, percent


class Answers(NamedTuple):
    """What the page says in words, and what it rests on.

    Attributes:
        lines: One per statement.
        methods: The table of methods against the baseline; empty where the folder is no suite.
        ranges: The table of margin ranges.
        ranks: Over datasets; None where there are too few.
    """

    lines: list[str]
    methods: pd.DataFrame
    ranges: pd.DataFrame
    ranks: Ranks | None


def answers(material: Material) -> Answers:
    """The questions of a results folder, answered."""
    methods, ranks = pd.DataFrame(), None
    if material.suite is None:
        lines = _best_of_each(material)
    else:
        samples = samples_of(material)
        methods = question_table(samples, baseline=material.suite.baseline)
        lines = answer(methods, baseline=material.suite.baseline).splitlines()
        ranks = average_ranks(_means(samples))
    if ranks is not None:
        lines.append(in_words(ranks))
    ranges = range_table(
        ranged_trials([each.trials.assign(dataset=each.group) for each in material.searches])
    )
    if not ranges.empty:
        lines += [f"Margin ranges, {line}" for line in ranges_in_words(ranges).splitlines()]
    return Answers(lines, methods, ranges, ranks)


def samples_of(material: Material) -> Samples:
    """The confirmed metric of each fresh seed, by dataset and method."""
    return {
        (each.dataset, each.method): each.confirmed[str(each.row["metric"])].astype(float).tolist()
        for each in material.searches
        if not each.confirmed.empty
    }


def _means(samples: Samples) -> pd.DataFrame:
    means = pd.Series({key: sum(values) / len(values) for key, values in samples.items() if values})
    return means.unstack() if len(means) else pd.DataFrame()


def _best_of_each(material: Material) -> list[str]:
    lines = []
    for group, searches in material.groups.items():
        measured = [each for each in searches if not pd.isna(each.row["mean"])]
        if not measured:
            lines.append(f"{group}: nothing was confirmed yet.")
            continue
        best = max(measured, key=lambda each: float(each.row["mean"]))
        interval = _range(best.row, "")
        mean = f"{percent(best.row['mean'])} % {interval} over {best.row['n']} fresh seeds"
        lines.append(
            f"{group}: the highest confirmed mean is {best.short}'s, {mean}, of {len(measured)} searches."
        )
    return lines


def methods_table(table: pd.DataFrame, *, baseline: str) -> Table:
    """Do many thresholds beat one: each method on each dataset, against the baseline."""
    columns = (
        "dataset",
        "method",
        "mean % [95 %]",
        "IQM",
        "difference [95 %]",
        "g [95 %]",
        "P(better) [95 %]",
        "p Holm",
        "shown",
    )
    rows = [_method_row(row, baseline=baseline) for row in table.to_dict("records")]
    caption = f"Each method against {baseline}, over fresh seeds: differences in points, Hedges' g, probability of a better run"
    return Table(caption=caption, columns=columns, rows=rows, numbers=frozenset(columns[2:8]))


def _method_row(row: dict[Any, Any], *, baseline: str) -> list[str]:
    first = [
        str(row["dataset"]),
        str(row["method"]),
        f"{percent(row['mean'])} {_range(row, '')}",
        percent(row["iqm"]),
    ]
    if row["method"] == baseline or not isinstance(row.get("shown"), str):
        return [*first, *[MISSING] * 4, "baseline" if row["method"] == baseline else MISSING]
    return [
        *first,
        f"{100 * row['difference']:+.1f} {_range(row, 'difference_', signed=True)}",
        f"{row['g']:+.2f} {_range(row, 'g_', scale=1, digits=2)}",
        f"{row['improvement']:.2f} {_range(row, 'improvement_', scale=1, digits=2)}",
        f"{row['p_holm']:.3f}",
        str(row["shown"]),
    ]


def ranges_table(table: pd.DataFrame) -> Table:
    """Which margin range suits which dataset."""
    columns = (
        "dataset",
        "of the range",
        "from",
        "to",
        "trials",
        "collapsed",
        "mean % [95 %]",
        "against the others",
        "p Holm",
        "shown",
    )
    rows = [[str(row["dataset"]), *range_cells(row), str(row["shown"])] for row in table.to_dict("records")]
    caption = (
        "Trials by where their margin range lies and how wide it is, on validation; those of a sampler that learns are no "
        "independent draws"
    )
    return Table(caption=caption, columns=columns, rows=rows, numbers=frozenset(columns[2:9]))


def _range(row: Any, prefix: str, *, scale: float = 100, digits: int = 1, signed: bool = False) -> str:
    low, high = scale * float(row[f"{prefix}low"]), scale * float(row[f"{prefix}high"])
    sign = "+" if signed else ""
    return f"[{low:{sign}.{digits}f}, {high:{sign}.{digits}f}]" if low == low else f"[{MISSING}]"
