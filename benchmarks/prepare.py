"""`python -m benchmarks.prepare`: how fast a pack is made, how much memory that takes, and what a kill costs.

It draws 20,000 colour pictures of 256 x 256 pixels as JPEG files once, each with a face's box, and packs them as
`harness data prepare` does by default, 64 x 64 and grey: with one process and with two, five times by turns, and with two
that are killed half way and started again. `--pictures 2000` is a quick look.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psutil
from PIL import Image

from harness.datasets.pack.settings import PackSettings
from harness.datasets.pack.shards import SHARD
from harness.datasets.sample import Box, ImageFile, Sample
from harness.datasets.source import Listing, Source

PICTURES, SIDE, SIZE, PAIRS = 20_000, 256, 64, 5
SECONDS = "seconds.txt"
BOX = Box(32, 32, 224, 224)
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

    # Here, as on the command line: helpers import this file anew, and have no use for it.
    from harness.datasets.pack.prepare import prepare_pack

    def tell(done: int, total: int) -> None:
        print(done, flush=True)
        if kill_at is not None and done >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    samples = tuple(
        Sample(place=ImageFile(file.name), crop=BOX, label="fear", code="0")
        for file in sorted(root.glob("*.jpg"))
    )
    settings = PackSettings(source=SOURCE.name, options={}, size=SIZE, color="gray")
    start = time.perf_counter()
    prepare_pack(Listing(samples=samples), root, settings, cache=cache, progress=tell, workers=workers)
    (cache / SECONDS).write_text(f"{time.perf_counter() - start:.3f}")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One preparation: the seconds of the whole process and of the preparation in it, the CPU seconds of all its processes,
    their peak memory if it was watched (which takes time from them), and the progress that was told.
    """

    wall_s: float
    prepared_s: float
    cpu_s: float
    peak_gib: float
    told: list[int]


def measured(
    root: Path, cache: Path, *, workers: int, kill_at: int | None = None, watched: bool = False
) -> Measured:
    command = [sys.executable, "-m", "benchmarks.prepare", "--root", str(root), "--cache", str(cache)]
    kill = [] if kill_at is None else ["--kill-at", str(kill_at)]
    start, cpu, peak = time.perf_counter(), cpu_of_children(), 0.0
    process = subprocess.Popen(
        [*command, "--workers", str(workers), *kill], stdout=subprocess.PIPE, text=True
    )
    told: list[int] = []

    def listen() -> None:
        assert process.stdout is not None
        told.extend(int(line) for line in process.stdout)

    listener = threading.Thread(target=listen)
    listener.start()
    while watched and process.poll() is None:
        peak = max(peak, tree_gib(process.pid))
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
    process.wait()
    wall_s = time.perf_counter() - start
    listener.join()  # ends when no process of the tree is left
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"preparing ended with code {process.returncode}")
    prepared = cache / SECONDS
    prepared_s = float(prepared.read_text()) if prepared.exists() else 0.0
    return Measured(
        wall_s=wall_s, prepared_s=prepared_s, cpu_s=cpu_of_children() - cpu, peak_gib=peak, told=told
    )


def cpu_of_children() -> float:
    """CPU seconds of all processes that have ended under this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree_gib(pid: int) -> float:
    """Resident memory of a process and its children, in GiB; shared pages count in each."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total / 2**30


def shards_in(cache: Path) -> int:
    return sum(1 for _ in cache.rglob("*.shard"))


def compare(pictures: int, scratch: Path) -> str:
    root = scratch / "pictures"
    draw(root, pictures)
    pairs = []
    for number in range(PAIRS):
        one = measured(root, scratch / f"one-{number}", workers=1)
        two = measured(root, scratch / f"two-{number}", workers=2)
        pairs.append((one, two))
    killed = measured(root, scratch / "killed", workers=2, kill_at=pictures // 2, watched=True)
    kept = shards_in(scratch / "killed")
    again = measured(root, scratch / "killed", workers=2, watched=True)
    packs = [next((scratch / name).rglob("*.arrow")).read_bytes() for name in ("one-0", "two-0", "killed")]
    if not packs[0] == packs[1] == packs[2]:
        raise SystemExit("the three packs differ")
    ratios = sorted(one.prepared_s / two.prepared_s for one, two in pairs)
    rows = [
        f"| {name} | {median(each.prepared_s for each in side):.1f} | {median(each.wall_s for each in side):.1f} | "
        f"{median(each.cpu_s for each in side):.1f} | {pictures / median(each.prepared_s for each in side):,.0f} |"
        for name, side in zip(("1 process", "2 processes"), zip(*pairs, strict=True), strict=True)
    ]
    return "\n".join(
        [
            f"{pictures:,} JPEGs of {SIDE} x {SIDE} to {SIZE} x {SIZE}, grey; {os.cpu_count()} cores",
            "",
            "| | preparing s | whole process s | CPU s | faces / s |",
            "| -- | --: | --: | --: | --: |",
            *rows,
            "",
            f"Two are {median(ratios):.2f} times as fast as one ({ratios[0]:.2f} to {ratios[-1]:.2f} over {PAIRS} pairs).",
            f"Killed at {pictures // 2:,}: {kept} of {-(-pictures // SHARD)} shards were whole; started again it began at "
            f"{again.told[0]:,} samples, took {again.wall_s:.1f} s, and made the same pack. "
            f"Both together took at most {max(killed.peak_gib, again.peak_gib):.2f} GiB of memory, all processes counted.",
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
