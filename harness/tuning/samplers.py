"""Optuna's samplers by name, made anew for every draw. It does not know what is drawn.

Optuna does not store a sampler's random state, so 25 trials and 25 after a restart would differ from 50 in one go. Here a
draw depends on the study's history and on (search seed, trial number, parameter) alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from harness.seeding import derive_seed
from harness.tuning.sections import SamplerSpec


class HistorySampler(BaseSampler):
    """Delegates each draw to a new sampler with a seed of its own.

    Args:
        spec: Which sampler.
        seed: The search's.
    """

    def __init__(self, spec: SamplerSpec, *, seed: int) -> None:
        self.spec, self.seed = spec, seed

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that are drawn together."""
        return self._fresh(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draws the parameters that are drawn together."""
        return self._fresh(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draws one parameter."""
        sampler = self._fresh(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Lets the sampler note what it wants to know of a finished trial."""
        self._fresh(trial).after_trial(study, trial, state, values)

    def _fresh(self, trial: FrozenTrial, *purpose: str) -> BaseSampler:
        # A quasi-random sequence is one sequence: its scrambling must be the same for all its points.
        one_sequence = self.spec.name == "qmc" and not purpose
        parts: tuple[str | int, ...] = () if one_sequence else (trial.number, *purpose)
        return build_sampler(self.spec, seed=derive_seed(self.seed, "suggest", *parts))


def build_sampler(spec: SamplerSpec, *, seed: int) -> BaseSampler:
    """Optuna's sampler of that name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        match spec.name:
            case "tpe":
                return optuna.samplers.TPESampler(n_startup_trials=spec.startup_trials, seed=seed)
            case "random":
                return optuna.samplers.RandomSampler(seed=seed)
            case "gp":
                return optuna.samplers.GPSampler(
                    n_startup_trials=spec.startup_trials, seed=seed, warn_independent_sampling=False
                )
            case "cma-es":
                return optuna.samplers.CmaEsSampler(
                    n_startup_trials=spec.startup_trials, seed=seed, warn_independent_sampling=False
                )
            case "qmc":
                return optuna.samplers.QMCSampler(scramble=True, seed=seed, warn_independent_sampling=False)
