"""What a training is called in TensorBoard: dataset, method, number. It does not know what was searched; HParams shows that."""

from __future__ import annotations

import re

from harness.records import HONEST, Provenance

_LONGEST = 60
"""Characters of a name; at most four bytes each, so that no file system refuses it."""


def run_name(number: int, provenance: Provenance, *, repeat: int | None = None, rule: str = HONEST) -> str:
    """A run's name: `ckplus/multi-threshold/0007`, with `-confirmed-1` for a repeat, and a leaky rule at its end.

    It is a relative path, so runs of several searches group by dataset and method. It holds no blanks and no colons, so it
    can be typed in a shell and in TensorBoard's filter as it stands.

    Args:
        number: Of the trial, or of the one whose config is confirmed.
        provenance: Names the dataset and the method.
        repeat: Which fresh seed, as in `runs.parquet`; None for the trial itself.
        rule: The rule under which a config is confirmed.
    """
    name = f"{number:04d}" if repeat is None else f"{number:04d}-confirmed-{repeat}"
    leaky = "" if rule == HONEST else f"-{rule}"
    return f"{safe(provenance.dataset)}/{safe(provenance.method)}/{name}{leaky}"


def safe(name: str) -> str:
    """A name as one part of a path: letters, digits, dots, underscores and hyphens; it never climbs and never hides."""
    words = re.sub(r"[^\w.-]+", "-", name)[:_LONGEST].strip("-.")
    return words or "unnamed"
