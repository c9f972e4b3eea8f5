"""`python -m benchmarks.mapped_epoch`: opens a pack far larger than memory should hold, and reads an epoch of batches from it.

The pack has 300,000 colour faces of 112 x 112, 11 GB, that are a hole in its file: nothing is written for them, and they are
read as zeros. `--faces 20000` is a quick look. `RssAnon` is what a process itself allocated, without the pages of mapped files.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.datasets.pack.arrow import load_pack, write_pack
from harness.datasets.pack.settings import PackSettings
from harness.datasets.sample import CANONICAL, ImageFile, Sample, Whole

FACES, SHAPE, BATCH = 300_000, (3, 112, 112), 256
OPEN_LIMIT_S, MEMORY_LIMIT_GIB = 1.0, 2.0


def write_hollow_pack(path: Path, faces: int) -> None:
    """A pack with true columns, and a hole for its pixels."""
    samples = [
        Sample(
            place=ImageFile(f"faces/{number:06d}.jpg"),
            crop=Whole(),
            label=CANONICAL[number % 7],
            code=str(number % 7),
            subject=f"S{number // 30:05d}",
        )
        for number in range(faces)
    ]
    write_pack(
        path,
        faces=(),
        image_digest="hollow",
        samples=samples,
        detected=np.ones(faces, dtype=np.bool_),
        settings=PackSettings(source="hollow", options={}, size=SHAPE[1], color="rgb"),
        faults=(),
        dropped=0,
    )


def read_epoch(path: Path) -> dict[str, float]:
    """Opens the pack, and sends an epoch of batches in random order through a small convolution; runs in a process of its own."""
    import torch

    from harness.learning.training.pixels import Pixels

    before = anonymous_gib()
    start = time.perf_counter()
    faces = load_pack(path, memory_bytes=0)
    open_s = time.perf_counter() - start
    pixels = Pixels(faces.images, device=torch.device("cpu"))
    network = torch.nn.Conv2d(3, 4, kernel_size=7, stride=8)
    order = np.random.default_rng(0).permutation(len(faces))
    peak, start = anonymous_gib(), time.perf_counter()
    with torch.inference_mode():
        for number, batch in enumerate(pixels.in_order(order, batch_size=BATCH)):
            network(batch)
            if number % 8 == 0:
                peak = max(peak, anonymous_gib())
    return {
        "faces": len(faces),
        "open_s": open_s,
        "epoch_s": time.perf_counter() - start,
        "peak_gib": peak,
        "before_gib": before,
    }


def anonymous_gib() -> float:
    """What this process has allocated, in GiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=FACES)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read is not None:
        print(json.dumps(read_epoch(arguments.read)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        pack = Path(scratch) / "hollow.arrow"
        write_hollow_pack(pack, arguments.faces)
        command = [sys.executable, "-m", "benchmarks.mapped_epoch", "--read", str(pack)]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        size, on_disk = pack.stat().st_size / 2**30, pack.stat().st_blocks * 512 / 2**30
    print(
        f"{found['faces']:,.0f} faces of {' x '.join(map(str, SHAPE))}, {size:.1f} GiB ({on_disk:.2f} on the disk): "
        f"opened in {found['open_s']:.2f} s; an epoch of batches of {BATCH} took {found['epoch_s']:.0f} s, "
        f"and at most {found['peak_gib']:.2f} GiB of own memory ({found['before_gib']:.2f} before it was opened)"
    )
    if found["open_s"] > OPEN_LIMIT_S or found["peak_gib"] > MEMORY_LIMIT_GIB:
        raise SystemExit(f"expected to open within {OPEN_LIMIT_S} s and {MEMORY_LIMIT_GIB} GiB")


if __name__ == "__main__":
    main()
