"""Batches of embeddings and the losses in plain Python, shared by the tests of the losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

Point = Sequence[float]
Triplet = tuple[int, int, int]


@pytest.fixture
def batch() -> Callable[..., tuple[Tensor, Tensor]]:
    """Makes unit vectors [N, B, K] in float64 with gradient, and labels [B]."""
    return make_batch


@pytest.fixture
def plain_loss() -> Callable[..., float]:
    """The loss as Python loops compute it, from `torch.Tensor.tolist` values."""
    return loop_loss


@pytest.fixture
def plain_miner() -> Callable[..., list[Triplet]]:
    """The triplets as Python loops find them, in one slice."""
    return loop_miner


def make_batch(
    *, slices: int, faces: int = 14, length: int = 5, classes: int = 4, seed: int = 0
) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randn(slices, faces, length, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (faces,), generator=generator)
    return torch.nn.functional.normalize(raw, dim=-1).requires_grad_(), labels


def loop_loss(
    embeddings: list[list[Point]],
    labels: list[int],
    margins: list[float],
    *,
    dual: bool,
    mining: str,
    distance: str,
    reduction: str,
    weights: list[float] | None = None,
) -> float:
    weights = weights or [1.0] * len(labels)
    power = 2 if distance == "squared-euclidean" else 1
    per_slice = []
    for points, margin in zip(embeddings, margins, strict=True):
        losses = []
        for a, p, n in loop_miner(points, labels, mining):
            ap, an, pn = (math.dist(points[i], points[j]) ** power for i, j in ((a, p), (a, n), (p, n)))
            losses.append((max(ap - an + margin, 0) + (max(ap - pn + margin, 0) if dual else 0), weights[a]))
        counted = [each for each in losses if each[0] > 0] if reduction == "nonzero" else losses
        weighted = sum(loss * weight for loss, weight in counted)
        per_slice.append(weighted / sum(weight for _, weight in counted) if counted else 0.0)
    return sum(per_slice) / len(per_slice)


def loop_miner(points: list[Point], labels: list[int], mining: str) -> list[Triplet]:
    everyone = range(len(labels))
    triplets = []
    for a in everyone:
        positives = [p for p in everyone if p != a and labels[p] == labels[a]]
        negatives = [n for n in everyone if labels[n] != labels[a]]
        if mining == "batch-all":
            triplets += [(a, p, n) for p in positives for n in negatives]
            continue
        if not positives:
            continue
        p = max(positives, key=lambda other: math.dist(points[a], points[other]))
        if mining == "semi-hard":
            farthest = math.dist(points[a], points[p])
            negatives = [n for n in negatives if math.dist(points[a], points[n]) > farthest]
        if negatives:
            triplets.append((a, p, min(negatives, key=lambda other: math.dist(points[a], points[other]))))
    return triplets
