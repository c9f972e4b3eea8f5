"""Two searches side by side: what differs, the confirmed metric and its difference, recalls, curves. It knows no screen.

What is paired is decided here: test folds of one and the same split, else equal fresh seeds, else nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.errors import ResultsError
from harness.reporting.confirmed import Confirmed
from harness.reporting.differences import SAME_FACES, Difference, differing
from harness.reporting.gaps import SEED, Gap, paired, unpaired
from harness.reporting.rank import Interval, mean_interval
from harness.reporting.recall import recall_by_class
from harness.reporting.statistics import hedges_g, probability_of_improvement


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of both searches.

    Attributes:
        name: Of the metric, the fold or the class.
        a: Mean of A; NaN where A has none.
        b: Mean of B; NaN where B has none.
        gap: A - B.
    """

    name: str
    a: Interval
    b: Interval
    gap: Gap


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two searches side by side.

    Attributes:
        a: The one search.
        b: The other.
        anyway: Whether the numbers are of different faces or splits, and were compared all the same.
        warnings: What must be known beside the numbers, a line each.
        differences: By section: search file, chosen config, data, provenance.
        metric: The confirmed metric, and its difference as it is paired.
        over_seeds: The metric's difference over the fresh seeds, which is that of `metric` where folds are no pairs.
        uncorrected: Of paired folds: p of the plain paired t-test; else NaN.
        effect: Hedges' g over the fresh seeds.
        improvement: How often a run of A beats a run of B.
        folds: The metric fold by fold, mean over the seeds; empty where folds are no pairs.
        recalls: By class, mean over the seeds.
        curves: By `epoch`: mean, lowest and highest validation objective over the seeds, `a_mean` to `b_high`.
    """

    a: Confirmed
    b: Confirmed
    anyway: bool
    warnings: tuple[str, ...]
    differences: Mapping[str, list[Difference]]
    metric: Row
    over_seeds: Gap
    uncorrected: float
    effect: Interval
    improvement: Interval
    folds: tuple[Row, ...]
    recalls: tuple[Row, ...]
    curves: pd.DataFrame


def compare_confirmed(a: Confirmed, b: Confirmed, *, anyway: bool = False) -> Comparison:
    """Compares what two searches have confirmed.

    Args:
        a: The one search.
        b: The other; differences are A - B.
        anyway: Compares numbers of different faces or splits, too, with a warning.

    Raises:
        ResultsError: If the searches have different objectives; if faces or splits differ, unless `anyway`.
    """
    _check_objectives(a, b)
    unequal = _different_things(a, b)
    if unequal and not anyway:
        raise ResultsError(
            f"{a.label} and {b.label} were measured on different things: {'; '.join(unequal)}. Their difference would say "
            "nothing of what was searched; --anyway compares them with a warning"
        )
    by_fold = None if unequal else _folds(a, b)
    over_seeds = _of_seeds(a, b, a.values, b.values)
    gap = over_seeds if by_fold is None else _over_folds(a, *by_fold)
    plain = math.nan if by_fold is None else paired(*by_fold, pairing="folds").p_value
    return Comparison(
        a=a,
        b=b,
        anyway=bool(unequal),
        warnings=tuple(_warnings(a, b, unequal=unequal)),
        differences=_differences(a, b),
        metric=Row(name=a.metric, a=mean_interval(a.values), b=mean_interval(b.values), gap=gap),
        over_seeds=over_seeds,
        uncorrected=plain,
        effect=hedges_g(a.values, b.values),
        improvement=probability_of_improvement(a.values, b.values, seed=SEED),
        folds=() if by_fold is None else _fold_rows(*by_fold),
        recalls=tuple(_recalls(a, b)),
        curves=_curve(a, "a").merge(_curve(b, "b"), on="epoch", how="outer").sort_values("epoch"),
    )


def _check_objectives(a: Confirmed, b: Confirmed) -> None:
    if a.objective != b.objective:
        raise ResultsError(
            f"expected two searches of one objective, got {a.objective} of {a.label} and {b.objective} of {b.label}: their "
            "configs were chosen by different metrics; search one of them again with the other's protocol.objective"
        )


def _different_things(a: Confirmed, b: Confirmed) -> list[str]:
    """Faces and splits that differ, with both values."""
    ours, theirs = a.data(), b.data()
    return [
        f"{words} is {ours[name]} of {a.label} and {theirs[name]} of {b.label}"
        for name, words in SAME_FACES.items()
        if ours[name] != theirs[name]
    ]


def _differences(a: Confirmed, b: Confirmed) -> dict[str, list[Difference]]:
    return {
        "search file": differing(a.settings, b.settings),
        "chosen config": differing(a.config(), b.config()),
        "data": differing(a.data(), b.data()),
        "provenance": differing(a.provenance(), b.provenance()),
    }


def _warnings(a: Confirmed, b: Confirmed, *, unequal: list[str]) -> list[str]:
    lines = []
    if unequal:
        lines.append(
            f"compared with --anyway, though {'; '.join(unequal)}: the difference is of no one thing"
        )
    if a.data()["protocol"] != b.data()["protocol"]:
        lines.append("the protocols differ, so on a leaderboard these two would not rank against each other")
    if a.of_suite and b.of_suite and a.folder.parent == b.folder.parent and a.folder != b.folder:
        lines.append(
            "one comparison out of a suite: this p is not corrected for the suite's others; that of its table is"
        )
    dirty = [side.label for side in (a, b) if "True" in str(side.provenance()["git_dirty"])]
    if dirty:
        names = " and ".join(dict.fromkeys(dirty))
        lines.append(f"uncommitted changes were in the code of {names}: the commit does not say what ran")
    return lines


def _folds(a: Confirmed, b: Confirmed) -> tuple[list[float], list[float]] | None:
    """The metric of each test fold that both have, mean over the seeds; None where there are no two, or none is kept."""
    ours, theirs = _by_fold(a), _by_fold(b)
    if ours is None or theirs is None or len(ours) != len(theirs):
        return None
    both = ~(np.isnan(ours) | np.isnan(theirs))
    return (list(ours[both]), list(theirs[both])) if both.sum() > 1 else None


def _by_fold(side: Confirmed) -> NDArray[np.float64] | None:
    if (column := f"fold_{side.metric}") not in side.runs or side.runs[column].isna().any():
        return None
    return np.asarray([np.asarray(folds, dtype=np.float64) for folds in side.runs[column]]).mean(axis=0)


def _over_folds(a: Confirmed, ours: list[float], theirs: list[float]) -> Gap:
    """The paired difference over folds, which train on each other's faces."""
    faces = json.loads(a.runs.iloc[0]["faces"])
    return paired(ours, theirs, pairing="folds", overlap=faces["test"] / faces["train"])


def _of_seeds(a: Confirmed, b: Confirmed, ours: list[float], theirs: list[float]) -> Gap:
    """The difference over fresh seeds, which are pairs if they are the same seeds."""
    if a.seeds == b.seeds and len(ours) == len(theirs):
        return paired(ours, theirs, pairing="seeds")
    return unpaired(ours, theirs)


def _fold_rows(ours: list[float], theirs: list[float]) -> tuple[Row, ...]:
    return tuple(
        Row(name=f"fold {number}", a=_point(x), b=_point(y), gap=Gap(_point(x - y), math.nan, "folds"))
        for number, (x, y) in enumerate(zip(ours, theirs, strict=True))
    )


def _point(value: float) -> Interval:
    return Interval(value, math.nan, math.nan)


def _recalls(a: Confirmed, b: Confirmed) -> list[Row]:
    """The recall of each class of either search, in the order of A's classes."""
    ours, theirs = _recall_by_class(a), _recall_by_class(b)
    return [
        Row(name=name, a=mean_interval(x), b=mean_interval(y), gap=_of_seeds(a, b, x, y))
        for name in dict.fromkeys([*ours, *theirs])
        for x, y in [(ours.get(name, []), theirs.get(name, []))]
    ]


def _recall_by_class(side: Confirmed) -> dict[str, list[float]]:
    """One recall per seed, of classes that have test faces (or sequences, if the metric is of these)."""
    column = "sequence_confusion" if "sequence" in side.metric else "confusion"
    counts = np.asarray([np.vstack(matrix) for matrix in side.runs[column]], dtype=np.float64)  # [n, C, C]
    recalls = recall_by_class(counts)
    return {
        name: list(recalls[:, label])
        for label, name in enumerate(side.class_names)
        if not np.isnan(recalls[:, label]).any()
    }


def _curve(side: Confirmed, prefix: str) -> pd.DataFrame:
    """The validation objective by epoch: mean over the folds of each seed, then over the seeds."""
    by_seed = side.epochs.groupby(["epoch", "repeat"], as_index=False)[side.objective].mean()
    curve = by_seed.groupby("epoch")[side.objective].agg(mean="mean", low="min", high="max")
    return curve.add_prefix(f"{prefix}_").reset_index()
