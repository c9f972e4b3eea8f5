"""Importances against what is known to matter, and against chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from harness.tuning.importance import importances
from harness.tuning.spec import SearchSpec

SPEC = SearchSpec.model_validate(
    {
        "name": "faces",
        "dataset": {"name": "synthetic-posed"},
        "space": {
            "slices": [1, 2, 4, 8],
            "margin_min": {"low": 0.05, "high": 0.5},
            "margin_width": {"low": 0.1, "high": 1.0},
            "learning_rate": {"low": 0.0001, "high": 0.01, "log": True},
            "ce_weight": [0.0, 0.5],
        },
    }
)


def trials(metric: Any, *, n: int = 200, **columns: Any) -> pd.DataFrame:
    """Random trials of the space, of which the metric is a function."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "slices": rng.choice([1, 2, 4, 8], n),
            "margin_min": rng.uniform(0.05, 0.5, n),
            "learning_rate": 10 ** rng.uniform(-4, -2, n),
            "ce_weight": rng.choice([0.0, 0.5], n),
            "state": "COMPLETE",
        }
    )
    width = np.where(frame["slices"] > 1, rng.uniform(0.1, 1.0, n), 0.0)
    frame["margin_max"] = frame["margin_min"] + width
    names = ["slices", "margin_min", "learning_rate", "ce_weight"]
    frame["searched"] = [[*names, "margin_width"] if wide else names for wide in width > 0]
    frame["val_uar"] = metric(frame) + rng.normal(0, 0.01, n)
    return frame.assign(**columns)


def test_what_matters_is_beyond_chance_and_what_does_not_is_below_most() -> None:
    found = importances(SPEC, trials(lambda t: -((np.log10(t["learning_rate"]) + 3) ** 2)))
    value, chance = found["learning_rate"]
    assert value > 5 * chance
    assert max(found, key=lambda name: found[name][0]) == "learning_rate"
    others = [pair for name, pair in found.items() if name != "learning_rate"]
    assert all(value < found["learning_rate"][0] / 5 for value, _ in others)


def test_a_width_is_judged_by_the_trials_that_had_one() -> None:
    def metric(t: pd.DataFrame) -> Any:
        return np.where(t["slices"] > 1, -((t["margin_max"] - t["margin_min"] - 0.5) ** 2), -1.0)

    found = importances(SPEC, trials(metric))
    value, chance = found["margin_width"]
    assert value > chance


def test_equal_trials_give_equal_importances() -> None:
    table = trials(lambda t: t["margin_min"])
    assert importances(SPEC, table) == importances(SPEC, table)


def test_where_nothing_matters_chance_is_seldom_beaten() -> None:
    found = importances(SPEC, trials(lambda t: 0 * t["margin_min"]))
    assert sum(value > chance for value, chance in found.values()) <= 2


def test_few_trials_one_value_or_failed_ones_say_nothing() -> None:
    assert importances(SPEC, trials(lambda t: t["margin_min"], n=9)) == {}
    assert importances(SPEC, trials(lambda t: t["margin_min"], state="FAIL")) == {}
    assert "ce_weight" not in importances(SPEC, trials(lambda t: t["margin_min"], ce_weight=0.5))


def test_values_outside_the_files_domain_are_left_out() -> None:
    table = trials(lambda t: t["margin_min"])
    changed = table.assign(learning_rate=1.0)
    assert "learning_rate" not in importances(SPEC, changed)
    assert "margin_min" in importances(SPEC, changed)
