"""How much each searched parameter mattered, by PED-ANOVA over a search's trials, beside what chance would give.

It reads the table of trials, not the journal, and knows no figure.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import optuna
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from harness.seeding import derive_seed
from harness.tuning.domains import Choice, Domain
from harness.tuning.spec import Parameters, SearchSpec

LEAST = 10
"""Trials of a parameter below which nothing is said of it."""

SHUFFLES = 20
"""Of the metric among the trials, to see what chance gives."""

MOST = 300
"""Trials that are looked at: of more, as many, evenly over the search."""


def importances(spec: SearchSpec, trials: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """The importance of each searched parameter, and the one that chance stays below in 19 of 20 shuffles.

    A parameter that is drawn only under others (a width needs two slices) is judged over the trials that drew it. Trials that
    were stopped early or collapsed count with what they had reached; failed ones do not.

    Args:
        spec: The search: its space.
        trials: Rows of its trials.parquet.

    Returns:
        By parameter, in the file's order; parameters with too few trials, or of which all trials drew one value, are missing.

    Reference: Watanabe et al., PED-ANOVA (2023).
    """
    objective = spec.protocol.objective
    known = trials[trials[objective].notna() & (trials["state"] != "FAIL")]
    known = known.iloc[np.unique(np.linspace(0, len(known) - 1, min(len(known), MOST)).astype(int))]
    found = {}
    for name, domain in spec.space.domains().items():
        drawn = known[np.array([name in names for names in known["searched"]], dtype=bool)]
        told = zip(_values(name, drawn), drawn[objective].astype(float), strict=True)
        pairs = [
            (value, metric) for value, metric in told if _contains(domain, value)
        ]  # an edited file is no reason to stop
        if len(pairs) >= LEAST and len({value for value, _ in pairs}) > 1:
            values, metrics = zip(*pairs, strict=True)
            found[name] = _with_chance(name, _distribution(name, domain), list(values), np.asarray(metrics))
    return found


def _with_chance(
    name: str, distribution: BaseDistribution, values: list[Any], metric: NDArray[np.float64]
) -> tuple[float, float]:
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.trial.create_trial(params={name: value}, distributions={name: distribution}, value=0.0)
            for value in values
        ]
    )
    rng = np.random.default_rng(derive_seed(0, "importance", name))
    by_chance = [_importance(study, name, rng.permutation(metric)) for _ in range(SHUFFLES)]
    return _importance(study, name, metric), float(np.quantile(by_chance, 0.95))


def _importance(study: optuna.Study, name: str, metric: NDArray[np.float64]) -> float:
    with warnings.catch_warnings():  # it is experimental in Optuna
        warnings.simplefilter("ignore")
        evaluator = PedAnovaImportanceEvaluator()
        told = get_param_importances(
            study,
            evaluator=evaluator,
            params=[name],
            target=lambda trial: -float(metric[trial.number]),  # of a target, less is better to Optuna
            normalize=False,
        )
    return float(told[name])


def _values(name: str, drawn: pd.DataFrame) -> list[Any]:
    if name == "margin_width":  # a config says where the range ends, not how wide it is
        return [float(width) for width in drawn["margin_max"] - drawn["margin_min"]]
    whole = Parameters.model_fields[name].annotation is int
    return [int(value) if whole else value for value in drawn[name]]


def _contains(domain: Domain, value: Any) -> bool:
    if isinstance(domain, Choice):
        return bool(value in domain.values)
    slack = 1e-9 * abs(domain.high)
    return bool(domain.low - slack <= value <= domain.high + slack)


def _distribution(name: str, domain: Domain) -> BaseDistribution:
    """The domain as Optuna's; a little wider than the file's, since a width is a difference of rounded numbers."""
    if isinstance(domain, Choice):
        return CategoricalDistribution(domain.values)
    if Parameters.model_fields[name].annotation is int:
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log, step=int(domain.step or 1))
    slack = 1e-9 * abs(domain.high)
    return FloatDistribution(
        domain.low * (1 - 1e-9) if domain.log else domain.low - slack, domain.high + slack, log=domain.log
    )
