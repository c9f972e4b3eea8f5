"""What the flags `--over` and `--fix` of a sweep say, as parameters with checked values. It knows no search and no config.

A parameter is one that a search file may vary, or `margin_range`, which sets both ends of the range of thresholds at once.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from harness.errors import SearchFileError
from harness.tuning.fields import complaint
from harness.tuning.spec import Parameters

MARGIN_RANGE = "margin_range"
MOST_SEEDS = 100
KNOWN = (*Parameters.model_fields, MARGIN_RANGE)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A parameter at a value.

    Attributes:
        flag: As the user gave it, for messages.
        name: Of the parameter.
        value: Checked; of `margin_range` the two ends.
        text: The value in one way of writing, however the user wrote it.
    """

    flag: str
    name: str
    value: Any
    text: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a search file that it sets."""
        if self.name != MARGIN_RANGE:
            return {self.name: self.value}
        low, high = self.value
        return {"margin_min": low, "margin_width": high - low}


def parse_over(text: str) -> tuple[Setting, ...]:
    """Reads `NAME=V1,V2,...`, a setting per value.

    Raises:
        SearchFileError: If it is not that, the name is unknown, or a value is none, not possible, or there twice.
    """
    flag = f"--over {text}"
    name, values = _split(flag, text)
    levels = tuple(_setting(flag, name, value) for value in values.split(","))
    texts = [level.text for level in levels]
    if twice := [value for value in dict.fromkeys(texts) if texts.count(value) > 1]:
        raise SearchFileError(f"{flag}: {twice[0]} is there twice; leave one out")
    return levels


def parse_fixes(texts: Iterable[str], *, over: Sequence[Setting]) -> tuple[Setting, ...]:
    """Reads `NAME=VALUE` of each `--fix`, by name.

    Args:
        texts: As the user gave them.
        over: The levels of the sweep, which must set other parameters.

    Raises:
        SearchFileError: If one is not that, its name is unknown or its value not possible, or a parameter is set twice.
    """
    fixes = tuple(_setting(f"--fix {text}", *_split(f"--fix {text}", text)) for text in texts)
    setters = dict.fromkeys(over[0].parameters, over[0].flag)
    for fix in fixes:
        for name in fix.parameters:
            if name in setters:
                raise SearchFileError(f"{fix.flag}: {name} is also set by {setters[name]}; leave one out")
            setters[name] = fix.flag
    return tuple(sorted(fixes, key=lambda fix: fix.name))


def parse_seeds(text: str) -> int:
    """Reads `--seeds`.

    Raises:
        SearchFileError: If it is no whole number from 1 to 100.
    """
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SEEDS:
        raise SearchFileError(f"--seeds {text}: expected a whole number from 1 to {MOST_SEEDS}, got {text!r}")
    return int(text)


def _split(flag: str, text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise SearchFileError(f"{flag}: expected NAME=VALUE, such as slices=4, got {text!r}")
    if name not in KNOWN:
        near = difflib.get_close_matches(name, KNOWN, n=1)
        hint = f"the nearest known one is '{near[0]}'" if near else f"known are: {', '.join(KNOWN)}"
        raise SearchFileError(f"{flag}: unknown parameter '{name}'; {hint}")
    return name, value


def _setting(flag: str, name: str, word: str) -> Setting:
    where, word = f"{flag}: {name}", word.strip()
    if not word:
        raise SearchFileError(f"{where}: expected a value, got an empty one; name one")
    value = _range(where, word) if name == MARGIN_RANGE else _checked(where, name, word)
    text = ":".join(map(str, value)) if name == MARGIN_RANGE else str(value)
    return Setting(flag=flag, name=name, value=value, text=text)


def _range(where: str, word: str) -> tuple[float, float]:
    low, colon, high = word.partition(":")
    if not colon:
        raise SearchFileError(f"{where}: expected LOW:HIGH, such as 0.05:0.8, got {word!r}")
    ends = _checked(where, "margin_min", low), _checked(where, "margin_min", high)
    if ends[0] > ends[1]:
        raise SearchFileError(f"{where}: low {ends[0]:g} is above high {ends[1]:g}; swap them")
    return ends


def _checked(where: str, parameter: str, word: str) -> Any:
    """The value that a search file would take at this parameter."""
    try:
        value = getattr(Parameters.model_validate({parameter: word}), parameter)
    except ValidationError as error:
        raise SearchFileError(f"{where}: {complaint(error.errors()[0])}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise SearchFileError(f"{where}: expected a finite number, got {word!r}")
    return value
