"""What two sets of settings differ in, key by key. It does not know what the settings mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

SAME_FACES = {"fingerprint": "the faces' fingerprint", "split_hash": "the split's hash"}
"""What must be equal of two provenances, or their numbers are of different things; in words."""


class Difference(NamedTuple):
    """One key with both values; None where a side does not say it.

    Attributes:
        key: With dots, such as `method.slices`.
        a: What A says.
        b: What B says.
    """

    key: str
    a: Any
    b: Any


def flat(values: Any, prefix: str = "") -> dict[str, Any]:
    """Settings by dotted key, so that a difference can be named; a domain of `space` stays whole.

    Args:
        values: Mappings in mappings, as a YAML or JSON file holds them.
        prefix: Of the keys, with its dot.
    """
    if not isinstance(values, Mapping):
        return {prefix.rstrip("."): values}
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= {f"{prefix}{key}": value} if prefix.startswith("space.") else flat(value, f"{prefix}{key}.")
    return found


def differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """The keys whose values are unequal, in the order of A, then those that B alone has."""
    keys = [*a, *(key for key in b if key not in a)]
    return [Difference(key, a.get(key), b.get(key)) for key in keys if a.get(key) != b.get(key)]
