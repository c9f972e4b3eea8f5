"""Intervals by resampling, with our own seeds. Pure functions of numbers; it knows no file.

Values are one number per fresh seed, a share such as a UAR. Equal values and an equal seed give the equal interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import trim_mean

from harness.reporting.rank import Interval

LEAST = 5
"""Fresh seeds below which resampling says nothing: of three values there are ten different resamples."""

NEGLIGIBLE = 1e-12
"""A spread of shares below which they are equal: what is left of six times 0.1 is rounding."""


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
    if error <= NEGLIGIBLE:
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
    if error <= NEGLIGIBLE:
        return Interval(gap, gap, gap)
    drawn_a = _resamples(a, seed=seed, resamples=resamples)
    drawn_b = _resamples(b, seed=seed + 1, resamples=resamples)
    off = drawn_a.mean(axis=1) - drawn_b.mean(axis=1) - gap
    errors = np.hypot(_standard_error(drawn_a), _standard_error(drawn_b))
    low, high = _studentised(off, errors, confidence=confidence)
    return Interval(gap, gap - high * error, gap - low * error)


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


def _standard_error(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(samples.std(axis=-1, ddof=1) / math.sqrt(samples.shape[-1]))


def _resamples(sample: NDArray[np.float64], *, seed: int, resamples: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return sample[rng.integers(len(sample), size=(resamples, len(sample)))]


def _studentised(
    off: NDArray[np.float64], errors: NDArray[np.float64], *, confidence: float
) -> tuple[float, float]:
    """Quantiles of the studentised deviations; resamples of one value, which have no error of their own, are left out."""
    varied = errors > NEGLIGIBLE
    low, high = np.quantile(off[varied] / errors[varied], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
