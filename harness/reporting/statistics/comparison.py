"""A method against a baseline: effect size, test, and what may be said. Pure functions of numbers; it knows no file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from scipy.stats import t as student_t
from scipy.stats import ttest_ind_from_stats

from harness.reporting.rank import Interval
from harness.reporting.statistics.resampling import NEGLIGIBLE

Shown = Literal["better", "worse", "no difference shown"]

NO_DIFFERENCE: Final = "no difference shown"


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
    p_values = [_welch(_summary(ours), _summary(theirs)) for *_, ours, theirs in pairs]
    corrected = holm(p_values)
    return [
        Verdict(dataset, method, gap, p, p_holm, shown(gap, p_holm, level=level))
        for (dataset, method, ours, theirs), p, p_holm in zip(pairs, p_values, corrected, strict=True)
        for gap in [_gap(ours, theirs)]
    ]


def shown(gap: float, p_value: float, *, level: float = 0.05) -> Shown:
    """What may be said of a difference by its p-value, corrected where there are several; NaN shows none."""
    if not p_value <= level:
        return NO_DIFFERENCE
    return "better" if gap > 0 else "worse"


class Summary(NamedTuple):
    """What a t-test needs of a sample: its mean, its standard deviation (n - 1), how many values."""

    mean: float
    deviation: float
    n: int


def not_worse_than_best(summaries: Sequence[Summary], *, level: float = 0.05) -> list[bool]:
    """Which samples are not shown to be worse than the one with the best mean; the best one is not.

    Welch's t-test against the best, with Holm's correction. The best was picked by these very values, so the test calls a sample
    worse a little too readily: what stays is safe to be called as good.

    Args:
        summaries: Of the samples; one of a single value is never shown to be worse.
        level: Of the whole family.
    """
    if not summaries:
        return []
    best = max(range(len(summaries)), key=lambda place: summaries[place].mean)
    others = [place for place in range(len(summaries)) if place != best]
    corrected = holm([_welch(summaries[place], summaries[best]) for place in others])
    worse = {place for place, p in zip(others, corrected, strict=True) if p <= level}
    return [place not in worse for place in range(len(summaries))]


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


def _welch(ours: Summary, theirs: Summary) -> float:
    if min(ours.n, theirs.n) < 2:
        return math.nan
    if max(ours.deviation, theirs.deviation) <= NEGLIGIBLE:  # nothing varies: they are equal, or they are not
        return 1.0 if abs(ours.mean - theirs.mean) <= NEGLIGIBLE else 0.0
    return float(ttest_ind_from_stats(*ours, *theirs, equal_var=False).pvalue)


def _summary(values: Sequence[float]) -> Summary:
    if len(values) < 2:
        return Summary(math.nan, math.nan, len(values))
    return Summary(float(np.mean(values)), float(np.std(values, ddof=1)), len(values))
