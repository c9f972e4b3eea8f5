"""How often the intervals of `harness.reporting.statistics` hold the truth, over 2,000 simulated benchmarks each.

Normal seeds, and seeds of a skewed metric: an exponential turned round, most near the top and a few far below, as UARs near
their ceiling are.
Run it by `python -m benchmarks.coverage`; it takes ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from harness.reporting.statistics import bootstrap_interval, difference

BENCHMARKS, RESAMPLES = 2_000, 500
SEEDS = (5, 8, 10, 20)
SCALE = 0.04

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]

METRICS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, shape: rng.normal(0.7, 0.03, shape), 0.7),
    "skewed": (lambda rng, shape: 0.8 - rng.exponential(SCALE, shape), 0.8 - SCALE),
}


def of_the_mean(draw: Draw, truth: float, *, seeds: int) -> float:
    """The share of bootstrap-t intervals of a mean that hold the truth."""
    drawn = draw(np.random.default_rng(seeds), (BENCHMARKS, seeds))
    intervals = [bootstrap_interval(row, seed=i, resamples=RESAMPLES) for i, row in enumerate(drawn.tolist())]
    return float(np.mean([low <= truth <= high for _, low, high in intervals]))


def of_the_difference(draw: Draw, *, seeds: int) -> float:
    """The same of the difference between two methods that are equal."""
    drawn = draw(np.random.default_rng(seeds), (BENCHMARKS, 2, seeds))
    intervals = [difference(a, b, seed=i, resamples=RESAMPLES) for i, (a, b) in enumerate(drawn.tolist())]
    return float(np.mean([low <= 0 <= high for _, low, high in intervals]))


def main() -> None:
    print("| metric | seeds | mean, % | difference, % |\n| --- | ---: | ---: | ---: |")
    for name, (draw, truth) in METRICS.items():
        for seeds in SEEDS:
            mean, gap = of_the_mean(draw, truth, seeds=seeds), of_the_difference(draw, seeds=seeds)
            print(f"| {name} | {seeds} | {100 * mean:.1f} | {100 * gap:.1f} |", flush=True)


if __name__ == "__main__":
    main()
