"""Methods across datasets: average ranks, the Nemenyi test, Wilcoxon with Holm. Pure functions of means; it knows no file.

With few datasets ranks cannot show much: of two datasets not even five methods in the same order on both differ significantly.

Reference: Demsar, Statistical Comparisons of Classifiers over Multiple Data Sets (2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import studentized_range

from harness.reporting.statistics.comparison import NO_DIFFERENCE


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """How methods rank over datasets that all of them were measured on.

    Attributes:
        average: Average rank by method, 1 is best; the best one first.
        datasets: How many datasets.
        critical_difference: Of the Nemenyi test: average ranks closer than this are not shown to differ.
        nemenyi: Its p-values, method by method.
        wilcoxon: P-values of Wilcoxon's signed ranks with Holm's correction; NaN where the datasets are too few for any.
        groups: Methods, best first, within which no difference is shown; none holds another.
    """

    average: dict[str, float]
    datasets: int
    critical_difference: float
    nemenyi: pd.DataFrame
    wilcoxon: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]


def average_ranks(means: pd.DataFrame, *, level: float = 0.05) -> Ranks | None:
    """Ranks methods over datasets.

    Args:
        means: `[datasets, methods]`, higher is better; a dataset that lacks a method is left out.
        level: Of the tests.

    Returns:
        None with fewer than two methods or two datasets.
    """
    whole = means.dropna()
    datasets, methods = whole.shape
    if datasets < 2 or methods < 2:
        return None
    average = whole.rank(axis=1, ascending=False).mean().sort_values(kind="stable")
    ordered = whole[average.index]
    nemenyi = _nemenyi(ordered)
    return Ranks(
        average={str(name): float(rank) for name, rank in average.items()},
        datasets=datasets,
        critical_difference=critical_difference(methods, datasets, level=level),
        nemenyi=nemenyi,
        wilcoxon=_wilcoxon(ordered),
        groups=_groups(nemenyi, level=level),
    )


def critical_difference(methods: int, datasets: int, *, level: float = 0.05) -> float:
    """The Nemenyi test's critical difference of average ranks.

    Reference: Demsar (2006), section 3.2.2; q is the studentised range's quantile over the root of two.
    """
    quantile = float(studentized_range.ppf(1 - level, methods, math.inf)) / math.sqrt(2)
    return quantile * math.sqrt(methods * (methods + 1) / (6 * datasets))


def in_words(ranks: Ranks) -> str:
    """The verdict of the ranks in one sentence."""
    names = list(ranks.average)
    apart = [
        f"{better} ranks above {worse}"
        for place, better in enumerate(names)
        for worse in names[place + 1 :]
        if not any({better, worse} <= set(group) for group in ranks.groups)
    ]
    verdict = "; ".join(apart) if apart else f"{NO_DIFFERENCE} between any two methods"
    return (
        f"Over {ranks.datasets} datasets: {verdict} (Nemenyi, critical difference {ranks.critical_difference:.2f} "
        f"ranks; the first and the last are {ranks.average[names[-1]] - ranks.average[names[0]]:.2f} apart)."
    )


def _nemenyi(ordered: pd.DataFrame) -> pd.DataFrame:
    import scikit_posthocs  # a second and a half, which nobody needs to wait who asks for no ranks

    return scikit_posthocs.posthoc_nemenyi_friedman(ordered.reset_index(drop=True))


def _wilcoxon(ordered: pd.DataFrame) -> pd.DataFrame:
    """Over fewer than six datasets no sign pattern reaches 5 %, so there is nothing to test."""
    names = list(ordered.columns)
    if len(ordered) < 6:
        return pd.DataFrame(np.nan, index=names, columns=names)
    import scikit_posthocs

    melted = ordered.melt(var_name="method", value_name="metric")
    table = scikit_posthocs.posthoc_wilcoxon(melted, val_col="metric", group_col="method", p_adjust="holm")
    return table.loc[names, names]


def _groups(p_values: pd.DataFrame, *, level: float) -> tuple[tuple[str, ...], ...]:
    """The longest runs of neighbouring methods of which the ends are not shown to differ."""
    names, values = list(p_values.columns), p_values.to_numpy(dtype=np.float64)
    runs: list[tuple[str, ...]] = []
    for first in range(len(names)):
        alike = [last for last in range(first, len(names)) if values[first, last] > level]
        run = tuple(map(str, names[first : max(alike, default=first) + 1]))
        if len(run) > 1 and not (runs and set(run) <= set(runs[-1])):
            runs.append(run)
    return tuple(runs)
