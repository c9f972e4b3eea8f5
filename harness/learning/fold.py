"""Training on one fold: a network, a criterion and an optimiser, one epoch at a time. It does not know other folds.

All randomness of an epoch comes from (seed, fold, epoch), so a fold that goes on from a checkpoint makes the same draws as
one that was never interrupted.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.datasets.protocols import TestFaces, TrialFaces
from harness.datasets.protocols.leaky import ORACLE_BEST_EPOCH
from harness.errors import SplitError
from harness.learning.criterion import Criterion
from harness.learning.evaluation import Embedded, Evaluation, embed, evaluate, sequence_ids
from harness.learning.metrics.spread import is_collapsed
from harness.learning.networks.build import build_network
from harness.learning.training.augment import augment
from harness.learning.training.batches import BalancedBatches
from harness.learning.training.pixels import Pixels
from harness.records import HONEST, EpochReport, SliceReport, TrialConfig
from harness.seeding import derive_seed

LEARNING_RATE_RISE = 0.15
"""Share of the steps over which the learning rate rises before it falls."""


@dataclass(kw_only=True)
class Best:
    """The chosen epoch so far: the first with the highest objective on validation, or on test where a leaky rule says so."""

    epoch: int
    value: float
    evaluation: Evaluation
    weights: dict[str, torch.Tensor]


class FoldTraining:
    """One network trained on one fold's training faces and measured on its validation faces.

    Args:
        config: What to train.
        faces: Training and validation faces of all folds.
        fold: Which fold, from 0.
        test: Test faces of all folds, in the confirmation; None in the search.
        device: Where to train.

    Raises:
        SplitError: If the config's rule is one of the confirmation and there are no test faces.
    """

    def __init__(
        self,
        config: TrialConfig,
        faces: TrialFaces,
        *,
        fold: int,
        test: TestFaces | None = None,
        device: torch.device,
    ) -> None:
        if config.rule != HONEST and test is None:
            raise SplitError(
                f"rule {config.rule} needs test faces, and a search has none; confirm.leaky measures it"
            )
        self.config, self.fold, self.device = config, fold, device
        self.part, self.faces, self.test = faces.folds[fold], faces.faces, test
        self.labels = faces.faces.labels
        self.classes = len(faces.faces.class_names)
        self.pixels = Pixels(faces.faces.images, device=device)
        with _seeded(config.seed, "weights", fold):
            # Channels last is torch's faster order for convolutions: half the time of a step on a CPU.
            network = build_network(config, channels=self.pixels.channels, size=self.pixels.size)
            self.network = network.to(memory_format=torch.channels_last).to(device)
            counts = np.bincount(self.labels[self.part.train], minlength=self.classes).tolist()
            self.criterion = Criterion(config, classes=self.classes, class_counts=counts).to(device)
        self.sequences = sequence_ids(faces.faces, self.part.validation)
        self.batches = BalancedBatches(self.labels[self.part.train], batch_size=config.batch_size)
        self.optimizer = torch.optim.AdamW(
            [*self.network.parameters(), *self.criterion.parameters()],
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=config.learning_rate,
            total_steps=config.epochs * len(self.batches),
            pct_start=LEARNING_RATE_RISE,
            cycle_momentum=False,
        )
        self.epoch = 0
        self.best: Best | None = None

    @property
    def finished(self) -> bool:
        """Whether every epoch is done."""
        return self.epoch >= self.config.epochs

    def run_epoch(self) -> EpochReport:
        """Trains one epoch, measures it on validation, and remembers it if it is the best so far.

        Raises:
            FloatingPointError: If the loss, or an embedding after the last update, is no longer finite.
        """
        started = time.perf_counter()
        self.epoch += 1
        with _seeded(self.config.seed, "epoch", self.fold, self.epoch):
            loss, telemetry = self._train()
        trained = time.perf_counter()
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} in epoch {self.epoch} of fold {self.fold}")
        reference, query = self.embed_part(self.part.train), self.embed_part(self.part.validation)
        if not query.slices.isfinite().all():  # no loss tells of the last update
            raise FloatingPointError(
                f"embeddings are no longer finite after epoch {self.epoch} of fold {self.fold}"
            )
        evaluation = self._evaluate(reference, query, sequences=self.sequences)
        self._remember(evaluation, reference=reference)
        uar = evaluation.metrics["uar"]
        return EpochReport(
            fold=self.fold,
            epoch=self.epoch,
            loss=loss,
            metrics=with_split("val", evaluation),
            slices=self._slice_reports(evaluation, telemetry),
            collapsed=is_collapsed(torch.tensor(evaluation.spread), uar=uar, classes=self.classes),
            seconds=time.perf_counter() - started,
            train_seconds=trained - started,
        )

    def embed_part(self, indices: np.ndarray[Any, np.dtype[np.int64]]) -> Embedded:
        """Embeds some of the fold's faces with the network as it is."""
        return embed(self.network, self.pixels, self.faces, indices=indices)

    def choose_best(self) -> Best:
        """Puts the weights of the chosen epoch into the network."""
        assert self.best is not None, "no epoch has run"
        self.network.load_state_dict(self.best.weights)
        return self.best

    def evaluate_test(self, reference: Embedded | None = None) -> Evaluation:
        """Measures the network as it is on the fold's test part.

        Args:
            reference: The fold's training faces as the network sees them; None embeds them first.
        """
        assert self.test is not None, "asked by the caller"
        faces, indices = self.test.faces, self.test.folds[self.fold]
        query = embed(self.network, Pixels(faces.images, device=self.device), faces, indices=indices)
        reference = reference or self.embed_part(self.part.train)
        return self._evaluate(reference, query, sequences=sequence_ids(faces, indices))

    def state(self) -> dict[str, Any]:
        """All that training on needs: tensors and plain values."""
        return {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "criterion": self.criterion.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "best": None
            if self.best is None
            else {**vars(self.best), "evaluation": vars(self.best.evaluation)},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up a state that `state` gave."""
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self.criterion.load_state_dict(state["criterion"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        if (best := state["best"]) is not None:
            self.best = Best(**{**best, "evaluation": Evaluation(**best["evaluation"])})

    def _train(self) -> tuple[float, list[list[float]]]:
        """One pass over the batches: the mean loss, and the mean telemetry `[3, N]`. Nothing waits for the device inside."""
        self.network.train()
        rng = np.random.default_rng(derive_seed(self.config.seed, "batches", self.fold, self.epoch))
        generator = torch.Generator().manual_seed(
            derive_seed(self.config.seed, "augment", self.fold, self.epoch)
        )
        ce_share = self.criterion.ce_share(self.epoch)
        losses, telemetry = [], []
        for chosen in self.batches.epoch(rng):
            indices = self.part.train[chosen]
            images = augment(self.pixels.batch(indices), name=self.config.augmentation, generator=generator)
            labels = torch.from_numpy(self.labels[indices]).to(self.device)
            value = self.criterion(self.network(images), labels, ce_share=ce_share)
            self.optimizer.zero_grad()
            value.loss.backward()
            self.optimizer.step()
            self.schedule.step()
            losses.append(value.loss.detach())
            telemetry.append(value.telemetry)
        return torch.stack(losses).mean().item(), torch.stack(telemetry).mean(0).tolist()

    def _evaluate(
        self, reference: Embedded, query: Embedded, *, sequences: torch.Tensor | None
    ) -> Evaluation:
        return evaluate(
            reference,
            query,
            classes=self.classes,
            classifier=self.config.classifier,
            sequences=sequences,
            sequence_rule=self.config.sequence_rule,
        )

    def _remember(self, evaluation: Evaluation, *, reference: Embedded) -> None:
        objective = self.config.objective.removeprefix("val_")
        judged = self.evaluate_test(reference) if self.config.rule == ORACLE_BEST_EPOCH else evaluation
        value = judged.metrics[objective]
        if self.best is None or value > self.best.value:
            weights = copy.deepcopy(self.network.state_dict())
            self.best = Best(epoch=self.epoch, value=value, evaluation=evaluation, weights=weights)

    def _slice_reports(self, evaluation: Evaluation, telemetry: list[list[float]]) -> tuple[SliceReport, ...]:
        columns = (self.criterion.thresholds, *telemetry, evaluation.spread, evaluation.slice_accuracy)
        names = ("margin", "active_share", "distance_ap", "distance_an", "spread", "val_accuracy")
        return tuple(SliceReport(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True))


def with_split(split: str, evaluation: Evaluation) -> dict[str, float]:
    """The metrics under their full names, such as `val_uar`."""
    return {f"{split}_{name}": value for name, value in evaluation.metrics.items()}


@contextmanager
def _seeded(seed: int, *purpose: str | int) -> Iterator[None]:
    """Torch's global generator, seeded for what draws from it (initial weights, dropout), and put back afterwards."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(derive_seed(seed, *purpose))
        yield
