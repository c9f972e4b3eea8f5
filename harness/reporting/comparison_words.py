"""What a comparison shows, in sentences, and as a document for programs. It knows no table and no screen."""

from __future__ import annotations

import json
import math
from typing import Any

from harness.reporting.comparison import Comparison, Row
from harness.reporting.confirmed import Confirmed
from harness.reporting.gaps import Gap
from harness.reporting.rank import Interval
from harness.reporting.statistics import NO_DIFFERENCE
from harness.reporting.wording import points, probability

_TESTS = {
    "folds": "paired t-test over the test folds, corrected for the faces that they share",
    "seeds": "paired t-test over equal seeds",
    "none": "Welch's t-test, unpaired: the fresh seeds are independent draws",
}


def answer(comparison: Comparison) -> str:
    """What may be said: better, worse, or `no difference shown`; and by which test."""
    a, b, gap = comparison.a, comparison.b, comparison.metric.gap
    amount = f"{points(gap.interval)} in {a.metric}"
    if math.isnan(gap.p_value):
        seeds = f"{len(a.values)} and {len(b.values)} fresh seeds"
        return f"No difference shown: A - B is {amount}, of {seeds}; it takes two of each (confirm.seeds)."
    how = f"p {probability(gap.p_value)} ({_TESTS[gap.pairing]})"
    if gap.shown == NO_DIFFERENCE:
        return f"No difference shown: A - B is {amount}; {how}."
    return f"A ({a.label}) is {gap.shown} than B ({b.label}) by {amount}; {how}."


def to_document(comparison: Comparison) -> str:
    """All of a comparison as JSON; numbers that do not exist are null."""
    gap = comparison.metric.gap
    document = {
        "a": _side(comparison.a, comparison.metric.a),
        "b": _side(comparison.b, comparison.metric.b),
        "metric": comparison.metric.name,
        "anyway": comparison.anyway,
        "warnings": list(comparison.warnings),
        "answer": answer(comparison),
        "differences": {
            section: [each._asdict() for each in found] for section, found in comparison.differences.items()
        },
        "difference": {
            **_gap(gap),
            "shown": gap.shown,
            "over_seeds": _gap(comparison.over_seeds),
            "p_uncorrected": comparison.uncorrected,
            "hedges_g": comparison.effect._asdict(),
            "probability_of_improvement": comparison.improvement._asdict(),
        },
        "folds": [_row(row) for row in comparison.folds],
        "recalls": [_row(row) for row in comparison.recalls],
        "curves": comparison.curves.to_dict("records"),
    }
    return json.dumps(_finite(document), indent=2, allow_nan=False)


def _side(side: Confirmed, interval: Interval) -> dict[str, Any]:
    return {
        "search": side.label,
        "folder": str(side.folder),
        "trial": side.trial,
        "n": len(side.values),
        "folds": side.folds,
        **interval._asdict(),
        "values": side.values,
        "seeds": side.seeds,
        "config": side.config(),
        "data": side.data(),
        "provenance": side.provenance(),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {**gap.interval._asdict(), "p_value": gap.p_value, "pairing": gap.pairing}


def _row(row: Row) -> dict[str, Any]:
    return {"name": row.name, "a": row.a._asdict(), "b": row.b._asdict(), "difference": _gap(row.gap)}


def _finite(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
