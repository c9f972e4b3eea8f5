"""Times the retrieval metrics against pytorch-metric-learning's AccuracyCalculator, in time and memory.

It knows no trial. Each side runs in a process of its own, on one thread, on equal embeddings. Both give P@1,
R-precision and MAP@R of 15,000 faces against each other; the calculator searches by faiss with
k = "max_bin_count", its cheapest exact setting.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from harness.learning.metrics.retrieval import retrieval

FACES, EMBEDDING_DIM, CLASSES = 15_000, 512, 7
REPEATS = 3
METRICS = ("p_at_1", "r_precision", "map_at_r")

Record = dict[str, float | str]
Evaluate = Callable[[Tensor, Tensor], tuple[float, float, float]]


def run() -> tuple[str, list[Record]]:
    """A Markdown table, and one record per run: seconds, and the MiB that the evaluation adds at its peak."""
    runs = [_in_a_process(side) for _ in range(REPEATS) for side in SIDES]  # they take turns
    return _table(runs), runs


def _in_a_process(side: str) -> Record:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.evaluation", side]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(output.splitlines()[-1]))


def measure(side: str) -> Record:
    """One run of one side, in this process."""
    torch.set_num_threads(1)
    embeddings, labels = _faces()
    evaluate = SIDES[side]
    evaluate(embeddings[:500], labels[:500])  # imports and thread pools are not what is measured
    before = _reset_peak_mib()
    cpu, wall = time.process_time(), time.perf_counter()
    values = evaluate(embeddings, labels)
    seconds = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    peak = {"peak_mib": _status_mib("VmHWM") - before}
    return {
        "side": side,
        **seconds,
        **peak,
        **dict(zip(METRICS, values, strict=True)),
    }


def _ours(embeddings: Tensor, labels: Tensor) -> tuple[float, float, float]:
    return tuple(retrieval(embeddings, labels, embeddings, labels, exclude_self=True))


def _calculator(embeddings: Tensor, labels: Tensor) -> tuple[float, float, float]:
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    names = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
    calculator = AccuracyCalculator(include=names, k="max_bin_count", device=torch.device("cpu"))
    values = calculator.get_accuracy(embeddings, labels)
    return tuple(values[name] for name in names)


SIDES: dict[str, Evaluate] = {"AccuracyCalculator": _calculator, "harness": _ours}


def _faces() -> tuple[Tensor, Tensor]:
    """Unit vectors about a centre per class, so loose that half of the R nearest are of another class."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(FACES) % CLASSES
    centres = torch.randn(CLASSES, EMBEDDING_DIM, generator=generator)
    noise = torch.randn(FACES, EMBEDDING_DIM, generator=generator)
    return torch.nn.functional.normalize(noise.mul_(4).add_(centres[labels]), dim=-1), labels


def _reset_peak_mib() -> float:
    """Sets the process's peak to what it holds now, and returns that; Linux keeps both under /proc."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mib("VmRSS")


def _status_mib(field: str) -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[field].split()[0]) / 1024


def _table(runs: list[Record]) -> str:
    lines = [
        f"P@1, R-precision, MAP@R of {FACES:,} x {EMBEDDING_DIM}, {CLASSES} classes; one thread, "
        f"median of {REPEATS} (range)",
        "",
        "| | CPU s | wall s | added peak MiB | P@1 | R-precision | MAP@R |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for side in SIDES:
        mine = [each for each in runs if each["side"] == side]
        cells = [_cell([float(each[key]) for each in mine]) for key in ("cpu_s", "wall_s", "peak_mib")]
        values = [f"{mine[0][metric]:.6f}" for metric in METRICS]
        lines.append(f"| {' | '.join([side, *cells, *values])} |")
    ratios = [_ratio(runs, key) for key in ("cpu_s", "wall_s", "peak_mib")]
    lines.append(f"| ratio | {' | '.join(ratios)} | | | |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _ratio(runs: list[Record], key: str) -> str:
    theirs, ours = (
        statistics.median(float(each[key]) for each in runs if each["side"] == side) for side in SIDES
    )
    return f"{theirs / ours:.1f}"


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])) if len(sys.argv) > 1 else run()[0])
