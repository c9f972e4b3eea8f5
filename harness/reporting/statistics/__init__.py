"""Statistics of a benchmark: intervals by resampling, effects and verdicts, ranks over datasets, score against budget.

Pure functions of numbers; they know no file and no screen.
"""

from harness.reporting.statistics.budget import budgets, expected_best, expected_best_band
from harness.reporting.statistics.comparison import (
    NO_DIFFERENCE,
    Shown,
    Summary,
    Verdict,
    hedges_g,
    holm,
    not_worse_than_best,
    shown,
    verdicts,
)
from harness.reporting.statistics.ranks import Ranks, average_ranks, critical_difference, in_words
from harness.reporting.statistics.resampling import (
    LEAST,
    NEGLIGIBLE,
    bootstrap_interval,
    difference,
    interquartile_mean,
    probability_of_improvement,
)

__all__ = [
    "LEAST",
    "NEGLIGIBLE",
    "NO_DIFFERENCE",
    "Ranks",
    "Shown",
    "Summary",
    "Verdict",
    "average_ranks",
    "bootstrap_interval",
    "budgets",
    "critical_difference",
    "difference",
    "expected_best",
    "expected_best_band",
    "hedges_g",
    "holm",
    "in_words",
    "interquartile_mean",
    "not_worse_than_best",
    "probability_of_improvement",
    "shown",
    "verdicts",
]
