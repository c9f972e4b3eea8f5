"""From the material to the sections of the page, in the order in which one reads them. It knows no HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import pandas as pd

from harness.reporting.ranges import ranged_trials
from harness.reporting.report import tables, words
from harness.reporting.report.collect import Material, Searched
from harness.reporting.report.figures.budget import budget
from harness.reporting.report.figures.confusion import confusion, recall
from harness.reporting.report.figures.curves import curves
from harness.reporting.report.figures.embedding import embedding
from harness.reporting.report.figures.importance import Importance, importance
from harness.reporting.report.figures.intervals import intervals
from harness.reporting.report.figures.parallel import parallel
from harness.reporting.report.figures.ranks import critical_difference_diagram
from harness.reporting.report.figures.response import response
from harness.reporting.report.figures.slices import slices
from harness.reporting.report.figures.theme import colours
from harness.reporting.report.section import Figure, Section
from harness.reporting.statistics import in_words

T = TypeVar("T")

Importances = Mapping[str, Mapping[str, Importance]]
"""By search and parameter."""


def sections(
    material: Material, answers: words.Answers, *, importances: Importances, published: pd.DataFrame
) -> list[Section]:
    """All sections that have something to show.

    Args:
        material: The results folder.
        answers: What is said in words, with its tables.
        importances: Of each search's parameters; searches may be missing.
        published: Published numbers of the datasets at hand.
    """
    every = [
        *_questions(material, answers),
        *_figures(material),
        _importance(material, importances),
        *_of_searches(material),
        *_rest(material, published),
    ]
    return [each for each in every if each.figures or each.tables or each.svg]


def _questions(material: Material, answers: words.Answers) -> list[Section]:
    baseline = material.suite.baseline if material.suite else ""
    compared = [] if answers.methods.empty else [words.methods_table(answers.methods, baseline=baseline)]
    ranges = [] if answers.ranges.empty else [words.ranges_table(answers.ranges)]
    ranged = ranged_trials([each.trials.assign(dataset=each.group) for each in material.searches])
    methods = list(dict.fromkeys(each.method for each in material.searches))
    maps = [response(method, ranged[ranged["method"] == method]) for method in methods]
    drawn = [] if answers.ranks is None else [critical_difference_diagram(answers.ranks)]
    return [
        Section(id="methods", title="Method against method", tables=compared),
        Section(
            id="ranks",
            title="Ranks over datasets",
            lead="" if answers.ranks is None else in_words(answers.ranks),
            svg="".join(drawn),
        ),
        Section(id="ranges", title="Margin ranges", figures=_there(maps), tables=ranges),
    ]


def _figures(material: Material) -> list[Section]:
    colour = colours(material.methods)

    def of_groups(draw: Callable[..., Figure | None]) -> list[Figure]:
        return _there(draw(name, searches, colours=colour) for name, searches in material.groups.items())

    return [
        Section(id="intervals", title="Confirmed on fresh seeds", figures=of_groups(intervals)),
        Section(id="curves", title="Learning curves", figures=of_groups(curves)),
        Section(id="budget", title="Score against budget", figures=of_groups(budget)),
        Section(id="recall", title="Recall of each class", figures=of_groups(recall)),
    ]


def _importance(material: Material, importances: Importances) -> Section:
    figures = [
        importance(each.label, importances.get(each.name, {}), trials=len(each.trials))
        for each in material.searches
    ]
    return Section(id="importance", title="What mattered", figures=_there(figures))


def _of_searches(material: Material) -> list[Section]:
    def drawn(draw: Callable[[Searched], Figure | None]) -> list[Figure]:
        return _there(map(draw, material.searches))

    return [
        Section(id="parallel", title="All trials at once", figures=drawn(parallel)),
        Section(id="confusion", title="Who is taken for whom", figures=drawn(confusion)),
        Section(id="slices", title="Slices and their thresholds", figures=drawn(slices)),
        Section(id="embedding", title="Where the faces lie", figures=_there(map(embedding, _best(material)))),
    ]


def _best(material: Material) -> list[Searched]:
    """The best search of each group that keeps an embedding here."""
    kept = [[each for each in searches if each.embedded] for searches in material.groups.values()]
    return [searches[0] for searches in kept if searches]  # the leaderboard's order: best first


def _rest(material: Material, published: pd.DataFrame) -> list[Section]:
    return [
        Section(
            id="failures",
            title="What did not run to its end",
            tables=_there([tables.failures_table(material)]),
        ),
        Section(id="trials", title="Trials", tables=[tables.trials_table(material)]),
        Section(
            id="provenance", title="Where the numbers come from", tables=[tables.provenance_table(material)]
        ),
        Section(
            id="published",
            title="Published numbers, for context",
            tables=_there([tables.published_table(published)]),
        ),
    ]


def _there(parts: Iterable[T | None]) -> list[T]:
    return [part for part in parts if part is not None]
