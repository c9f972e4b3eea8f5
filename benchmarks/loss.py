"""Times the multi-slice loss against a loop of pytorch-metric-learning over the slices. It knows no training.

Both sides get embeddings [N, B, K] and give the loss with its gradient: batch-hard mining, Euclidean,
mean of all triplets.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner
from pytorch_metric_learning.reducers import MeanReducer
from torch import Tensor

from harness.learning.losses.margins import sample_margins
from harness.learning.losses.triplet import dual_triplet, triplet

BATCH, EMBEDDING_DIM, CLASSES = 128, 512, 7
SLICES = (1, 4, 8, 16, 32)
REPEATS, WARM_UP = 60, 10

Step = Callable[[Tensor, Tensor], Tensor]


def run() -> tuple[str, list[dict[str, float]]]:
    """A Markdown table, and one record per slice count; milliseconds of CPU time of one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        records = [_compare(slices) for slices in SLICES]
    finally:
        torch.set_num_threads(threads)
    return _table(records), records


def _compare(slices: int) -> dict[str, float]:
    margins = sample_margins(slices, low=0.1, high=0.6, sampling="even")
    steps: dict[str, Step] = {
        "pml": _pml_loop(margins.tolist()),
        "triplet": lambda embeddings, labels: triplet(embeddings, labels, margins).loss,
        "dual": lambda embeddings, labels: dual_triplet(embeddings, labels, margins).loss,
    }
    times = _interleaved(steps, slices)
    ratios = [pml / ours for pml, ours in zip(times["pml"], times["triplet"], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    medians = {f"{name}_ms": 1e3 * statistics.median(each) for name, each in times.items()}
    return {"slices": slices, **medians, "ratio": middle, "ratio_q1": low, "ratio_q3": high}


def _interleaved(steps: dict[str, Step], slices: int) -> dict[str, list[float]]:
    """CPU seconds of each repeat. The sides take turns, so that a busy machine slows all of them alike."""
    generator = torch.Generator().manual_seed(slices)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(WARM_UP + REPEATS):
        raw = torch.randn(slices, BATCH, EMBEDDING_DIM // slices, generator=generator)
        embeddings = torch.nn.functional.normalize(raw, dim=-1)
        labels = torch.randint(CLASSES, (BATCH,), generator=generator)
        for name, step in steps.items():
            times[name].append(_cpu_seconds(partial(step, embeddings.clone().requires_grad_(), labels)))
    return {name: each[WARM_UP:] for name, each in times.items()}


def _cpu_seconds(loss: Callable[[], Tensor]) -> float:
    start = time.process_time()
    loss().backward()
    return time.process_time() - start


def _pml_loop(margins: list[float]) -> Step:
    """What a user of pytorch-metric-learning writes: a miner and a loss for each slice."""
    distance = LpDistance(normalize_embeddings=False)
    miner = BatchHardMiner(distance=distance)
    losses = [TripletMarginLoss(margin=each, distance=distance, reducer=MeanReducer()) for each in margins]

    def step(embeddings: Tensor, labels: Tensor) -> Tensor:
        each = [
            loss(part, labels, miner(part, labels)) for loss, part in zip(losses, embeddings, strict=True)
        ]
        return torch.stack(each).mean()

    return step


def _table(records: list[dict[str, float]]) -> str:
    lines = [
        f"Loss forward and backward, batch-hard, B = {BATCH}, D = {EMBEDDING_DIM}, {CLASSES} classes; "
        f"CPU ms of one thread, median of {REPEATS}",
        "",
        "| N | PML loop | triplet | dual-triplet | PML / triplet (quartiles) |",
        "| --: | --: | --: | --: | --: |",
    ]
    for each in records:
        ratio = f"{each['ratio']:.1f} ({each['ratio_q1']:.1f} to {each['ratio_q3']:.1f})"
        times = " | ".join(f"{each[key]:.2f}" for key in ("pml_ms", "triplet_ms", "dual_ms"))
        lines.append(f"| {each['slices']} | {times} | {ratio} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(run()[0])
