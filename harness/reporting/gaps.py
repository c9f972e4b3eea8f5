"""A - B of two samples, paired or not, with what may be said of it. Pure functions of numbers; it knows no search.

Fresh seeds of two searches are independent draws unless they are the same seeds; equal test folds are pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from harness.reporting.rank import Interval
from harness.reporting.statistics import LEAST, NEGLIGIBLE, Shown, difference, shown

SEED = 0
"""Of every resampling: the same runs give the same comparison."""

Pairing = Literal["folds", "seeds", "none"]


class Gap(NamedTuple):
    """The difference of two means.

    Attributes:
        interval: A - B, with its 95 % interval; bounds NaN where the values are too few.
        p_value: Two-sided, of no difference; NaN where the values are too few.
        pairing: What is paired: test folds, equal seeds, or nothing.
    """

    interval: Interval
    p_value: float
    pairing: Pairing

    @property
    def shown(self) -> Shown:
        """What may be said of A."""
        return shown(self.interval.mean, self.p_value)


def paired(a: Sequence[float], b: Sequence[float], *, pairing: Pairing, overlap: float = 0.0) -> Gap:
    """The mean of the paired differences, by Student's t.

    Args:
        a: Values of A.
        b: Values of B, in the order of their partners.
        pairing: What the pairs are.
        overlap: Test faces by training faces of a fold. Folds train on each other's faces, so their differences are
            no independent draws: the variance of the mean is s2 (1/k + overlap). Zero is the plain paired t-test.

    Reference: Nadeau and Bengio, Inference for the Generalization Error (2003), section 4.
    """
    gaps = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    error = float(gaps.std(ddof=1)) * math.sqrt(1 / len(gaps) + overlap) if len(gaps) > 1 else math.nan
    mean = float(gaps.mean()) if len(gaps) else math.nan
    return _student(mean, error, len(gaps) - 1, pairing=pairing)


def unpaired(a: Sequence[float], b: Sequence[float]) -> Gap:
    """The difference of the means of independent draws: p by Welch's t-test, as in a suite.

    The interval is the bootstrap-t; Welch's where there are too few values to resample.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    welch = _welch(first, second)
    if min(len(first), len(second)) < LEAST or not welch.interval.high > welch.interval.low:
        return welch
    return Gap(difference(a, b, seed=SEED), welch.p_value, "none")


def _welch(a: NDArray[np.float64], b: NDArray[np.float64]) -> Gap:
    """Welch's t with its interval. SciPy warns where a side does not vary; here that is a variance of zero."""
    mean = float(a.mean() - b.mean()) if len(a) and len(b) else math.nan
    if min(len(a), len(b)) < 2:
        return _student(mean, math.nan, 0, pairing="none")
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    total = float(parts.sum())
    freedom = total**2 / float((parts**2 / [len(a) - 1, len(b) - 1]).sum()) if total > NEGLIGIBLE**2 else 1.0
    return _student(mean, math.sqrt(total), freedom, pairing="none")


def _student(mean: float, error: float, freedom: float, *, pairing: Pairing) -> Gap:
    if math.isnan(error):
        return Gap(Interval(mean, math.nan, math.nan), math.nan, pairing)
    if error < NEGLIGIBLE:  # they are equal, or they are not
        return Gap(Interval(mean, mean, mean), 1.0 if abs(mean) < NEGLIGIBLE else 0.0, pairing)
    half = float(student_t.ppf(0.975, freedom)) * error
    return Gap(
        Interval(mean, mean - half, mean + half),
        2 * float(student_t.sf(abs(mean) / error, freedom)),
        pairing,
    )
