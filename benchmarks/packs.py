"""What a pack costs: preparing 20,000 JPEGs by two processes and by one, after a kill, and opening 300,000 faces by memory map.

    python -m benchmarks.packs                    # everything, about five minutes and 25 GB of disk while it runs
    python -m benchmarks.packs --pictures 2000 --faces 30000

The pictures are noise over a gradient, 256 x 256, in the layout of `expw` with a box for each; the 300,000 faces are black.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

SIDE, FACE = 256, 112
BATCH = 256


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pictures", type=int, default=20_000)
    arguments.add_argument("--faces", type=int, default=300_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="packs-") as scratch:
        root = Path(scratch) / "expw"
        _write_pictures(root, chosen.pictures)
        print(f"## preparing {chosen.pictures:,} JPEGs of {SIDE} x {SIDE}\n")
        one, two = (_prepare(root, Path(scratch) / f"cache{n}", workers=n) for n in (1, 2))
        print("| processes | s | pictures / s | peak MiB |\n| --: | --: | --: | --: |")
        for workers, (seconds, peak) in ((1, one), (2, two)):
            print(f"| {workers} | {seconds:.1f} | {chosen.pictures / seconds:.0f} | {peak:.0f} |")
        print(f"\nTwo processes are {one[0] / two[0]:.2f} times as fast as one.")
        print(_killed_half_way(root, Path(scratch) / "killed"))
    print(f"\n## {chosen.faces:,} faces of {FACE} x {FACE} RGB\n\n{_mapped_epoch(chosen.faces)}")


def _write_pictures(root: Path, count: int) -> None:
    (root / "image" / "origin").mkdir(parents=True)
    (root / "label").mkdir()
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(partial(_write_picture, root), range(count), chunksize=256))
    rows = [f"face_{i:06d}.jpg 0 16 16 240 240 50.0 {i % 7}" for i in range(count)]
    (root / "label" / "label.lst").write_text("\n".join(rows) + "\n")


def _write_picture(root: Path, number: int) -> None:
    rng = np.random.default_rng(number)
    gradient = np.linspace(40, 200, SIDE)[:, None, None]
    pixels = (gradient + rng.normal(0, 20, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(root / "image" / "origin" / f"face_{number:06d}.jpg", quality=90)


PREPARE = """
import sys
from pathlib import Path
from harness.datasets.pack import PackSettings, prepare_pack
from harness.datasets.source import chosen_options
from harness.datasets.sources import source_named
if __name__ == "__main__":
    root, cache, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    source = source_named("expw")
    options = chosen_options(source, {})
    settings = PackSettings(source="expw", options=options, size=112, color="rgb")
    def tell(done, total):
        print(done, flush=True)
    prepare_pack(source, source.list_samples(root, options), root, settings, cache=cache, progress=tell, workers=workers)
"""


def _start(root: Path, cache: Path, *, workers: int) -> subprocess.Popen[str]:
    script = root.parent / "prepare.py"
    script.write_text(PREPARE)
    command = [sys.executable, str(script), str(root), str(cache), str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment
    )


def _prepare(root: Path, cache: Path, *, workers: int) -> tuple[float, float]:
    """Wall seconds, and the peak of the private memory of all processes together in MiB."""
    start = time.perf_counter()
    process = _start(root, cache, workers=workers)
    tree, peak = psutil.Process(process.pid), 0.0
    while process.poll() is None:
        peak = max(peak, _private_mib(tree))
        time.sleep(0.2)
    assert process.returncode == 0, "the preparation failed"
    return time.perf_counter() - start, peak


def _private_mib(process: psutil.Process) -> float:
    """Memory of a process and its children that no file backs; the page cache is not counted."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            total += _anonymous_kib(each.pid)
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return 0.0
    return total / 1024


def _anonymous_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(lines[0].split()[1]) if lines else 0


def _killed_half_way(root: Path, cache: Path) -> str:
    """Kills a preparation after half of the pictures, starts it again, and counts what is done twice."""
    process = _start(root, cache, workers=2)
    total = sum(1 for _ in (root / "label" / "label.lst").open())
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= total // 2:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (folder,) = (path for path in (cache / "packs").iterdir() if path.is_dir())
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npz")}
    again = _start(root, cache, workers=2)
    assert again.stdout is not None
    first = int(next(iter(again.stdout)))
    repeated = 0
    for _ in again.stdout:
        present = (
            {path.name: path.stat().st_mtime_ns for path in folder.glob("*.npz")} if folder.exists() else {}
        )
        repeated = max(repeated, sum(present.get(name, made) != made for name, made in before.items()))
    assert again.wait() == 0, "the second preparation failed"
    return (
        f"\nKilled after {len(before)} shards and started again, it began with {first:,} of {total:,} done "
        f"and made {repeated} of those shards anew."
    )


EPOCH = """
import json, sys, time
from pathlib import Path
import numpy as np
import torch
from torch import nn
from harness.datasets.pack import load_pack
from harness.learning.training.pixels import Pixels

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

start = time.perf_counter()
faces = load_pack(Path(sys.argv[1]), memory_bytes=0)
opened = time.perf_counter() - start
network = nn.Sequential(nn.Conv2d(3, 8, 3, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7))
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
pixels, labels, peak = Pixels(faces.images, device=torch.device("cpu")), torch.from_numpy(faces.labels), 0.0
order = np.random.default_rng(0).permutation(len(faces))
start = time.perf_counter()
for first in range(0, len(order), int(sys.argv[2])):
    chosen = order[first : first + int(sys.argv[2])]
    loss = nn.functional.cross_entropy(network(pixels.batch(chosen)), labels[torch.from_numpy(chosen)])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    peak = max(peak, anonymous())
print(json.dumps({"opened_s": opened, "epoch_s": time.perf_counter() - start, "peak_mib": peak}))
"""


def _mapped_epoch(faces: int) -> str:
    """Opens a pack of that many faces and trains a tiny network on all of them, in a process of its own."""
    from harness.datasets.pack.arrow import write_pack
    from harness.datasets.pack.settings import PackSettings
    from harness.datasets.sample import CANONICAL, ImageFile, Sample, Whole

    settings = PackSettings(source="affectnet", options={}, size=FACE, color="rgb")
    samples = [
        Sample(place=ImageFile(f"{i}.jpg"), crop=Whole(), label=CANONICAL[i % 7], code=str(i % 7))
        for i in range(faces)
    ]
    block = np.zeros((1000, 3, FACE, FACE), dtype=np.uint8)
    with tempfile.TemporaryDirectory(prefix="mapped-") as scratch:
        pack = Path(scratch) / "faces.arrow"
        parts = (block[: min(1000, faces - first)] for first in range(0, faces, 1000))
        states = np.zeros(faces, dtype=np.uint8)
        write_pack(pack, parts=parts, samples=samples, states=states, settings=settings, skipped={})
        script = Path(scratch) / "epoch.py"
        script.write_text(EPOCH)
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(
            [sys.executable, str(script), str(pack), str(BATCH)],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        told = json.loads(done.stdout)
        size = pack.stat().st_size / 2**30
    return (
        f"The pack has {size:.1f} GiB. It opened in {told['opened_s']:.2f} s; an epoch took {told['epoch_s']:.0f} s, "
        f"with {told['peak_mib']:.0f} MiB of memory beside the page cache at most."
    )


if __name__ == "__main__":
    main()
