"""What a training minimises: the metric loss over all slices, a softmax head, and their shares. It does not know a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from harness.learning.losses.adapter import pml_loss
from harness.learning.losses.center import CenterLoss
from harness.learning.losses.class_weights import class_weights
from harness.learning.losses.cross_entropy import SoftmaxHead
from harness.learning.losses.margins import sample_margins
from harness.learning.losses.names import PML_PREFIX, check_loss
from harness.learning.losses.triplet import TRIPLET_LOSSES
from harness.learning.networks.embedding import Embedding
from harness.records import TrialConfig
from harness.seeding import derive_seed


class CriterionValue(NamedTuple):
    """The loss of one batch, and what it says of each slice (NaN where the loss has no triplets)."""

    loss: Float[Tensor, ""]
    telemetry: Float[Tensor, "3 N"]
    """Active share, mean d(a,p), mean d(a,n)."""


class Criterion(nn.Module):
    """`share * cross entropy + (1 - share) * metric loss`, for a share that the epoch gives.

    Where classes have weights, cross entropy and the triplet losses are weighted means: a face weighs what its class
    weighs, a triplet what its anchor weighs. Center loss and those of pytorch-metric-learning take none.

    Args:
        config: Names the loss, its thresholds, mining, distance, reduction and class weights.
        classes: C.
        class_counts: Training faces of each class; needed where classes have weights.

    Raises:
        LossError: If there is no such loss, if thresholds cannot be sampled as the config says, or if class weights are
            unknown or lack the counts.
    """

    def __init__(
        self, config: TrialConfig, *, classes: int, class_counts: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        check_loss(config.loss)  # an unknown name would train by cross entropy alone
        self.config = config
        sizes = {"embedding_dim": config.embedding_dim, "classes": classes}
        self.head = SoftmaxHead(**sizes, generator=_generator(config, "head"))
        self.other: nn.Module | None = None
        if config.loss.startswith(PML_PREFIX):
            self.other = pml_loss(config.loss, **sizes, seed=derive_seed(config.seed, "proxies"))
        elif config.loss == "center":
            self.other = CenterLoss(**sizes, generator=_generator(config, "centers"))
        self.margins: Float[Tensor, " N"]
        self.register_buffer("margins", _margins(config))
        self.class_weights: Float[Tensor, " C"] | None
        weights = class_weights(config.class_weight, class_counts, classes=classes)
        self.register_buffer("class_weights", weights)

    @property
    def thresholds(self) -> list[float]:
        """One threshold per slice; NaN where the loss has none."""
        return [float(margin) for margin in self.margins]

    @property
    def has_slices(self) -> bool:
        """Whether the loss has a threshold per slice."""
        return self.config.loss in TRIPLET_LOSSES

    def ce_share(self, epoch: int) -> float:
        """Share of cross entropy in an epoch (from 1): falls linearly from 1 to `ce_weight` over the warm-up."""
        if not self.has_slices and self.other is None:
            return 1.0
        warmup = self.config.ce_warmup_epochs
        left = max(0.0, 1 - (epoch - 1) / warmup) if warmup else 0.0
        return self.config.ce_weight + (1 - self.config.ce_weight) * left

    def forward(
        self, embedding: Embedding, labels: Int64[Tensor, " B"], *, ce_share: float
    ) -> CriterionValue:
        """The loss of a batch and its telemetry."""
        loss, telemetry = (
            self._metric_loss(embedding, labels) if ce_share < 1 else self._no_metric_loss(embedding)
        )
        if ce_share > 0:
            loss = ce_share * self.head(embedding.raw, labels, self.class_weights) + (1 - ce_share) * loss
        return CriterionValue(loss, telemetry)

    def _metric_loss(self, embedding: Embedding, labels: Tensor) -> tuple[Tensor, Tensor]:
        if self.other is not None:
            return self.other(embedding.raw, labels), self._no_metric_loss(embedding)[1]
        value = TRIPLET_LOSSES[self.config.loss](
            embedding.slices.transpose(0, 1),
            labels,
            self.margins,
            mining=self.config.mining,
            distance=self.config.distance,
            reduction=self.config.reduction,
            weights=None if self.class_weights is None else self.class_weights[labels],
        )
        return value.loss, torch.stack([value.active_share, value.distance_ap, value.distance_an])

    def _no_metric_loss(self, embedding: Embedding) -> tuple[Tensor, Tensor]:
        unknown = torch.full((3, self.config.slices), torch.nan, device=embedding.raw.device)
        return embedding.raw.new_zeros(()), unknown


def _margins(config: TrialConfig) -> Float[Tensor, " N"]:
    """One threshold per slice; NaN where the loss has none."""
    if config.loss not in TRIPLET_LOSSES:
        return torch.full((config.slices,), torch.nan)
    return sample_margins(
        config.slices,
        low=config.margin_min,
        high=config.margin_max,
        sampling=config.margin_sampling,
        generator=_generator(config, "margins"),
    )


def _generator(config: TrialConfig, purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(config.seed, purpose))
