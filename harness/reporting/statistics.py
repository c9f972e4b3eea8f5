"""Statistics of a benchmark: intervals by resampling, effect sizes, verdicts. Pure functions of numbers; it knows no file.

Values are one number per fresh seed, a share such as a UAR. Equal values and an equal seed give the equal interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import t as student_t
from scipy.stats import trim_mean, ttest_ind

from harness.reporting.rank import Interval

LEAST = 5
"""Fresh seeds below which resampling says nothing: of three values there are ten different resamples."""

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


def interquartile_mean(values: Sequence[float]) -> float:
    """Mean of the middle half; NaN without values.

    Reference: Agarwal et al., Deep Reinforcement Learning at the Edge of the Statistical Precipice (2021).
    """
    return float(trim_mean(values, 0.25)) if len(values) else math.nan


def bootstrap_interval(
    values: Sequence[float], *, seed: int, confidence: float = 0.95, resamples: int = 10_000
) -> Interval:
    """The mean with its bootstrap-t interval.

    Each resample is studentised by its own standard error: the plain percentile interval of five values is far too narrow.

    Args:
        values: One per fresh seed.
        seed: Of the resampling.
        confidence: In (0, 1).
        resamples: Draws with replacement.

    Returns:
        Bounds NaN with fewer than five values; the mean alone where all values are equal.

    Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 12.5.
    """
    sample = np.asarray(values, dtype=np.float64)
    mean = float(sample.mean()) if len(sample) else math.nan
    if len(sample) < LEAST:
        return Interval(mean, math.nan, math.nan)
    error = _standard_error(sample)
    if not error:
        return Interval(mean, mean, mean)
    drawn = _resamples(sample, seed=seed, resamples=resamples)
    low, high = _studentised(drawn.mean(axis=1) - mean, _standard_error(drawn), confidence=confidence)
    return Interval(mean, mean - high * float(error), mean - low * float(error))


def difference(
    ours: Sequence[float],
    baseline: Sequence[float],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Mean of ours less mean of the baseline, with its bootstrap-t interval; the two are drawn apart."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    gap = float(a.mean() - b.mean()) if len(a) and len(b) else math.nan
    if min(len(a), len(b)) < LEAST:
        return Interval(gap, math.nan, math.nan)
    error = float(np.hypot(_standard_error(a), _standard_error(b)))
    if not error:
        return Interval(gap, gap, gap)
    drawn_a = _resamples(a, seed=seed, resamples=resamples)
    drawn_b = _resamples(b, seed=seed + 1, resamples=resamples)
    off = drawn_a.mean(axis=1) - drawn_b.mean(axis=1) - gap
    errors = np.hypot(_standard_error(drawn_a), _standard_error(drawn_b))
    low, high = _studentised(off, errors, confidence=confidence)
    return Interval(gap, gap - high * error, gap - low * error)


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
    if not pooled:
        return Interval(math.nan, math.nan, math.nan)
    effect = (1 - 3 / (4 * freedom - 1)) * float(a.mean() - b.mean()) / pooled
    variance = (len(a) + len(b)) / (len(a) * len(b)) + effect**2 / (2 * (len(a) + len(b)))
    half = float(student_t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return Interval(effect, effect - half, effect + half)


def probability_of_improvement(
    ours: Sequence[float],
    baseline: Sequence[float],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 2_000,
) -> Interval:
    """How often a run of ours beats a run of the baseline, equal ones counted half; interval by percentile bootstrap."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if not len(a) or not len(b):
        return Interval(math.nan, math.nan, math.nan)
    wins = (a[:, None] > b).astype(np.float64) + 0.5 * (a[:, None] == b)
    if min(len(a), len(b)) < LEAST:
        return Interval(float(wins.mean()), math.nan, math.nan)
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(a), size=(resamples, len(a)))
    columns = rng.integers(len(b), size=(resamples, len(b)))
    drawn = wins[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(wins.mean()), float(low), float(high))


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


def paired_p_value(differences: Sequence[float]) -> float:
    """Two-sided p-value of the paired t-test: whether differences of runs on equal seeds have the mean zero.

    Args:
        differences: One per seed.

    Returns:
        NaN with fewer than two; 1 where all are zero, 0 where all are one other number.
    """
    gaps = np.asarray(differences, dtype=np.float64)
    if len(gaps) < 2:
        return math.nan
    error = float(_standard_error(gaps))
    if not error:
        return float(not gaps.any())
    return float(2 * student_t.sf(abs(gaps.mean()) / error, len(gaps) - 1))


def shown(gap: float, p_holm: float, *, level: float = 0.05) -> Shown:
    """What may be said of a difference with a corrected p-value; NaN shows none."""
    if not p_holm <= level:
        return "no difference shown"
    return "better" if gap > 0 else "worse"


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


def expected_best(values: Sequence[float]) -> NDArray[np.float64]:
    """What the best of k trials is expected to be, over all orders of the trials and not the one that was run.

    Args:
        values: `[n]`, the validation metric of each trial; NaN for one that gave none, which counts as a trial.

    Returns:
        `[n]`, for k = 1 to n; NaN as long as k trials could all have given none.

    Reference: Dodge et al., Show Your Work (2019), equation 5, without replacement.
    """
    known = np.sort(np.asarray([value for value in values if not math.isnan(value)], dtype=np.float64))
    n, missing = len(values), len(values) - len(known)
    places = np.arange(missing + 1, n + 1)  # of the known ones among all, the missing ones lowest
    expected = np.full(n, math.nan)
    for k in range(max(1, missing + 1), n + 1):
        usable = places >= k
        ways = _log_choose(places[usable] - 1, k - 1) - _log_choose(n, k)
        expected[k - 1] = np.exp(ways) @ known[usable]
    return expected


def _log_choose(n: NDArray[np.int64] | int, k: int) -> NDArray[np.float64]:
    n = np.asarray(n, dtype=np.float64)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _standard_error(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(samples.std(axis=-1, ddof=1) / math.sqrt(samples.shape[-1]))


def _resamples(sample: NDArray[np.float64], *, seed: int, resamples: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return sample[rng.integers(len(sample), size=(resamples, len(sample)))]


def _studentised(
    off: NDArray[np.float64], errors: NDArray[np.float64], *, confidence: float
) -> tuple[float, float]:
    """Quantiles of the studentised deviations; resamples of one value, which have no error of their own, are left out."""
    varied = errors > 1e-12
    low, high = np.quantile(off[varied] / errors[varied], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _gap(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return float(np.mean(ours) - np.mean(theirs)) if len(ours) and len(theirs) else math.nan


def _welch(ours: Sequence[float], theirs: Sequence[float]) -> float:
    if min(len(ours), len(theirs)) < 2:
        return math.nan
    if len(set(ours)) == len(set(theirs)) == 1:  # nothing varies: they are equal, or they are not
        return 1.0 if ours[0] == theirs[0] else 0.0
    return float(ttest_ind(ours, theirs, equal_var=False).pvalue)
