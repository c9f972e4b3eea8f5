"""What `--over` and `--fix` may say, and what is said of those that cannot be."""

from __future__ import annotations

import pytest

from harness.errors import SearchFileError
from harness.tuning.levels import Setting, parse_fixes, parse_over, parse_seeds


def values(text: str) -> list[object]:
    return [level.value for level in parse_over(text)]


def texts(text: str) -> list[str]:
    return [level.text for level in parse_over(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slices=1,2,32", [1, 2, 32]),
        ("learning_rate=1e-3,0.002", [0.001, 0.002]),
        ("margin_sampling=even,log", ["even", "log"]),
        ("loss=dual-triplet,pml:SupConLoss", ["dual-triplet", "pml:SupConLoss"]),
        ("margin_range=0.05:0.3,0.05:0.8", [(0.05, 0.3), (0.05, 0.8)]),
        (" slices = 4 , 8 ", [4, 8]),
    ],
)
def test_levels_are_read_as_a_search_file_would_read_them(text: str, expected: list[object]) -> None:
    assert values(text) == expected


def test_a_value_has_one_text_however_it_is_written() -> None:
    assert texts("learning_rate=1e-3,2E-3") == ["0.001", "0.002"]
    assert texts("margin_range=.05:1") == ["0.05:1.0"]


def test_a_margin_range_sets_both_ends() -> None:
    (level,) = parse_over("margin_range=0.25:0.75")
    assert level.parameters == {"margin_min": 0.25, "margin_width": 0.5}


def test_seeds_are_a_whole_number_from_1_to_100() -> None:
    assert [parse_seeds("1"), parse_seeds("100")] == [1, 100]


@pytest.mark.parametrize("text", ["0", "101", "-1", "two", "2.5", "", "²"])
def test_seeds_that_cannot_be_are_refused_with_the_value(text: str) -> None:
    with pytest.raises(
        SearchFileError, match=f"--seeds {text}: expected a whole number from 1 to 100, got '{text}'"
    ):
        parse_seeds(text)


def test_fixes_stand_by_name_in_whichever_order_they_are_given() -> None:
    over = parse_over("slices=1,2")
    ours = parse_fixes(["mining=semi-hard", "dropout=0.5"], over=over)
    theirs = parse_fixes(["dropout=0.5", "mining=semi-hard"], over=over)
    assert ours == theirs
    assert [fix.name for fix in ours] == ["dropout", "mining"]
    assert isinstance(ours[0], Setting)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slices", "--over slices: expected NAME=VALUE, such as slices=4, got 'slices'"),
        ("=4", "--over =4: expected NAME=VALUE"),
        ("slcies=1,2", "unknown parameter 'slcies'; the nearest known one is 'slices'"),
        ("margin_rnage=0.1:0.2", "unknown parameter 'margin_rnage'; the nearest known one is 'margin_range'"),
        ("xyzzy=1", "unknown parameter 'xyzzy'; known are: backbone, dropout, embedding_dim"),
        ("slices=1,,4", "--over slices=1,,4: slices: expected a value, got an empty one"),
        ("slices=", "--over slices=: slices: expected a value, got an empty one"),
        ("slices=1,two", "slices: input should be a valid integer, .*, got 'two'"),
        ("slices=1.5", "slices: input should be a valid integer, .*, got '1.5'"),
        ("slices=0", "slices: input should be greater than 0, got '0'"),
        ("learning_rate=fast", "learning_rate: input should be a valid number, .*, got 'fast'"),
        ("learning_rate=inf", "learning_rate: expected a finite number, got 'inf'"),
        ("learning_rate=nan", "learning_rate: .*, got 'nan'"),
        ("mining=softest", "mining: expected one of batch-hard, semi-hard, batch-all, got 'softest'"),
        ("slices=2,4,02", "--over slices=2,4,02: 2 is there twice"),
        ("margin_range=0.3", "margin_range: expected LOW:HIGH, such as 0.05:0.8, got '0.3'"),
        ("margin_range=0.8:0.3", "margin_range: low 0.8 is above high 0.3"),
        ("margin_range=0:0.3", "margin_range: input should be greater than 0, got '0'"),
        ("margin_range=0.1:wide", "margin_range: input should be a valid number, .*, got 'wide'"),
    ],
)
def test_levels_that_cannot_be_are_refused_with_the_value(text: str, told: str) -> None:
    with pytest.raises(SearchFileError, match=told):
        parse_over(text)


@pytest.mark.parametrize(
    ("over", "fixes", "told"),
    [
        ("slices=1,2", ["slices=4"], "--fix slices=4: slices is also set by --over slices=1,2"),
        (
            "margin_min=0.1,0.2",
            ["margin_range=0.1:0.5"],
            "margin_min is also set by --over margin_min=0.1,0.2",
        ),
        ("slices=1,2", ["dropout=0.1", "dropout=0.2"], "dropout is also set by --fix dropout=0.1"),
        ("slices=1,2", ["dropout=1"], "--fix dropout=1: dropout: input should be less than 1, got '1'"),
        ("slices=1,2", ["dorpout=1"], "--fix dorpout=1: unknown parameter 'dorpout'; .* is 'dropout'"),
    ],
)
def test_fixes_that_cannot_be_are_refused_with_the_value(over: str, fixes: list[str], told: str) -> None:
    with pytest.raises(SearchFileError, match=told):
        parse_fixes(fixes, over=parse_over(over))
