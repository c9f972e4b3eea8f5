"""`make bench`: runs every benchmark, prints its table, and writes `benchmarks/results.json`."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import evaluation, loss, overhead

BENCHMARKS = {"loss": loss.run, "evaluation": evaluation.run, "overhead": overhead.run}
RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    packages = ("torch", "ray", "optuna", "pytorch-metric-learning")
    results: dict[str, object] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{package: version(package) for package in packages},
    }
    for name, run in BENCHMARKS.items():
        table, results[name] = run()
        print(f"## {name}\n\n{table}\n", flush=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
