"""What a search file may say of its method, and how the whole fits together. It knows names and bounds, and starts nothing.

The other sections are in `harness.tuning.sections`; how a file is read, and how an error finds its line, is in
`harness.tuning.search_file`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from harness.datasets.protocols.leaky import LEAKY_RANDOM_IMAGES
from harness.datasets.protocols.settings import ROTATING
from harness.datasets.sources import NAMES, source_named
from harness.learning.losses.names import (
    CLASS_WEIGHTS,
    DISTANCES,
    MINERS,
    REDUCTIONS,
    SAMPLINGS,
)
from harness.learning.networks.names import SMALL_CNN, TIMM, valid_slices
from harness.learning.training.names import AUGMENTATIONS
from harness.tuning.domains import Choice, Domain, Range, parse_domain
from harness.tuning.fields import Share, complaint, known_loss, one_of
from harness.tuning.sections import (
    BudgetSpec,
    ConfirmSpec,
    DatasetSpec,
    EarlyStoppingSpec,
    ProtocolSpec,
    ResourcesSpec,
    SamplerSpec,
    Section,
    Split,
    with_same_look,
)


class Parameters(Section):
    """All that the method says of one training. Each of them is fixed under `method` or searched under `space`."""

    backbone: Annotated[str, one_of(SMALL_CNN, prefixes=(TIMM,))] = SMALL_CNN
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    embedding_dim: PositiveInt = 64
    slices: PositiveInt = 8
    margin_min: PositiveFloat = 0.1
    margin_width: NonNegativeFloat = 0.5
    margin_sampling: Annotated[str, one_of(*SAMPLINGS)] = "even"
    loss: Annotated[str, AfterValidator(known_loss)] = "dual-triplet"
    mining: Annotated[str, one_of(*MINERS)] = "batch-hard"
    distance: Annotated[str, one_of(*DISTANCES)] = "euclidean"
    reduction: Annotated[str, one_of(*REDUCTIONS)] = "mean"
    ce_weight: Share = 0.0
    ce_warmup_epochs: NonNegativeInt = 0
    batch_size: Annotated[int, Field(ge=4)] = 96
    learning_rate: PositiveFloat = 2e-3
    weight_decay: NonNegativeFloat = 1e-4
    augmentation: Annotated[str, one_of(*AUGMENTATIONS)] = "flip"
    class_weight: Annotated[str, one_of(*CLASS_WEIGHTS)] = "none"


class PretrainSpec(Section):
    """Other faces, on which the backbone is trained before the search begins."""

    dataset: DatasetSpec
    epochs: PositiveInt = 12


class MethodSpec(Parameters):
    """What is held fixed, under a name that the leaderboard shows."""

    name: str = "multi-threshold"
    backbone_checkpoint: str | None = None
    pretrain: PretrainSpec | None = None
    collapse_patience: NonNegativeInt = 3


class SpaceSpec(Section):
    """What is searched: a list of values or a range for any of the method's parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    backbone: Domain | None = None
    dropout: Domain | None = None
    embedding_dim: Domain | None = None
    slices: Domain | None = None
    margin_min: Domain | None = None
    margin_width: Domain | None = None
    margin_sampling: Domain | None = None
    loss: Domain | None = None
    mining: Domain | None = None
    distance: Domain | None = None
    reduction: Domain | None = None
    ce_weight: Domain | None = None
    ce_warmup_epochs: Domain | None = None
    batch_size: Domain | None = None
    learning_rate: Domain | None = None
    weight_decay: Domain | None = None
    augmentation: Domain | None = None
    class_weight: Domain | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _each_value_is_valid(cls, value: Any, info: Any) -> Domain | None:
        """Every value that could be drawn must be one that `method` would take."""
        if value is None:
            return None
        field = Parameters.model_fields[info.field_name]
        domain = parse_domain(value, numeric=field.annotation in (int, float))
        if isinstance(domain, Range) and field.annotation is int and (domain.step or 1) % 1:
            raise ValueError(
                f"this parameter is a whole number, so step must be one too, got {domain.step:g}"
            )
        fixed: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata])  # type: ignore[arg-type]
        ends = domain.values if isinstance(domain, Choice) else (domain.low, domain.high)
        try:
            checked = [fixed.validate_python(end) for end in ends]
        except ValidationError as error:
            raise ValueError(complaint(error.errors()[0])) from None
        return Choice(tuple(checked)) if isinstance(domain, Choice) else domain

    @model_serializer
    def _as_yaml(self) -> dict[str, Any]:
        return {name: domain.to_yaml() for name, domain in self.domains().items()}

    def domains(self) -> dict[str, Domain]:
        """The searched parameters, in the order of the class."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if getattr(self, name) is not None
        }


class SearchSpec(Section):
    """A whole search file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    seed: NonNegativeInt = 0
    dataset: DatasetSpec
    protocol: ProtocolSpec = ProtocolSpec()
    method: MethodSpec = MethodSpec()
    space: SpaceSpec = SpaceSpec()
    sampler: SamplerSpec = SamplerSpec()
    early_stopping: EarlyStoppingSpec = EarlyStoppingSpec()
    budget: BudgetSpec = BudgetSpec()
    resources: ResourcesSpec = ResourcesSpec()
    confirm: ConfirmSpec = ConfirmSpec()
    checkpoint_every_s: NonNegativeFloat = 20

    def other_datasets(self) -> dict[str, DatasetSpec]:
        """The datasets beside the search's own, by their keys."""
        pretrain = self.method.pretrain
        named = {
            "protocol.test_on": self.protocol.test_on,
            "method.pretrain.dataset": pretrain.dataset if pretrain else None,
        }
        return {key: dataset for key, dataset in named.items() if dataset is not None}

    @property
    def split(self) -> Split:
        """How the faces are divided; `auto` is the dataset's own way."""
        if self.protocol.split != "auto":
            return self.protocol.split
        if self.protocol.test_on is not None:
            return "holdout"
        return source_named(self.dataset.name).protocol if self.dataset.name in NAMES else "holdout"

    @property
    def folds(self) -> int:
        """Folds in all, test folds or validation folds as the split has it; leaving one subject out makes its own."""
        if self.protocol.folds is not None:
            return self.protocol.folds
        rotating = self.split in ROTATING
        own = source_named(self.dataset.name).folds if rotating and self.dataset.name in NAMES else 1
        return 10 if self.split == "kfold" and own == 1 else own

    @property
    def trial_folds(self) -> int:
        """Folds that a trial of the search trains; fewer if the faces have fewer subjects or the list is shorter."""
        if self.split not in ROTATING:
            return self.folds
        return (
            min(self.protocol.search_folds, self.folds)
            if self.split == "kfold"
            else self.protocol.search_folds
        )

    @model_validator(mode="after")
    def _fits_together(self) -> SearchSpec:
        self._fixed_or_searched()
        self._slices_divide_the_embedding()
        self._wilcoxon_has_enough_folds()
        self._outer_fold_exists()
        self._crossing_is_honest()
        self._pretraining_is_honest()
        return self

    @model_validator(mode="before")
    @classmethod
    def _other_faces_look_alike(cls, values: Any) -> Any:
        """Faces of another dataset have the size and the colour of the search's own, unless the file says otherwise."""
        return with_same_look(values, ("protocol", "test_on"), ("method", "pretrain", "dataset"))

    def _pretraining_is_honest(self) -> None:
        pretrain = self.method.pretrain
        if pretrain is None:
            return
        if self.method.backbone_checkpoint is not None:
            raise ValueError(
                "method.pretrain: it makes the weights, and backbone_checkpoint names some; keep one"
            )
        if "backbone" in self.space.domains():
            raise ValueError(
                "method.pretrain: trains one backbone, and space.backbone varies it; fix it under method"
            )
        for key, own in (("dataset", self.dataset), ("protocol.test_on", self.protocol.test_on)):
            if own and (own.name, own.path) == (pretrain.dataset.name, pretrain.dataset.path):
                raise ValueError(
                    f"method.pretrain.dataset: {own.name} is the search's {key}, so what is tested would be learned before; "
                    "name another dataset"
                )

    def _crossing_is_honest(self) -> None:
        for key, other in self.other_datasets().items():
            if (other.size, other.color) != (self.dataset.size, self.dataset.color):
                raise ValueError(
                    f"{key}: its faces must look like those of dataset, {self.dataset.size} pixels {self.dataset.color}, "
                    f"got {other.size} pixels {other.color}; leave size and color out"
                )
        if self.protocol.test_on is None:
            return
        if self.split in ROTATING and self.protocol.split != "auto":
            raise ValueError(
                f"protocol.test_on: the test part is another dataset, so split {self.split} has no use; leave it out"
            )
        if self.protocol.test_on.name == self.dataset.name and self.dataset.name in NAMES:
            raise ValueError(
                f"protocol.test_on: {self.dataset.name} is what is trained on, so its people would be tested; "
                "name another dataset"
            )
        if LEAKY_RANDOM_IMAGES in self.confirm.leaky:
            raise ValueError(
                f"confirm.leaky: {LEAKY_RANDOM_IMAGES} deals one dataset's pictures, and protocol.test_on names two"
            )

    def _outer_fold_exists(self) -> None:
        outer = self.protocol.outer
        if outer is None:
            return
        if self.split not in ROTATING:
            raise ValueError(f"protocol.outer {outer}: a {self.split} split has no outer folds; leave it out")
        if self.split == "kfold" and outer >= self.folds:
            raise ValueError(f"protocol.outer: expected a fold in [0, {self.folds}), got {outer}")

    def _wilcoxon_has_enough_folds(self) -> None:
        """Before the last fold, k - 1 folds are paired; their least possible p-value is 0.5 ** (k - 1)."""
        level = self.early_stopping.p_threshold
        least = next(folds for folds in range(2, 100) if 0.5 ** (folds - 1) < level)
        if self.early_stopping.name == "wilcoxon" and self.trial_folds < least:
            key = "protocol.search_folds" if self.split in ROTATING else "protocol.folds"
            raise ValueError(
                f"early_stopping wilcoxon at p_threshold {level:g} can stop nothing below {least} folds, "
                f"got {key} {self.trial_folds}"
            )

    def _fixed_or_searched(self) -> None:
        if both := sorted(set(self.space.domains()) & self.method.model_fields_set):
            raise ValueError(f"{', '.join(both)}: fixed under 'method' and searched under 'space'; keep one")

    def _slices_divide_the_embedding(self) -> None:
        for dim in possible_values(self, "embedding_dim"):
            if bad := [n for n in possible_values(self, "slices") if n not in valid_slices(dim)]:
                valid = ", ".join(map(str, valid_slices(dim)))
                raise ValueError(f"slices: {bad[0]} does not divide embedding_dim {dim}; it can be {valid}")


def possible_values(spec: SearchSpec, name: str) -> tuple[int, ...]:
    """Every value that a whole-numbered parameter can take in a search."""
    domain = spec.space.domains().get(name)
    if domain is None:
        return (getattr(spec.method, name),)
    if isinstance(domain, Choice):
        return tuple(int(str(value)) for value in domain.values)
    return tuple(range(int(domain.low), int(domain.high) + 1, int(domain.step or 1)))
