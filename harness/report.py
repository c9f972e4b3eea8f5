"""`python -m harness.report [RESULTS] -o report.html`: everything in a results folder as one page that opens offline.

It does not know how anything is printed, and changes no result.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.atomic import whole_file
from harness.errors import ResultsError, SearchFileError
from harness.reporting.published import read_published
from harness.reporting.report.board import board_view
from harness.reporting.report.build import Importances, sections
from harness.reporting.report.collect import Material, collect
from harness.reporting.report.figures.importance import Importance
from harness.reporting.report.page import render
from harness.reporting.report.words import Answers, answers
from harness.tuning.importance import importances
from harness.tuning.search_file import read_search_file


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was written.

    Attributes:
        path: The page.
        searches: How many it shows.
        answers: What it says in words, and the tables behind it.
        problems: A line for each search that could not be read.
    """

    path: Path
    searches: int
    answers: Answers
    problems: tuple[str, ...]


REPORT_FILE = "report.html"
"""In a results folder, where no other name is given."""


def write_report(results: Path, output: Path) -> Report:
    """Writes the page.

    Args:
        results: A folder of searches, or a suite's.
        output: The HTML file, made or replaced.

    Raises:
        ResultsError: If there is no search in the folder, or the file cannot be written.
    """
    material = collect(results)
    if not material.searches:
        why = f": {material.problems[0]}" if material.problems else ""
        raise ResultsError(
            f"expected searches in {results}, got none that can be read{why}; run a search first"
        )
    told = answers(material)
    page = render(
        title=material.suite.name if material.suite else results.resolve().name,
        subtitle=_subtitle(material),
        answers=told.lines,
        board=board_view(material),
        sections=sections(
            material,
            told,
            importances=_importances(material),
            published=read_published(results, datasets=sorted({each.dataset for each in material.searches})),
        ),
    )
    with whole_file(output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Report(path=output, searches=len(material.searches), answers=told, problems=material.problems)


def _subtitle(material: Material) -> str:
    trials = sum(len(each.trials) for each in material.searches)
    runs = sum(len(each.runs) for each in material.searches)
    what = f"a suite compared with {material.suite.baseline}, " if material.suite else ""
    return f"{what}{len(material.searches)} searches, {trials:,} trials, {runs:,} confirmation runs"


def _importances(material: Material) -> Importances:
    """Of each search whose file can still be read: an old one says nothing of its space."""
    found = {}
    for each in material.searches:
        if not each.text:
            continue
        try:
            spec = read_search_file(material.results / each.name / "search.yaml")
        except SearchFileError:
            continue
        found[each.name] = {name: Importance(*pair) for name, pair in importances(spec, each.trials).items()}
    return found


if __name__ == "__main__":
    from harness.cli import report_alone

    report_alone()
