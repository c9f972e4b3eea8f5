"""A method against a baseline: effect size, test, and what may be said. Pure functions of numbers; it knows no file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.stats import t as student_t
from scipy.stats import ttest_ind_from_stats

from harness.reporting.rank import Interval
from harness.reporting.statistics.resampling import NEGLIGIBLE

Shown = Literal["better", "worse", "no difference shown"]


class Verdict(NamedTuple):
    """A method against the baseline on one dataset.

    Attributes:
        dataset: Where.
        method: Which.
        difference: Mean of the method less mean of the baseline.
        p_value: Of Welch's t-test; NaN with fewer than two values on a side.
        p_holm: The same, corrected for all comparisons of the family.
        shown: What may be said.
    """

    dataset: str
    method: str
    difference: float
    p_value: float
    p_holm: float
    shown: Shown


def hedges_g(ours: Sequence[float], baseline: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """The difference in standard deviations, corrected for small samples, with its approximate interval.

    Returns:
        All NaN with fewer than two values on a side, or where neither side varies.

    Reference: Hedges and Olkin, Statistical Methods for Meta-Analysis (1985), equations 5.10 and 5.15.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if min(len(a), len(b)) < 2:
        return Interval(math.nan, math.nan, math.nan)
    freedom = len(a) + len(b) - 2
    pooled = math.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    if pooled <= NEGLIGIBLE:
        return Interval(math.nan, math.nan, math.nan)
    effect = (1 - 3 / (4 * freedom - 1)) * float(a.mean() - b.mean()) / pooled
    variance = (len(a) + len(b)) / (len(a) * len(b)) + effect**2 / (2 * (len(a) + len(b)))
    half = float(student_t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return Interval(effect, effect - half, effect + half)


def verdicts(
    samples: Mapping[tuple[str, str], Sequence[float]], *, baseline: str, level: float = 0.05
) -> list[Verdict]:
    """Every method against the baseline of its dataset, by Welch's t-test with Holm's correction over the whole family.

    With no difference anywhere, a difference is claimed anywhere in at most `level` of such benchmarks.

    Args:
        samples: By dataset and method, one value per fresh seed.
        baseline: The method that the others are compared with.
        level: Of the family.
    """
    pairs = [
        (dataset, method, values, samples[dataset, baseline])
        for (dataset, method), values in samples.items()
        if method != baseline and (dataset, baseline) in samples
    ]
    p_values = [_welch(ours, theirs) for *_, ours, theirs in pairs]
    corrected = holm(p_values)
    return [
        Verdict(dataset, method, gap, p, p_holm, shown(gap, p_holm, level=level))
        for (dataset, method, ours, theirs), p, p_holm in zip(pairs, p_values, corrected, strict=True)
        for gap in [_gap(ours, theirs)]
    ]


def shown(gap: float, p_value: float, *, level: float = 0.05) -> Shown:
    """What may be said of a difference by its p-value, corrected where there are several; NaN shows none."""
    if not p_value <= level:
        return "no difference shown"
    return "better" if gap > 0 else "worse"


def not_worse_than_best(
    samples: Mapping[tuple[str, str], Sequence[float]], *, level: float = 0.05
) -> dict[tuple[str, str], bool]:
    """Which methods of each dataset are not shown to be worse than the best mean of that dataset; the best one is not.

    Welch's t-test against the best, with Holm's correction within the dataset. The best was picked by these very values, so
    the test calls a method worse a little too readily: what stays is safe to be called as good.

    Args:
        samples: By dataset and method, one value per fresh seed.
        level: Of the family of one dataset.
    """
    told: dict[tuple[str, str], bool] = {}
    for dataset in dict.fromkeys(dataset for dataset, _ in samples):
        mine = {key: values for key, values in samples.items() if key[0] == dataset and len(values)}
        if not mine:
            continue
        best = max(mine, key=lambda key: float(np.mean(mine[key])))
        others = [key for key in mine if key != best]
        corrected = holm([_welch(mine[key], mine[best]) for key in others])
        told |= {best: True, **{key: not p <= level for key, p in zip(others, corrected, strict=True)}}
    return told


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number by Holm's step-down; NaN stays, and does not count.

    Reference: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
    """
    corrected, highest = [math.nan] * len(p_values), 0.0
    known = sorted((i for i, p in enumerate(p_values) if not math.isnan(p)), key=lambda i: p_values[i])
    for place, index in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - place) * p_values[index]))
        corrected[index] = highest
    return corrected


def _gap(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return float(np.mean(ours) - np.mean(theirs)) if len(ours) and len(theirs) else math.nan


def _welch(ours: Sequence[float], theirs: Sequence[float]) -> float:
    if min(len(ours), len(theirs)) < 2:
        return math.nan
    (a, spread_a), (b, spread_b) = _mean_and_spread(ours), _mean_and_spread(theirs)
    if max(spread_a, spread_b) <= NEGLIGIBLE:  # nothing varies: they are equal, or they are not
        return 1.0 if abs(a - b) <= NEGLIGIBLE else 0.0
    test = ttest_ind_from_stats(a, spread_a, len(ours), b, spread_b, len(theirs), equal_var=False)
    return float(test.pvalue)


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1))
