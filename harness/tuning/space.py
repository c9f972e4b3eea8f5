"""From a search file and an Optuna trial to a config: which parameters exist depends on those drawn before. It runs nothing.

The order below is the order in which Optuna is asked. A parameter that has no meaning under the others is not drawn: one
slice has no range of margins, cross entropy has no mining.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import optuna

from harness.learning.losses.names import TRIPLETS
from harness.records import TrialConfig
from harness.tuning.domains import Choice, Range
from harness.tuning.folder import PRETRAINED
from harness.tuning.spec import Parameters, SearchSpec


class Draw:
    """Gives each parameter's value: drawn if it is searched, else the one that the method fixes."""

    def __init__(self, spec: SearchSpec, trial: optuna.Trial) -> None:
        self.method, self.domains, self.trial = spec.method, spec.space.domains(), trial

    def __call__(self, name: str) -> Any:
        """The value of one parameter."""
        domain = self.domains.get(name)
        if domain is None:
            return getattr(self.method, name)
        if isinstance(domain, Choice):
            return self.trial.suggest_categorical(name, domain.values)
        if Parameters.model_fields[name].annotation is int:
            step = int(domain.step or 1)
            return self.trial.suggest_int(name, int(domain.low), int(domain.high), step=step, log=domain.log)
        return self.trial.suggest_float(name, domain.low, domain.high, step=domain.step, log=domain.log)


def suggest_config(trial: optuna.Trial, spec: SearchSpec, *, seed: int) -> TrialConfig:
    """The config that a trial draws.

    Args:
        trial: Is asked for each searched parameter that has a meaning.
        spec: The space, and what is fixed.
        seed: Of the training.
    """
    return config_of(Draw(spec, trial), spec, seed=seed)


def config_of(draw: Callable[[str], Any], spec: SearchSpec, *, seed: int) -> TrialConfig:
    """The config whose parameters `draw` gives; it is asked only for those that have a meaning.

    Args:
        draw: The value of a parameter, by name.
        spec: What no parameter decides.
        seed: Of the training.
    """
    loss = draw("loss")
    return TrialConfig(
        seed=seed,
        epochs=spec.budget.epochs,
        loss=loss,
        backbone=draw("backbone"),
        backbone_checkpoint=PRETRAINED if spec.method.pretrain else spec.method.backbone_checkpoint,
        dropout=draw("dropout"),
        embedding_dim=draw("embedding_dim"),
        **_thresholds(draw, loss=loss),
        batch_size=draw("batch_size"),
        learning_rate=draw("learning_rate"),
        weight_decay=draw("weight_decay"),
        augmentation=draw("augmentation"),
        class_weight=draw("class_weight"),
        classifier=spec.protocol.classifier,
        sequence_rule=spec.protocol.sequence,
        objective=spec.protocol.objective,
        collapse_patience=spec.method.collapse_patience,
    )


def _thresholds(draw: Callable[[str], Any], *, loss: str) -> dict[str, Any]:
    """The sliced embedding and its margins, and how the metric loss is mined and mixed."""
    if loss == "cross-entropy":
        return {"slices": 1, "margin_min": 0.0, "margin_max": 0.0, "ce_weight": 1.0}
    mixing = {"ce_weight": draw("ce_weight"), "ce_warmup_epochs": draw("ce_warmup_epochs")}
    if loss not in TRIPLETS:
        return {"slices": 1, "margin_min": 0.0, "margin_max": 0.0, **mixing}
    slices = draw("slices")
    low = draw("margin_min")
    width = draw("margin_width") if slices > 1 else 0.0
    return {
        "slices": slices,
        "margin_min": low,
        "margin_max": low + width,
        "margin_sampling": draw("margin_sampling") if width > 0 else "even",
        "mining": draw("mining"),
        "distance": draw("distance"),
        "reduction": draw("reduction"),
        **mixing,
    }


def typical_config(spec: SearchSpec, *, epochs: int) -> TrialConfig:
    """A config in the middle of the space, to see what a training costs: the middle of each list and of each range."""
    middles = {
        name: domain.values[len(domain.values) // 2] if isinstance(domain, Choice) else _middle(domain)
        for name, domain in spec.space.domains().items()
    }
    whole = {name for name in middles if Parameters.model_fields[name].annotation is int}
    fixed = {name: int(value) if name in whole else value for name, value in middles.items()}  # type: ignore[arg-type]
    config = suggest_config(optuna.trial.FixedTrial(fixed), spec, seed=spec.seed)  # type: ignore[arg-type]
    return replace(config, epochs=epochs)


def _middle(domain: Range) -> float:
    return math.sqrt(domain.low * domain.high) if domain.log else (domain.low + domain.high) / 2
