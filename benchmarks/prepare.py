"""`python -m benchmarks.prepare`: how fast a pack is made, how much memory that takes, and what a kill costs.

It draws 20,000 colour pictures of 256 x 256 pixels as JPEG files once, and packs them at 112 x 112: with one process, with two,
and with two that are killed half way and started again. `--pictures 2000` is a quick look.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from harness.datasets.pack import PackSettings, prepare_pack
from harness.datasets.pack.shards import SHARD
from harness.datasets.sample import ImageFile, Sample, Whole
from harness.datasets.source import Listing, Source

PICTURES, SIDE, SIZE = 20_000, 256, 112
SOURCE = Source(
    name="drawn-jpegs",
    kind="posed",
    title="Drawn JPEGs",
    page="",
    layout=(),
    list_samples=lambda root, options: Listing(samples=()),
    expected=lambda options: (),
    describe=lambda options: "",
    protocol="kfold",
)


def draw(root: Path, pictures: int) -> None:
    """Pictures of smooth light and some noise: they take about as many bytes as photographs do."""
    rng = np.random.default_rng(0)
    root.mkdir(exist_ok=True)
    for number in range(pictures):
        coarse = Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.int16)
        noisy = smooth + rng.integers(-12, 12, (SIDE, SIDE, 3), dtype=np.int16)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(root / f"{number:05d}.jpg", quality=90)


def prepare(root: Path, cache: Path, *, workers: int, kill_at: int | None) -> None:
    """What a process of this benchmark does. It ends itself with SIGKILL once so many samples are done."""

    def tell(done: int, total: int) -> None:
        print(done, flush=True)
        if kill_at is not None and done >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    samples = tuple(
        Sample(place=ImageFile(file.name), crop=Whole(), label="fear", code="0")
        for file in sorted(root.glob("*.jpg"))
    )
    settings = PackSettings(source=SOURCE.name, options={}, size=SIZE, color="rgb")
    prepare_pack(
        SOURCE, Listing(samples=samples), root, settings, cache=cache, progress=tell, workers=workers
    )


def measured(
    root: Path, cache: Path, *, workers: int, kill_at: int | None = None
) -> tuple[float, float, list[int]]:
    """Seconds, peak GiB of the process and its children together, and what it told of its progress."""
    command = [sys.executable, "-m", "benchmarks.prepare", "--root", str(root), "--cache", str(cache)]
    kill = [] if kill_at is None else ["--kill-at", str(kill_at)]
    start, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(
        [*command, "--workers", str(workers), *kill], stdout=subprocess.PIPE, text=True
    )
    told: list[int] = []

    def listen() -> None:
        assert process.stdout is not None
        told.extend(int(line) for line in process.stdout)

    listener = threading.Thread(target=listen)
    listener.start()
    while process.poll() is None:
        peak = max(peak, tree_gib(process.pid))
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
    listener.join()  # ends when no process of the tree is left
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"preparing ended with code {process.returncode}")
    return time.perf_counter() - start, peak, told


def tree_gib(pid: int) -> float:
    """Resident memory of a process and its children, in GiB; shared pages count in each."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total / 2**30


def inodes(cache: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in cache.rglob("*.npz")}


def compare(pictures: int, scratch: Path) -> str:
    root = scratch / "pictures"
    draw(root, pictures)
    one_s, one_gib, _ = measured(root, scratch / "one", workers=1)
    two_s, two_gib, _ = measured(root, scratch / "two", workers=2)
    measured(root, scratch / "killed", workers=2, kill_at=pictures // 2)
    kept = len(inodes(scratch / "killed"))
    again_s, _, told = measured(root, scratch / "killed", workers=2)
    one, two, killed = (next((scratch / name).rglob("*.arrow")) for name in ("one", "two", "killed"))
    if not one.read_bytes() == two.read_bytes() == killed.read_bytes():
        raise SystemExit("the three packs differ")
    return "\n".join(
        [
            f"{pictures:,} JPEGs of {SIDE} x {SIDE} to {SIZE} x {SIZE} in colour; {os.cpu_count()} cores",
            "",
            "| | seconds | faces / s | peak GiB of all processes |",
            "| -- | --: | --: | --: |",
            f"| 1 process | {one_s:.1f} | {pictures / one_s:,.0f} | {one_gib:.2f} |",
            f"| 2 processes | {two_s:.1f} | {pictures / two_s:,.0f} | {two_gib:.2f} |",
            f"| ratio | {one_s / two_s:.2f} | | |",
            "",
            f"Killed at {pictures // 2:,}: {kept} of {-(-pictures // SHARD)} shards were whole; started again it began at "
            f"{told[0]:,} samples, took {again_s:.1f} s, and made the same pack.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=PICTURES)
    for name, kind in (("--root", Path), ("--cache", Path), ("--workers", int), ("--kill-at", int)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.root is not None:
        prepare(arguments.root, arguments.cache, workers=arguments.workers, kill_at=arguments.kill_at)
        return
    with tempfile.TemporaryDirectory() as scratch:
        print(compare(arguments.pictures, Path(scratch)))


if __name__ == "__main__":
    main()
