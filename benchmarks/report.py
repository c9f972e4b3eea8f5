"""How long the report of 10,000 trials takes to write, how large it is, and how long its page takes to be there.

The trials are those of `results/quick`, each many times with a little noise. Run it by `python -m benchmarks.report`; a Chromium
on this machine is needed for the last figure.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.report import write_report

TRIALS = 10_000
QUICK = Path(__file__).parents[1] / "results" / "quick"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


def enlarge(results: Path) -> int:
    """Makes the tables of a copy of the quick suite as long as asked; gives the number of trials."""
    folders = sorted(path.parent for path in results.glob("*/trials.parquet"))
    rng = np.random.default_rng(0)
    for folder in folders:
        trials, epochs = pq.read_table(folder / "trials.parquet"), pq.read_table(folder / "epochs.parquet")
        times = -(-TRIALS // (len(folders) * trials.num_rows))
        many = pa.concat_tables([trials] * times).slice(0, TRIALS // len(folders)).to_pandas()
        many["number"] = np.arange(len(many))
        for name in ("val_uar", "margin_max"):
            many[name] = many[name] * rng.normal(1, 0.02, len(many))
        many["margin_max"] = np.maximum(many["margin_max"], many["margin_min"])
        write(many, folder / "trials.parquet", like=trials)
        write(pa.concat_tables([epochs] * times).to_pandas(), folder / "epochs.parquet", like=epochs)
    return sum(pq.read_metadata(folder / "trials.parquet").num_rows for folder in folders)


def write(frame: pd.DataFrame, path: Path, *, like: pa.Table) -> None:
    pq.write_table(pa.Table.from_pandas(frame, schema=like.schema, preserve_index=False), path)


def opened(path: Path) -> dict[str, float]:
    """Seconds until the page is ready, and the longest frame while it is scrolled to its end, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        ready = time.perf_counter() - start
        frames = page.evaluate(SCROLL)
        browser.close()
    return {
        "ready_s": ready,
        "median_frame_ms": float(np.median(frames)),
        "frames_over_100_ms": sum(f > 100 for f in frames),
        "frames": len(frames),
    }


SCROLL = """async () => {
  const frames = [];
  let before = performance.now();
  for (let y = 0; y < document.documentElement.scrollHeight; y += 60) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results, page = Path(folder) / "quick", Path(folder) / "report.html"
        shutil.copytree(QUICK, results)
        trials = enlarge(results)
        start = time.perf_counter()
        write_report(results, page)
        seconds = time.perf_counter() - start
        print(f"{trials:,} trials: written in {seconds:.1f} s, {page.stat().st_size / 1e6:.1f} MB")
        if shutil.which("chromium"):
            print(", ".join(f"{name} {value:.3g}" for name, value in opened(page).items()))


if __name__ == "__main__":
    main()
