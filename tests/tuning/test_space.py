"""What a trial draws: every searched parameter that has a meaning under the others, and nothing else."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_search import make_spec

from harness.learning.losses.margins import sample_margins
from harness.learning.losses.names import DISTANCES, LOSSES, MINERS, REDUCTIONS, SAMPLINGS
from harness.learning.networks.names import valid_slices
from harness.records import TrialConfig
from harness.tuning.space import suggest_config
from harness.tuning.spec import SearchSpec

EVERYTHING: dict[str, Any] = {
    "backbone": ["small-cnn", "timm:resnet18"],
    "embedding_dim": [32, 64],
    "slices": [1, 2, 4, 8],
    "margin_min": {"low": 0.05, "high": 0.5},
    "margin_width": {"low": 0.0, "high": 1.0},
    "margin_sampling": list(SAMPLINGS),
    "loss": [*LOSSES, "pml:MultiSimilarityLoss"],
    "mining": list(MINERS),
    "distance": list(DISTANCES),
    "reduction": list(REDUCTIONS),
    "ce_weight": {"low": 0.0, "high": 1.0},
    "ce_warmup_epochs": {"low": 0, "high": 3},
    "batch_size": {"low": 32, "high": 96, "step": 16},
    "learning_rate": {"low": 0.0001, "high": 0.01, "log": True},
    "weight_decay": {"low": 0.0001, "high": 0.1, "log": True},
    "augmentation": ["none", "flip", "affine"],
}
MINED = {"slices", "margin_min", "margin_width", "margin_sampling", "mining", "distance", "reduction"}
MIXED = {"ce_weight", "ce_warmup_epochs"}


def draw(space: dict[str, Any], *, seed: int = 0, **sections: Any) -> tuple[TrialConfig, set[str]]:
    """A random config, and the names of what was drawn for it."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trial = study.ask()
    config = suggest_config(trial, make_spec(space=space, **sections), seed=seed)
    return config, set(trial.params)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**31 - 1))
def test_every_config_is_valid_and_every_drawn_parameter_means_something(seed: int) -> None:
    config, drawn = draw(EVERYTHING, seed=seed)
    assert config.slices in valid_slices(config.embedding_dim)
    assert config.margin_min <= config.margin_max
    if config.loss == "cross-entropy":
        assert config.ce_weight == 1
        assert drawn.isdisjoint(MINED | MIXED)
    elif config.loss.startswith("pml:") or config.loss == "center":
        assert drawn.isdisjoint(MINED)
        assert drawn >= MIXED
    else:
        one_slice = {"margin_width", "margin_sampling"} if config.slices == 1 else set()
        assert drawn >= (MINED | MIXED) - one_slice
        assert drawn.isdisjoint(one_slice)
        margins = sample_margins(
            config.slices, low=config.margin_min, high=config.margin_max, sampling="even"
        )
        assert len(margins) == config.slices
    assert drawn - MINED - MIXED == EVERYTHING.keys() - MINED - MIXED


@pytest.mark.parametrize("name", EVERYTHING)
def test_only_what_is_searched_is_drawn(name: str) -> None:
    _, drawn = draw({name: EVERYTHING[name]})
    assert drawn == {name}


def test_an_empty_space_draws_nothing_and_takes_the_method() -> None:
    fixed = {"slices": 4, "margin_min": 0.2, "margin_width": 0.3, "loss": "triplet", "learning_rate": 0.004}
    config, drawn = draw({}, method=fixed)
    assert drawn == set()
    assert (config.slices, config.margin_min, config.margin_max) == (4, 0.2, 0.5)
    assert (config.loss, config.learning_rate) == ("triplet", 0.004)


def test_one_slice_has_one_margin_and_draws_no_width() -> None:
    config, drawn = draw({"slices": [1], "margin_width": [0.5, 1.0], "margin_sampling": ["log"]})
    assert drawn == {"slices"}
    assert (config.margin_max, config.margin_sampling) == (config.margin_min, "even")


def test_a_width_of_zero_gives_equal_margins_and_draws_no_sampling() -> None:
    config, drawn = draw({"slices": [8], "margin_width": [0.0], "margin_sampling": ["log", "random"]})
    assert drawn == {"slices", "margin_width"}
    assert config.margin_min == config.margin_max


def test_cross_entropy_draws_neither_mining_nor_mixing() -> None:
    config, drawn = draw({**EVERYTHING, "loss": ["cross-entropy"]})
    assert drawn == EVERYTHING.keys() - MINED - MIXED
    assert (config.slices, config.ce_weight) == (1, 1.0)


def test_a_loss_of_pytorch_metric_learning_draws_no_slices() -> None:
    config, drawn = draw({**EVERYTHING, "loss": ["pml:CircleLoss"]})
    assert drawn == EVERYTHING.keys() - MINED
    assert config.slices == 1


def test_the_rest_of_a_config_is_the_files() -> None:
    config, _ = draw(
        {},
        seed=7,
        budget={"trials": 1, "epochs": 9},
        protocol={"classifier": "knn", "objective": "val_accuracy"},
        method={"collapse_patience": 2},
    )
    assert (config.seed, config.epochs, config.classifier) == (7, 9, "knn")
    assert (config.objective, config.collapse_patience) == ("val_accuracy", 2)


@pytest.mark.parametrize(
    ("name", "domain", "allowed"),
    [
        ("slices", {"low": 2, "high": 2}, {2}),
        ("batch_size", {"low": 32, "high": 96, "step": 32}, {32, 64, 96}),
        ("ce_warmup_epochs", {"low": 0, "high": 2}, {0, 1, 2}),
        ("ce_weight", {"low": 0.0, "high": 1.0, "step": 0.5}, {0.0, 0.5, 1.0}),
    ],
)
def test_whole_numbers_and_steps_stay_on_their_grid(
    name: str, domain: dict[str, Any], allowed: set[Any]
) -> None:
    spec: SearchSpec = make_spec(space={name: domain})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen = {getattr(suggest_config(study.ask(), spec, seed=0), name) for _ in range(40)}
    assert seen == allowed
