"""What a dataset of the field is to the harness: how its distribution is listed, what it should hold, and how it is divided.

It knows no dataset by name. Each file of `harness/datasets/sources/` makes one `Source`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.datasets.sample import Sample
from harness.errors import DatasetError

Value = str | int | bool
Options = Mapping[str, Value]


@dataclass(frozen=True)
class Option:
    """A setting that changes the class set or the sample, and so the protocol's name.

    Attributes:
        default: The field's usual choice.
        choices: All that it can be, the default among them.
        meaning: One line.
    """

    default: Value
    choices: tuple[Value, ...]
    meaning: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Something that the distribution holds and the listing does not, and why."""

    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All faces of a distribution under some options, in an order that depends on its content alone.

    Attributes:
        samples: At least one.
        left_out: What is there and not among them, by reason.
    """

    samples: tuple[Sample, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One count that the literature gives.

    Attributes:
        what: What is counted, such as `sequences`, `subjects`, `faces`, or a class.
        part: `train`, `val` or `test`; empty for all.
        counts: The numbers that are known of honest copies; more than one where copies differ.
        found: Counts it in a listing.
        reason: The likeliest reason why a copy differs.
        sure: False where the number is only commonly stated: a difference is then shown, and is no failure.
    """

    what: str
    counts: tuple[int, ...]
    found: Callable[[Listing], int]
    part: str = ""
    reason: str = "files are missing or were added"
    sure: bool = True


@dataclass(frozen=True, kw_only=True)
class Source:
    """A dataset as it is distributed.

    Attributes:
        name: As a search file says it; its module has the same name, with `_` for `-`.
        kind: `posed` or `spontaneous`.
        title: As the literature writes it.
        page: Where one asks for it, or reads its licence.
        layout: The files that must be there, a line each, relative to the root.
        options: Settings by name.
        list_samples: Lists a distribution; opens no picture. Raises DatasetError where the root does not hold one.
        expected: What a whole distribution holds under some options.
        describe: The options as words for the protocol's name, such as `7 classes with contempt, last 3 frames`.
        protocol: How the field divides it where it has no official split: `official`, `kfold`, `loso` or `grouped`.
        folds: Of `kfold`.
    """

    name: str
    kind: Literal["posed", "spontaneous"]
    title: str
    page: str
    layout: tuple[str, ...]
    list_samples: Callable[[Path, Options], Listing]
    expected: Callable[[Options], Sequence[Expectation]]
    describe: Callable[[Options], str]
    protocol: Literal["official", "kfold", "loso", "grouped"]
    options: Mapping[str, Option] = field(default_factory=dict)
    folds: int = 1


def chosen_options(source: Source, given: Options) -> dict[str, Value]:
    """Every option of a source: the given value, else the default.

    Raises:
        DatasetError: If an option or a value does not exist, with the nearest that does.
    """
    for name, value in given.items():
        if name not in source.options:
            known = ", ".join(source.options) or "none"
            raise DatasetError(
                f"{source.name} has no option {name!r}{_nearest(name, source.options)}; its options: {known}"
            )
        choices = source.options[name].choices
        # 1 == True in Python, so the type is compared too.
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            words = ", ".join(map(_word, choices))
            raise DatasetError(
                f"option {name!r} of {source.name}: expected one of {words}, got {_word(value)}"
                f"{_nearest(str(value), tuple(map(_word, choices)))}"
            )
    return {name: given.get(name, option.default) for name, option in source.options.items()}


def _word(value: Value) -> str:
    """A value as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nearest(word: str, known: Sequence[str] | Mapping[str, Option]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
