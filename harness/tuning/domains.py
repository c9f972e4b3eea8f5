"""What a searched parameter may be: one of some values, or a number in a range. It does not know what the parameter means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Choice:
    """One of these values: `[1, 2, 4, 8]` in a search file."""

    values: tuple[Scalar, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))

    def to_yaml(self) -> Any:
        """As a search file says it."""
        return list(self.values)


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number from low to high, both included: `{low: 0.0003, high: 0.01, log: true}` in a search file.

    Attributes:
        log: Uniform in the logarithm.
        step: Distance between neighbouring values; None for all numbers.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __str__(self) -> str:
        manner = ", log" if self.log else f", step {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{manner}"

    def to_yaml(self) -> Any:
        """As a search file says it."""
        extra = {"log": True} if self.log else {"step": self.step} if self.step else {}
        return {"low": self.low, "high": self.high, **extra}


Domain = Choice | Range


def parse_domain(value: Any, *, numeric: bool) -> Domain:
    """Reads a domain from a search file.

    Args:
        value: A list of values, or a mapping with `low` and `high`.
        numeric: Whether the parameter is a number, so that a range makes sense.

    Raises:
        ValueError: If it is neither.
    """
    if isinstance(value, Choice | Range):
        return value
    if isinstance(value, list):
        return _parse_choice(value)
    if isinstance(value, Mapping) and {"low", "high"} <= set(value):
        if not numeric:
            raise ValueError("this parameter is a word, so it takes a list of values, not a range")
        return _parse_range(value)
    raise ValueError(
        f"expected a list of values or {{low: ..., high: ...}}, got {value!r}; fixed values belong under 'method'"
    )


def _parse_choice(values: list[Any]) -> Choice:
    if not values:
        raise ValueError("the list of values is empty")
    for value in values:
        if isinstance(value, list | Mapping):
            raise ValueError(f"a value must be a word or a number, got {value!r}")
    if len(set(values)) < len(values):
        raise ValueError(f"the list names a value twice: {values}")
    return Choice(tuple(values))


def _parse_range(value: Mapping[str, Any]) -> Range:
    if unknown := set(value) - {"low", "high", "log", "step"}:
        raise ValueError(f"a range knows low, high, log and step, got {', '.join(sorted(map(str, unknown)))}")
    low, high = _number("low", value["low"]), _number("high", value["high"])
    step = None if value.get("step") is None else _number("step", value["step"])
    log = value.get("log", False)
    if not isinstance(log, bool):
        raise ValueError(f"log must be true or false, got {log!r}")
    if low > high:
        raise ValueError(f"low {low:g} is above high {high:g}")
    if log and low <= 0:
        raise ValueError(f"a logarithmic range must begin above 0, got low {low:g}")
    if log and step is not None:
        raise ValueError(f"a range is either logarithmic or has a step, got both: log and step {step:g}")
    if step is not None and step <= 0:
        raise ValueError(f"step must be above 0, got {step:g}")
    return Range(low=low, high=high, log=log, step=step)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, got {value!r}{_exponent_hint(value)}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value}")
    return value


def _exponent_hint(value: Any) -> str:
    """YAML 1.1 reads 1e-3 as a word: it wants a point."""
    try:
        number = Decimal(value if isinstance(value, str) else "nan")
    except InvalidOperation:
        return ""
    return f"; YAML wants it as {number:f}" if number.is_finite() else ""
