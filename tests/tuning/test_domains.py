"""What a searched parameter may be. The refusals that a file's reader adds to are in `test_cli_bad_inputs.py`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tuning.domains import Choice, Domain, Range, parse_domain


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        (Choice((1, 2, 4)), "1, 2, 4"),
        (Choice(("even", "log")), "even, log"),
        (Range(low=0.1, high=0.5), "0.1 to 0.5"),
        (Range(low=0.0003, high=0.01, log=True), "0.0003 to 0.01, log"),
        (Range(low=32, high=96, step=32), "32 to 96, step 32"),
    ],
)
def test_a_domain_is_told_as_one_would_say_it(domain: Domain, text: str) -> None:
    assert str(domain) == text


def domains() -> st.SearchStrategy[Domain]:
    numbers = st.floats(0.001, 1000)
    ends = st.tuples(numbers, numbers).map(sorted)
    choices = st.lists(numbers, min_size=1, max_size=5, unique=True).map(lambda values: Choice(tuple(values)))
    manner = st.sampled_from([{}, {"log": True}, {"step": 0.5}])
    ranges = st.builds(lambda pair, extra: Range(low=pair[0], high=pair[1], **extra), ends, manner)
    return choices | ranges


@given(domain=domains())
def test_a_domain_is_read_back_as_it_is_written(domain: Domain) -> None:
    assert parse_domain(domain.to_yaml(), numeric=True) == domain


def test_a_parsed_domain_stays_as_it_is() -> None:
    assert parse_domain(Choice((1,)), numeric=True) == Choice((1,))


@pytest.mark.parametrize(
    ("value", "numeric", "message"),
    [
        (5, True, "expected a list of values or {low: ..., high: ...}, got 5"),
        ({"low": 1}, True, "got {'low': 1}"),
        ({"low": 1, "high": 2}, False, "this parameter is a word, so it takes a list of values"),
        ([], True, "the list of values is empty"),
        ([1, 2, 1], True, "the list names a value twice: [1, 2, 1]"),
        ([[1, 2]], True, "a value must be a word or a number, got [1, 2]"),
        ({"low": 2, "high": 1}, True, "low 2 is above high 1"),
        ({"low": "1e-3", "high": 1}, True, "low must be a number, got '1e-3'; YAML wants it as 0.001"),
        ({"low": 1, "high": "ten"}, True, "high must be a number, got 'ten'"),
        ({"low": 1, "high": "2.5e3"}, True, "got '2.5e3'; YAML wants it as 2500"),
        ({"low": True, "high": 2}, True, "low must be a number, got True"),
        ({"low": 1, "high": float("inf")}, True, "high must be a finite number, got inf"),
        ({"low": 0, "high": 1, "log": True}, True, "a logarithmic range must begin above 0, got low 0"),
        ({"low": 1, "high": 9, "log": "yes"}, True, "log must be true or false, got 'yes'"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, True, "got both: log and step 2"),
        ({"low": 1, "high": 9, "step": 0}, True, "step must be above 0, got 0"),
        ({"low": 1, "high": 9, "step": -1}, True, "step must be above 0, got -1"),
        ({"low": 1, "high": 2, "lgo": True}, True, "a range knows low, high, log and step, got lgo"),
    ],
)
def test_what_is_no_domain_is_refused(value: Any, numeric: bool, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_domain(value, numeric=numeric)
