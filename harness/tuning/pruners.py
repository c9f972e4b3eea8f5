"""Early stopping by name: Optuna's pruners, whose memory is the study itself, so it survives any restart. It runs nothing."""

from __future__ import annotations

import warnings

import optuna
from optuna.pruners import BasePruner

from harness.tuning.spec import SearchSpec


def build_pruner(spec: SearchSpec) -> BasePruner:
    """Optuna's pruner of that name. Its steps are epochs, or folds where the protocol has several."""
    stopping, folds = spec.early_stopping, spec.trial_folds
    steps = spec.budget.epochs if folds == 1 else folds
    least = min(stopping.min_epochs, steps) if folds == 1 else 1
    match stopping.name:
        case "none":
            return optuna.pruners.NopPruner()
        case "asha":
            return optuna.pruners.SuccessiveHalvingPruner(
                min_resource=least, reduction_factor=stopping.reduction_factor
            )
        case "hyperband":
            return optuna.pruners.HyperbandPruner(
                min_resource=least, max_resource=steps, reduction_factor=stopping.reduction_factor
            )
        case "median":
            return optuna.pruners.MedianPruner(n_startup_trials=stopping.startup_trials, n_warmup_steps=least)
        case "wilcoxon":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                return optuna.pruners.WilcoxonPruner(p_threshold=stopping.p_threshold)
