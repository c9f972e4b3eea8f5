"""Search folders without a journal, whose test metric is known fold by fold, and what is shown of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rich.console import Console

import harness
from harness.reporting.comparison import Comparison, compare_confirmed
from harness.reporting.comparison_view import comparison_view
from harness.reporting.confirmed import read_confirmed
from harness.reporting.tables import write_search

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"
FILE = {"name": "s", "seed": 0, "method": {"slices": 1}, "space": {"margin_min": {"low": 0.1, "high": 0.5}}}
FOLDS_A = ((0.90, 0.70, 0.80), (0.92, 0.66, 0.84))
FOLDS_B = ((0.80, 0.65, 0.60), (0.86, 0.63, 0.70))


def runs_of(build: type, folds: Sequence[Sequence[float]], *, seed: int = 100, **changes: Any) -> tuple:
    """A confirmation run per row, with a test UAR per fold."""
    made = []
    for repeat, values in enumerate(folds):
        run = build.run(0, repeat, val_uar=0.7, test_uar=float(np.mean(values)))
        metrics = tuple({"test_uar": value} for value in values)
        result = replace(run.result, fold_metrics=metrics, chosen_epochs=(1,) * len(values), **changes)
        made.append(replace(run, config=replace(run.config, seed=seed + repeat), result=result))
    return tuple(made)


def write(build: type, folder: Path, runs: tuple, *, file: dict[str, Any] = FILE, **provenance: Any) -> Path:
    """A search folder without a journal."""
    write_search(build.search(runs=runs, provenance=build.provenance(**provenance)), folder)
    (folder / "search.yaml").write_text(yaml.safe_dump(file))
    return folder


def compared(a: Path, b: Path, **options: Any) -> Comparison:
    sides = (read_confirmed(folder, label=folder.name) for folder in (a, b))
    return compare_confirmed(*sides, **options)


def shown(comparison: Comparison, *, width: int = 100) -> list[str]:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(comparison_view(comparison))
    return [line.rstrip() for line in captured.get().splitlines()]
