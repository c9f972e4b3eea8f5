"""The records that cross a process or a disk: what a trial is told, and what it tells. They know nothing but numbers.

Every record is a frozen dataclass of plain values, so it survives JSON, pickle and Parquet unchanged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

HONEST = "honest"
"""The rule of every training that follows none of the literature's leaky ones."""


@dataclass(frozen=True, kw_only=True)
class TrialConfig:
    """All that decides what one training does, and so all that must be stored to repeat it.

    Attributes:
        seed: Root of every random draw of this training.
        epochs: Epochs per fold.
        backbone: `small-cnn`, or `timm:NAME`.
        backbone_checkpoint: A file of weights for the backbone (safetensors, or a torch state dict); None trains from scratch.
        dropout: Share of the backbone's features that is dropped in training, in [0, 1).
        embedding_dim: D, the length of the embedding.
        slices: N, which divides D.
        margin_min: tau_min, the smallest threshold.
        margin_max: tau_max, the largest threshold; N = 1 uses tau_min alone.
        margin_sampling: `even`, `log` or `random`.
        loss: `dual-triplet`, `triplet`, `cross-entropy`, `center` or `pml:CLASS`.
        mining: `batch-hard`, `semi-hard` or `batch-all`.
        distance: `euclidean` or `squared-euclidean`.
        reduction: `mean`, or `nonzero` (the mean of the active triplets alone).
        ce_weight: Share of cross entropy in the loss, in [0, 1].
        ce_warmup_epochs: Over so many epochs that share falls linearly from 1 to `ce_weight`.
        batch_size: P x K; need not be a multiple of the number of classes.
        learning_rate: Peak of the one-cycle cosine schedule.
        weight_decay: Of AdamW.
        augmentation: `none`, `flip` or `affine`.
        class_weight: `none`, or how the loss weighs a face by its class's share of the training faces: `inverse`, `sqrt-inverse`.
        classifier: `nearest-mean`, `knn` or `logistic`; gives every `val_` and `test_` classification metric.
        sequence_rule: How the frames of a sequence decide together: `vote`, or `mean-embedding`.
        rule: How a confirmation run chooses its epoch and its faces: `honest`, or one of the literature's leaky rules.
        objective: The metric that is maximised, such as `val_uar`.
        collapse_patience: Epochs of collapse after which a trial is ended; 0 never ends one.
    """

    seed: int
    epochs: int
    backbone: str = "small-cnn"
    backbone_checkpoint: str | None = None
    dropout: float = 0.0
    embedding_dim: int = 64
    slices: int = 8
    margin_min: float = 0.1
    margin_max: float = 0.6
    margin_sampling: str = "even"
    loss: str = "dual-triplet"
    mining: str = "batch-hard"
    distance: str = "euclidean"
    reduction: str = "mean"
    ce_weight: float = 0.0
    ce_warmup_epochs: int = 0
    batch_size: int = 96
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    augmentation: str = "flip"
    class_weight: str = "none"
    classifier: str = "nearest-mean"
    sequence_rule: str = "vote"
    rule: str = HONEST
    objective: str = "val_uar"
    collapse_patience: int = 3


@dataclass(frozen=True, kw_only=True)
class SliceReport:
    """One slice in one epoch: its threshold, and whether it learns or has collapsed.

    Attributes:
        margin: tau_i, or NaN where the loss has no thresholds.
        active_share: Share of the mined triplets whose loss is above zero, in [0, 1].
        distance_ap: Mean distance of anchor and positive over the mined triplets.
        distance_an: Mean distance of anchor and negative over the mined triplets.
        spread: Root mean square distance of the slice's validation embeddings from their mean, in [0, 1].
        val_accuracy: Accuracy of the nearest class mean on this slice alone.
    """

    margin: float
    active_share: float
    distance_ap: float
    distance_an: float
    spread: float
    val_accuracy: float


@dataclass(frozen=True, kw_only=True)
class EpochReport:
    """One epoch of one fold. `fold` counts from 0, `epoch` from 1.

    Attributes:
        loss: Mean training loss over the epoch's batches.
        metrics: `val_uar`, `val_accuracy`, `val_macro_f1`, `val_p_at_1`, `val_r_precision`, `val_map_at_r`; of faces in
            sequences also `val_sequence_uar` and `val_sequence_accuracy`.
        slices: One report per slice.
        collapsed: The embedding spread is gone and the validation UAR is at chance.
        seconds: Wall time of the epoch with its evaluation.
        train_seconds: The part of it spent in training steps.
    """

    fold: int
    epoch: int
    loss: float
    metrics: Mapping[str, float]
    slices: tuple[SliceReport, ...]
    collapsed: bool
    seconds: float
    train_seconds: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochReport:
        """The inverse of `to_dict`."""
        slices = tuple(SliceReport(**part) for part in values["slices"])
        return cls(**{**values, "slices": slices, "metrics": dict(values["metrics"])})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return dataclasses.asdict(self)


class TrialState(StrEnum):
    """How a trial stands; the words are Optuna's."""

    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """How a training ended.

    Attributes:
        state: COMPLETE, PRUNED or FAIL.
        reason: Why it ended early, such as `early stopping`, `collapsed` or an exception's text; empty when complete.
        chosen_epochs: Per finished fold the epoch with the best objective on validation, counted from 1.
        metrics: At the chosen epochs, averaged over the folds; `val_*`, and `test_*` where the test split was opened.
        last_metrics: At the last epochs, averaged over the folds.
        fold_metrics: At the chosen epochs, of each finished fold by itself.
        confusion: `confusion[truth][prediction]`, counts at the chosen epochs, summed over the folds: of the test split
            where it was opened, else of validation. Empty when no fold was finished.
        sequence_confusion: The same with a count per sequence; empty where faces are no sequences.
        seconds: Wall time of all epochs.
        train_seconds: The part of it spent in training steps.
        device: Such as `cpu` or `cuda: NVIDIA H100`.
        host: Name of the machine.
    """

    state: TrialState
    reason: str = ""
    chosen_epochs: tuple[int, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    last_metrics: Mapping[str, float] = field(default_factory=dict)
    fold_metrics: tuple[Mapping[str, float], ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    sequence_confusion: tuple[tuple[int, ...], ...] = ()
    seconds: float = 0.0
    train_seconds: float = 0.0
    device: str = ""
    host: str = ""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrialResult:
        """The inverse of `to_dict`."""
        changed = {
            "state": TrialState(values["state"]),
            "chosen_epochs": tuple(values["chosen_epochs"]),
            "fold_metrics": tuple(dict(fold) for fold in values["fold_metrics"]),
            "confusion": tuple(tuple(row) for row in values["confusion"]),
            "sequence_confusion": tuple(tuple(row) for row in values["sequence_confusion"]),
        }
        return cls(**{**values, **changed})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**dataclasses.asdict(self), "state": self.state.value}


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial as the study's journal holds it.

    Attributes:
        number: Optuna's trial number.
        config: What it was told to do.
        params: What the sampler chose, by name; conditional parameters that were not drawn are missing.
        result: How it ended; its state is RUNNING for an interrupted trial.
        reports: Its curve, by fold and epoch.
        started: Unix time in seconds.
        provenance: Where it was run, on what, by which code.
    """

    number: int
    config: TrialConfig
    params: Mapping[str, Any]
    result: TrialResult
    reports: tuple[EpochReport, ...]
    started: float
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A confirmation run: a trial's config trained again with a fresh seed, and measured on the test split.

    Attributes:
        trial: Number of the trial whose config is confirmed.
        repeat: Which fresh seed, from 0.
        config: As trained, with the fresh seed.
        result: With `test_*` metrics, averaged over the folds.
        reports: Its curve.
        provenance: Where it was run, on what, by which code.
    """

    trial: int
    repeat: int
    config: TrialConfig
    result: TrialResult
    reports: tuple[EpochReport, ...]
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class SweepRun:
    """A run of a sweep: a trial's config with one parameter varied, and measured on validation unless it says otherwise.

    Attributes:
        sweep: Name of the sweep, such as `slices, margin_range=0.05:0.8`.
        level: The varied parameter's value, as text.
        tested: Whether the test split was opened.
        run: The training; its trial is the one whose config was varied.
    """

    sweep: str
    level: str
    tested: bool
    run: RunRecord


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where numbers come from; stored with each trial, since a search can be extended by newer code on another machine.

    Attributes:
        dataset: Name of the faces.
        protocol: Name of the protocol, with all that changes the class set, the sample or the classifier.
        method: Name of the method.
        search: Name of the search folder.
        objective: The metric that the search maximised.
        class_names: C names, in the order of the label ids.
        fingerprint: Hash of images, labels, subjects and official splits.
        split_hash: Hash of the train, validation and test indices.
        skipped_images: Images left out because they could not be read.
        faces: Number of faces per part: `train`, `validation`, `test`.
        git_commit: Of the harness's code; empty outside a checkout.
        git_dirty: Whether that checkout had changes; None outside a checkout.
        packages: Versions of Python and of the packages that can change a number.
        hardware: Processor, cores, memory, GPUs, operating system.
    """

    dataset: str
    protocol: str
    method: str
    search: str
    objective: str
    class_names: tuple[str, ...]
    fingerprint: str
    split_hash: str
    skipped_images: int
    faces: Mapping[str, int]
    git_commit: str
    git_dirty: bool | None
    packages: Mapping[str, str]
    hardware: Mapping[str, str]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Provenance:
        """The inverse of `to_dict`."""
        return cls(**{**values, "class_names": tuple(values["class_names"])})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON would give them back."""
        return {**dataclasses.asdict(self), "class_names": list(self.class_names)}


@dataclass(frozen=True, kw_only=True)
class SearchRecord:
    """One search folder, whole: what reporting turns into Parquet.

    Attributes:
        trials: Every trial, by number.
        runs: Every finished confirmation run, by trial and repeat.
    """

    trials: tuple[TrialRecord, ...]
    runs: tuple[RunRecord, ...]
