"""How a search is found: by name, by its suite's name, by path; and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from harness.errors import ResultsError
from harness.reporting.named import find_search

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"


def test_a_search_is_found_by_name_by_the_name_of_its_suite_and_by_path() -> None:
    expected = QUICK / "posed-single-dual"
    assert find_search("posed-single-dual", results=QUICK) == expected
    assert find_search("quick/posed-single-dual", results=QUICK.parent) == expected
    assert find_search(str(expected), results=Path("nowhere")) == expected


@pytest.mark.parametrize(
    ("name", "results", "told"),
    [
        ("posed-sngle-dual", QUICK, r"got 'posed-sngle-dual'; the nearest one there is 'posed-single-dual'"),
        ("posed-sngle-dual", QUICK.parent, r"the nearest one there is 'quick/posed-single-dual'"),
        ("xyzzy", QUICK, r"got 'xyzzy'; searches there: posed-equal-thresholds, "),
        ("xyzzy", Path("nowhere"), r"search of nowhere or a folder, got 'xyzzy'; there is no search there"),
        (
            "quick",
            QUICK.parent,
            r"got the suite \S+quick; name its searches with --results \S+quick: posed-equal",
        ),
    ],
)
def test_what_is_no_search_is_refused_with_what_there_is(name: str, results: Path, told: str) -> None:
    with pytest.raises(ResultsError, match=told):
        find_search(name, results=results)
