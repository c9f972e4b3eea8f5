"""A results folder as a stranger could send it: made of the quick suite's, with all that might make a reader run something.

Every text that is free holds script, tags, escape sequences, markup and a formula; arrays and weights are pickles that leave a
mark when they are loaded; links lead to a file of the reader's own.
"""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import harness

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"
PRIVATE = "what only this user may read"
EVIL = (
    '=1+1</script><script>window.pwned = 1</script>"\'><img src=x onerror="window.pwned = 1">'
    '<a href="https://stranger.example/">x</a>[link=https://stranger.example/]y[/link][red]'
    "\x1b]0;title\x07\x1b[31m$\\frac{{ 7*7 }}"
)
FREE = (
    "dataset", "protocol", "method", "search", "git_commit", "reason", "device", "host", "fingerprint", "split_hash", "backbone",
)  # fmt: skip


class Mark:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))


def make_results(place: Path) -> Path:
    """The folder `results`; beside it lies the reader's own `secret`, and a pickle that was loaded leaves `pwned`."""
    results, secret = place / "results", place / "secret"
    secret.write_text(PRIVATE)
    shutil.copytree(QUICK, results)
    for folder in sorted(path for path in results.iterdir() if path.is_dir()):
        for name in ("trials", "epochs", "runs"):
            _poison(folder / f"{name}.parquet")
        _bombs(folder, mark=place / "pwned")
    searches = sorted(path for path in results.iterdir() if path.is_dir())
    (searches[1] / "search.yaml").unlink()
    (searches[1] / "search.yaml").symlink_to(secret)
    (searches[2] / "search.yaml").write_text(f"name: !!python/object/apply:os.mkdir [{place / 'pwned'}]\n")
    searches[3].rename(results / 'a"><script>window.pwned = 1<!--\x1b[31m')
    (results / "nothing").mkdir()
    _cross(searches[0], secret)
    return results


def _poison(path: Path) -> None:
    table = pq.read_table(path)
    for name in FREE:
        if name in table.column_names:
            old = table[name].to_pylist()
            table = _replaced(table, name, [None if value is None else f"{value}{EVIL}" for value in old])
    names = [[f"{word}{EVIL}" for word in row] for row in table["class_names"].to_pylist()]
    table = _replaced(table, "class_names", names)
    for name in ("packages", "hardware"):
        told = [json.dumps({EVIL: EVIL, **json.loads(value)}) for value in table[name].to_pylist()]
        table = _replaced(table, name, told)
    pq.write_table(table, path)


def _replaced(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.field(name), pa.array(values, type=table.field(name).type))


def _bombs(folder: Path, *, mark: Path) -> None:
    for name in (
        "embeddings/0000.npy",
        "checkpoints/0000.pt",
        "pretrained.safetensors",
        "journal.log.snapshot",
    ):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(Mark(mark)))


def _cross(folder: Path, secret: Path) -> None:
    """Where TensorBoard's projector and the report look for the best trial: links to what is only here."""
    rows = pq.read_table(folder / "runs.parquet", columns=["dataset", "method"]).slice(0, 1).to_pylist()
    from harness.reporting.run_name import safe

    best = folder / "tensorboard" / safe(rows[0]["dataset"]) / safe(rows[0]["method"]) / "best"
    best.mkdir(parents=True)
    for name in ("tensors.tsv", "metadata.tsv", "sprite.png"):
        (best / name).symlink_to(secret)
