"""What a suite file may say: methods side by side on datasets, each pair a search under equal conditions. It starts nothing.

A suite holds once what all its searches share. A method adds what makes it that method. Backbone, augmentation, embedding size,
batch size, epochs and trials are equal for all, or a method says under `differs` which of them it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError, model_validator

from harness.errors import SearchFileError
from harness.tuning.fields import complaint
from harness.tuning.sections import (
    BudgetSpec,
    ConfirmSpec,
    DatasetSpec,
    EarlyStoppingSpec,
    ProtocolSpec,
    ResourcesSpec,
    SamplerSpec,
    Section,
)
from harness.tuning.spec import MethodSpec, SearchSpec
from harness.tuning.yaml_file import Override, read_yaml, validated

EQUAL = (
    "backbone", "backbone_checkpoint", "pretrain", "embedding_dim", "batch_size", "augmentation", "epochs", "trials",
)  # fmt: skip
"""What methods are compared under, so that a method that changes it has to say so."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class SuiteMethod(Section):
    """What makes a method that method.

    Attributes:
        method: Parameters that it fixes; they win over the suite's `method` and `space`.
        space: Parameters that it searches; they win as well.
        trials: Its own budget, where it differs.
        epochs: Its own length of training, where it differs.
        differs: The names out of `EQUAL` that it changes.
    """

    method: dict[str, Any] = Field(default_factory=dict)
    space: dict[str, Any] = Field(default_factory=dict)
    trials: PositiveInt | None = None
    epochs: PositiveInt | None = None
    differs: tuple[str, ...] = ()


class SuiteSpec(Section):
    """A whole suite file; the sections of a search file mean what they mean there.

    Attributes:
        baseline: The method that the others are compared with.
        datasets: By the name under which a cell shows them.
        method: Parameters that all methods fix.
        space: Parameters that all methods search.
        methods: By the name that the leaderboard shows.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    seed: NonNegativeInt = 0
    baseline: str
    datasets: Annotated[dict[Name, DatasetSpec], Field(min_length=1)]
    protocol: ProtocolSpec = ProtocolSpec()
    method: dict[str, Any] = Field(default_factory=dict)
    space: dict[str, Any] = Field(default_factory=dict)
    sampler: SamplerSpec = SamplerSpec(name="random")
    early_stopping: EarlyStoppingSpec = EarlyStoppingSpec(name="none")
    budget: BudgetSpec = BudgetSpec()
    resources: ResourcesSpec = ResourcesSpec()
    confirm: ConfirmSpec = ConfirmSpec(top=1, seeds=5)
    methods: Annotated[dict[Name, SuiteMethod], Field(min_length=2)]

    @model_validator(mode="after")
    def _fits_together(self) -> SuiteSpec:
        if self.baseline not in self.methods:
            raise ValueError(f"baseline: expected one of {', '.join(self.methods)}, got {self.baseline!r}")
        for name, method in self.methods.items():
            _check_declared(name, method)
        return self


class Cell(NamedTuple):
    """One method on one dataset."""

    dataset: str
    method: str
    search: SearchSpec


def read_suite(path: Path, *, overrides: Sequence[Override] = ()) -> SuiteSpec:
    """The suite that a file describes.

    Args:
        path: A YAML file; its stem is the suite's name unless it says another.
        overrides: Win over the file, in this order.

    Raises:
        SearchFileError: With every mistake, one a line; also if one of its searches could not be.
    """
    lines, values = read_yaml(path)
    suite = validated(SuiteSpec, values, path=path, lines=lines, overrides=overrides)
    try:
        cells(suite)
    except SearchFileError as error:
        raise SearchFileError(f"{path}: {error}") from None
    return suite


def cells(suite: SuiteSpec) -> tuple[Cell, ...]:
    """Every method on every dataset, datasets first.

    Raises:
        SearchFileError: If one of the searches could not be.
    """
    return tuple(
        Cell(dataset, method, _search(suite, dataset, method))
        for dataset in suite.datasets
        for method in suite.methods
    )


def differences(suite: SuiteSpec) -> dict[str, dict[str, str]]:
    """Where methods differ: by parameter, what each method says of it, in words; a dash where it says nothing."""
    told: dict[str, dict[str, str]] = {}
    first = next(iter(suite.datasets))
    for method in suite.methods:
        search = _search(suite, first, method)
        fixed = search.method.model_dump(exclude={"name", *search.space.domains()})
        words = {name: str(value) for name, value in fixed.items()}
        words |= {name: f"{domain} (searched)" for name, domain in search.space.domains().items()}
        words |= {"epochs": str(search.budget.epochs), "trials": str(search.budget.trials)}
        for name, value in words.items():
            told.setdefault(name, {})[method] = value
    return {name: values for name, values in told.items() if len(set(values.values())) > 1}


def _check_declared(name: str, method: SuiteMethod) -> None:
    if unknown := set(method.differs) - set(EQUAL):
        raise ValueError(
            f"methods.{name}.differs: expected some of {', '.join(EQUAL)}, got {', '.join(sorted(unknown))}"
        )
    own_budget = {key for key in ("trials", "epochs") if getattr(method, key) is not None}
    changed = {key for key in EQUAL if key in {*method.method, *method.space, *own_budget}}
    if hidden := sorted(changed - set(method.differs)):
        raise ValueError(
            f"methods.{name}: {', '.join(hidden)} would differ from the other methods; set it for all, "
            f"or declare it with differs: [{', '.join(hidden)}]"
        )


def _search(suite: SuiteSpec, dataset: str, name: str) -> SearchSpec:
    method = suite.methods[name]
    fixed = {key: value for key, value in suite.method.items() if key not in method.space}
    searched = {key: value for key, value in suite.space.items() if key not in method.method}
    budget = {key: value for key in ("trials", "epochs") if (value := getattr(method, key)) is not None}
    values = {
        **suite.model_dump(include={"seed", "protocol", "sampler", "early_stopping", "resources", "confirm"}),
        "name": f"{dataset}-{name}",
        "dataset": suite.datasets[dataset].model_dump(),
        "method": {**fixed, **method.method, "name": name},
        "space": {**searched, **method.space},
        "budget": {**suite.budget.model_dump(), **budget},
    }
    try:
        return SearchSpec.model_validate(values)
    except ValidationError as error:
        mistakes = [
            f"methods.{name}: {'.'.join(map(str, mistake['loc']))}: {_words(mistake)}"
            for mistake in error.errors()
        ]
        raise SearchFileError("\n".join(mistakes)) from None


def _words(mistake: Any) -> str:
    if mistake["type"] != "extra_forbidden":
        return complaint(mistake)
    return f"unknown key; known here: {', '.join(MethodSpec.model_fields)}"
