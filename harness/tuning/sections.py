"""The sections of a search file that say nothing of the method: faces, protocol, sampler, budget, resources, confirmation.

Every class is a section; unknown keys are errors. What fits together with what is in `harness.tuning.spec`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from harness.datasets.protocols.leaky import LEAKY_RULES
from harness.datasets.settings import DATASETS
from harness.datasets.source import chosen_options
from harness.datasets.sources import NAMES, source_named
from harness.errors import DatasetError
from harness.learning.metrics.names import CLASSIFIERS
from harness.tuning.fields import Duration, one_of

UNUSED = 0.03
"""Largest share of a GPU that may be left over: three trainings of 0.33 leave 0.01."""


class Section(BaseModel):
    """A part of a search file: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSpec(Section):
    """Which faces."""

    name: Annotated[str, one_of(*DATASETS)]
    path: str | None = None
    size: Annotated[int, Field(ge=16, le=512)] = 48
    color: Literal["gray", "rgb"] = "gray"
    classes: tuple[str, ...] | None = None
    on_bad_image: Literal["error", "skip"] = "error"
    options: dict[str, str | int | bool] = {}
    strict: bool = True
    undetected: Literal["keep", "drop"] = "keep"
    images: PositiveInt = 2800
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _options_exist(self) -> DatasetSpec:
        if self.name in NAMES:
            try:
                chosen_options(source_named(self.name), self.options)
            except DatasetError as error:
                raise ValueError(str(error)) from None
        return self


Split = Literal["official", "holdout", "kfold", "loso", "grouped", "list"]


class ProtocolSpec(Section):
    """How faces are divided, and what is measured."""

    split: Split | Literal["auto"] = "auto"
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.15
    test: Annotated[float, Field(gt=0, lt=1)] = 0.15
    folds: PositiveInt | None = None
    search_folds: PositiveInt = 3
    outer: NonNegativeInt | None = None
    fold_list: str | None = None
    test_on: DatasetSpec | None = None
    seed: NonNegativeInt = 0
    classifier: Annotated[str, one_of(*CLASSIFIERS)] = "nearest-mean"
    sequence: Literal["vote", "mean-embedding"] = "vote"
    objective: Literal[
        "val_uar",
        "val_accuracy",
        "val_macro_f1",
        "val_p_at_1",
        "val_r_precision",
        "val_map_at_r",
        "val_sequence_uar",
        "val_sequence_accuracy",
    ] = "val_uar"

    @model_validator(mode="after")
    def _fits_together(self) -> ProtocolSpec:
        if self.validation + self.test >= 0.9:
            raise ValueError(
                f"validation {self.validation:g} and test {self.test:g} leave too few faces to train on"
            )
        if (self.split == "list") != (self.fold_list is not None):
            raise ValueError(
                f"fold_list and split list go together, got split {self.split} and fold_list {self.fold_list}"
            )
        if self.split == "kfold" and self.folds is not None and self.folds < 3:
            raise ValueError(
                f"kfold needs 3 folds or more to train, validate and test, got folds {self.folds}"
            )
        return self


class SamplerSpec(Section):
    """Who suggests trials."""

    name: Literal["tpe", "random", "gp", "cma-es", "qmc"] = "tpe"
    startup_trials: PositiveInt = 10


class EarlyStoppingSpec(Section):
    """Who ends trials early. With folds, the unit is the fold instead of the epoch."""

    name: Literal["none", "asha", "hyperband", "median", "wilcoxon"] = "asha"
    min_epochs: PositiveInt = 2
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    startup_trials: NonNegativeInt = 5
    p_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.1


class BudgetSpec(Section):
    """How much is spent."""

    trials: PositiveInt = 24
    epochs: PositiveInt = 10
    time: Duration | None = None


class ResourcesSpec(Section):
    """What one trial takes; fractions share a GPU."""

    cpu: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1
    gpu: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    concurrent: PositiveInt | None = None
    hung_after: Duration = 3600

    @property
    def per_gpu(self) -> int:
        """Trainings that share one GPU, where it is shared."""
        return int(1 / self.gpu + 1e-9)

    @model_validator(mode="after")
    def _shares_fill_a_gpu(self) -> ResourcesSpec:
        """A share that leaves much of each GPU unused, or spreads over two, is not what anybody wants."""
        if self.gpu > 1 and self.gpu % 1:
            low = int(self.gpu)
            raise ValueError(
                f"gpu: more than one must be whole ones, got {self.gpu:g}; the nearest are {low} and {low + 1}"
            )
        if 0 < self.gpu < 1 and 1 - self.per_gpu * self.gpu > UNUSED:
            fewer, more = self.per_gpu, self.per_gpu + 1
            raise ValueError(
                f"gpu: {fewer} trainings of {self.gpu:g} leave {1 - fewer * self.gpu:.0%} of each GPU unused; the nearest "
                f"that fit are {_share(more)} ({more} trainings) and {_share(fewer)} ({fewer})"
            )
        return self


def _share(parts: int) -> str:
    """One part of so many, rounded down, as it can be written in a search file."""
    return f"{int(10_000 / parts) / 10_000:g}"


class ConfirmSpec(Section):
    """How the winner is confirmed: the best configs are trained again with fresh seeds, and the test split is opened."""

    top: NonNegativeInt = 2
    seeds: Annotated[int, Field(ge=1, le=100)] = 3
    leaky: tuple[Annotated[str, one_of(*LEAKY_RULES)], ...] = ()


def with_same_look(values: Any, *others: tuple[str, ...]) -> Any:
    """A file's values, in which other datasets have the size and the colour of the own one where they say nothing."""
    own = values.get("dataset") if isinstance(values, dict) else None
    look = {key: own[key] for key in ("size", "color") if key in own} if isinstance(own, dict) else {}
    for path in others if look else ():
        values = _filled_in(values, path, look)
    return values


def _filled_in(values: Any, path: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """The same values, with defaults in the section at a path, if there is one."""
    if not isinstance(values, dict):
        return values
    if not path:
        return {**defaults, **values}
    inner = values.get(path[0])
    return values if inner is None else {**values, path[0]: _filled_in(inner, path[1:], defaults)}
