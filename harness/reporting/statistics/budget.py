"""Score against budget: what the best of k trials is expected to be. Pure functions of numbers; it knows no file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln


def budgets(trials: int, *, most: int = 60) -> list[int]:
    """Numbers of trials at which a curve is drawn: each of the first, then wider apart, the last one always."""
    if trials < 1:
        return []
    return sorted({round(k) for k in np.geomspace(1, trials, most)} | {trials})


def expected_best(values: Sequence[float], *, at: Sequence[int] | None = None) -> NDArray[np.float64]:
    """What the best of k trials is expected to be, over all orders of the trials and not the one that was run.

    Args:
        values: `[n]`, the validation metric of each trial; NaN for one that gave none, which counts as a trial.
        at: The numbers of trials k, each in 1 to n; all of them where None.

    Returns:
        One per k; NaN as long as k trials could all have given none.

    Reference: Dodge et al., Show Your Work (2019), equation 5, without replacement.
    """
    drawn = np.asarray(values, dtype=np.float64)[None]
    return _expected(drawn, at=range(1, len(values) + 1) if at is None else at)[0]


def expected_best_band(
    values: Sequence[float], *, at: Sequence[int], seed: int, confidence: float = 0.95, resamples: int = 300
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the expected best would lie had other trials been drawn: a percentile bootstrap over the trials.

    A rough guide: a resample's best is never above the best that was seen, so the 95 % band covers the truth in about nine of ten
    where k is a tenth of the trials, and at the end of the curve it is one-sided.

    Args:
        values: As in `expected_best`.
        at: The numbers of trials k.
        seed: Of the resampling.
        confidence: In (0, 1).
        resamples: Draws with replacement.

    Returns:
        The lower and the upper bound at each k.
    """
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    curves = _expected(sample[rng.integers(len(sample), size=(resamples, len(sample)))], at=at)
    quantiles = [(1 - confidence) / 2, (1 + confidence) / 2]
    known = np.where(np.isnan(curves).all(axis=0), 0.0, curves)  # a column of NaN alone would warn
    low, high = np.nanquantile(known, quantiles, axis=0)
    nobody = np.isnan(curves).all(axis=0)
    return np.where(nobody, np.nan, low), np.where(nobody, np.nan, high)


def _expected(drawn: NDArray[np.float64], *, at: Sequence[int]) -> NDArray[np.float64]:
    """The expected best of k, of each row of trials `[rows, n]`; those that gave none count as the lowest."""
    n = drawn.shape[1]
    missing = np.isnan(drawn).sum(axis=1)
    ordered = np.sort(np.where(np.isnan(drawn), -np.inf, drawn), axis=1)
    ordered[np.isneginf(ordered)] = 0.0  # weighed by nothing where it counts, see below
    places = np.arange(1, n + 1)
    columns = []
    for k in at:
        usable = places >= k  # a lower place cannot be the best of k
        weights = np.exp(_log_choose(places[usable] - 1, k - 1) - _log_choose(n, k))
        columns.append(np.where(missing < k, ordered[:, usable] @ weights, np.nan))
    return np.stack(columns, axis=1) if columns else np.empty((len(drawn), 0))


def _log_choose(n: NDArray[np.int64] | int, k: int) -> NDArray[np.float64]:
    n = np.asarray(n, dtype=np.float64)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
