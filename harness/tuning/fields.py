"""The kinds of values that a search file holds: words out of a list, losses, durations, shares. It knows no section."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat

from harness.errors import LossError
from harness.learning.losses.names import check_loss


def one_of(*names: str, prefixes: tuple[str, ...] = ()) -> AfterValidator:
    """A word that must be one of these, or begin with one of these prefixes."""

    def check(value: str) -> str:
        if value in names or any(value.startswith(prefix) and value != prefix for prefix in prefixes):
            return value
        raise ValueError(
            f"expected one of {', '.join([*names, *(prefix + 'NAME' for prefix in prefixes)])}, got {value!r}"
        )

    return AfterValidator(check)


def complaint(mistake: Any) -> str:
    """What pydantic says of a value, and the value."""
    message = str(mistake["msg"]).removeprefix("Value error, ")
    own_words = mistake["type"] == "value_error"
    return message if own_words else f"{message[0].lower() + message[1:]}, got {mistake['input']!r}"


def known_loss(name: str) -> str:
    """One of our losses, or one of pytorch-metric-learning's that needs embeddings and labels alone."""
    try:
        check_loss(name)
    except LossError as error:
        raise ValueError(str(error)) from None
    return name


def parse_duration(value: Any) -> Any:
    """Seconds of `90`, `90s`, `30m`, `1h30m` or `2d`; anything else is handed on for pydantic to refuse."""
    if not isinstance(value, str):
        return value
    parts = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", value.strip())
    if not value.strip() or parts is None:
        raise ValueError(f"expected a duration such as 90s, 30m or 1h30m, got {value!r}")
    return sum(
        float(part or 0) * unit for part, unit in zip(parts.groups(), (86400, 3600, 60, 1), strict=True)
    )


Duration = Annotated[PositiveFloat, BeforeValidator(parse_duration)]
Share = Annotated[float, Field(ge=0, le=1)]
