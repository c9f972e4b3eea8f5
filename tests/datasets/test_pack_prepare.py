"""Packs are made once and found again; a kill costs one shard; what cannot be read is told; two processes make one pack."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pack_toys import pictures, prepared, settings, table_rows

from harness.datasets.pack.arrow import load_pack, undetected_faces
from harness.datasets.pack.prepare import find_pack, prepare_pack
from harness.datasets.pack.shards import SHARD
from harness.datasets.sample import Detect, LandmarkFile, Sample
from harness.datasets.source import Listing
from harness.errors import DatasetError, ImageError, ResultsError


class StoppedError(Exception):
    """Stands for whatever ends a preparation in the middle."""


def stopped_after(root: Path, samples: Sequence[Sample], done: int, *, workers: int = 1) -> None:
    """Prepares until so many samples are done."""

    def stop(now: int, total: int) -> None:
        if now >= done:
            raise StoppedError

    with pytest.raises(StoppedError):
        prepare_pack(
            Listing(samples=tuple(samples)), root, settings(),
            cache=root.parent / "cache", progress=stop, workers=workers,
        )  # fmt: skip


def shards(root: Path) -> dict[str, int]:
    """The shards that lie there, each with its inode: another one would be another file."""
    return {file.name: file.stat().st_ino for file in (root.parent / "cache").rglob("*.shard")}


def hidden(root: Path) -> list[str]:
    """What a pack leaves beside itself, its lock apart."""
    packs = root.parent / "cache" / "packs"
    return [file.name for file in packs.iterdir() if file.name.startswith(".") and file.suffix != ".lock"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty distribution."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize("workers", [1, 2])
def test_faces_come_in_the_order_of_the_samples(root: Path, workers: int) -> None:
    faces = load_pack(prepared(table_rows(2 * SHARD + 9), root, workers=workers))
    assert [int(image[0, 0]) for image in faces.images] == [row % 251 for row in range(2 * SHARD + 9)]
    assert faces.class_names == ("anger", "happiness")
    assert faces.labels[:3].tolist() == [1, 0, 1]
    assert hidden(root) == []


def test_progress_is_told_from_what_is_done_to_all(root: Path) -> None:
    samples = table_rows(2 * SHARD + 1)
    stopped_after(root, samples, SHARD)
    told: list[tuple[int, int]] = []
    prepare_pack(
        Listing(samples=tuple(samples)), root, settings(), cache=root.parent / "cache",
        progress=lambda done, total: told.append((done, total)), workers=1,
    )  # fmt: skip
    total = 2 * SHARD + 1
    assert told == [(SHARD, total), (2 * SHARD, total), (total, total)]


def test_a_second_preparation_does_nothing(root: Path) -> None:
    samples = table_rows(3)
    pack = prepared(samples, root)
    state = pack.stat()
    assert prepared(samples, root) == pack
    assert (pack.stat().st_ino, pack.stat().st_mtime_ns) == (state.st_ino, state.st_mtime_ns)


def test_another_setting_or_a_changed_file_makes_another_pack(root: Path) -> None:
    samples = pictures(root, 3)
    packs = {prepared(samples, root), prepared(samples, root, settings(size=9))}
    os.utime(root / "1.png", ns=(1, 1))
    packs.add(prepared(samples, root))
    packs.add(prepared(samples[:2], root))
    assert len(packs) == 4


def test_a_distribution_that_is_moved_whole_keeps_its_pack(root: Path) -> None:
    samples = pictures(root, 3)
    pack = prepared(samples, root)
    elsewhere = root.rename(root.with_name("elsewhere"))
    assert prepared(samples, elsewhere) == pack


def test_a_search_finds_the_last_pack_without_the_distribution(root: Path) -> None:
    samples = pictures(root, 3)
    cache = root.parent / "cache"
    assert find_pack(settings(), root=root, cache=cache, checked=False) is None
    prepared(samples, root)
    os.utime(root / "1.png", ns=(1, 1))
    last = prepared(samples, root)
    shutil.rmtree(root)
    assert find_pack(settings(), root=root, cache=cache, checked=False) == last
    assert find_pack(settings(), root=root, cache=cache, checked=True) is None
    assert find_pack(settings(size=9), root=root, cache=cache, checked=False) is None
    assert find_pack(settings(), root=root.parent, cache=cache, checked=False) is None
    last.unlink()
    assert find_pack(settings(), root=root, cache=cache, checked=False) is None


def test_a_pack_whose_index_is_damaged_is_not_found(root: Path) -> None:
    prepared(table_rows(2), root)
    cache = root.parent / "cache"
    for text in ("{", "[]", "{}"):
        next(cache.glob("packs/*.json")).write_text(text)
        assert find_pack(settings(), root=root, cache=cache, checked=False) is None


@pytest.mark.parametrize("workers", [1, 2])
def test_finished_shards_are_not_done_again(root: Path, workers: int) -> None:
    samples = table_rows(4 * SHARD)
    stopped_after(root, samples, 2 * SHARD, workers=workers)
    before = shards(root)
    assert len(before) >= 2
    stopped_after(root, samples, 4 * SHARD)
    assert before.items() <= shards(root).items()
    assert load_pack(prepared(samples, root)).fingerprint == fingerprint_of(samples, root.parent / "other")


@pytest.mark.parametrize("content", [b"", bytes(4096)], ids=["empty", "zeros"])
def test_a_shard_that_a_power_cut_left_without_its_content_is_done_again(root: Path, content: bytes) -> None:
    samples = table_rows(2 * SHARD)
    stopped_after(root, samples, 2 * SHARD)
    torn = min((root.parent / "cache").rglob("*.shard"))
    torn.write_bytes(content)
    assert load_pack(prepared(samples, root)).fingerprint == fingerprint_of(samples, root.parent / "other")


def test_a_shard_with_another_pixel_than_was_written_is_done_again(root: Path) -> None:
    samples = table_rows(2 * SHARD)
    stopped_after(root, samples, 2 * SHARD)
    torn = min((root.parent / "cache").rglob("*.shard"))
    torn.write_bytes(torn.read_bytes()[:-1] + b"?")
    assert load_pack(prepared(samples, root)).fingerprint == fingerprint_of(samples, root.parent / "other")


def fingerprint_of(samples: Sequence[Sample], scratch: Path) -> str:
    """Of the faces, prepared in one go."""
    (scratch / "root").mkdir(parents=True)
    return load_pack(prepared(samples, scratch / "root")).fingerprint


KILLED = """
import os, signal
from pathlib import Path
from pack_toys import *

def die(done, total):
    if done >= 256:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    prepare_pack(
        Listing(samples=tuple(table_rows(1024))), Path({root!r}), settings(),
        cache=Path({root!r}).parent / "cache", progress=die, workers=2,
    )
"""


def test_a_kill_leaves_whole_shards_no_processes_and_a_pack_to_finish(root: Path) -> None:
    script = root.parent / "killed.py"
    script.write_text(KILLED.format(root=str(root)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # The processes of the pool hold its end of the pipe: that this returns says that they are gone.
    ended = subprocess.run(
        [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    before = shards(root)
    assert before
    stopped_after(root, table_rows(1024), 1024)
    assert before.items() <= shards(root).items()
    assert len(load_pack(prepared(table_rows(1024), root))) == 1024
    assert hidden(root) == []


def test_a_process_that_is_killed_is_told_and_what_is_done_is_kept(root: Path) -> None:
    samples = [*pictures(root, 1), *table_rows(4 * SHARD)]
    (root / "0.png").unlink()
    os.mkfifo(root / "0.png")  # the helper, who begins at the front, waits there

    def kill_helpers(done: int, total: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(
        DatasetError, match=r"root: expected 2 processes to prepare faces, got one that was killed"
    ):
        prepare_pack(
            Listing(samples=tuple(samples)), root, settings(),
            cache=root.parent / "cache", progress=kill_helpers, workers=2,
        )  # fmt: skip
    before = shards(root)
    assert before
    (root / "0.png").unlink()
    stopped_after(root, samples, len(samples))
    assert before.items() <= shards(root).items()


def test_what_a_killed_writer_left_is_removed(root: Path) -> None:
    pack = prepared(table_rows(2), root)
    pack.unlink()
    (pack.parent / f".{pack.name}.123").write_bytes(b"half a pack")
    assert prepared(table_rows(2), root) == pack
    assert hidden(root) == []


def prepare_in_process(root: str, found: multiprocessing.Queue[str]) -> None:
    found.put(f"{prepared(table_rows(3 * SHARD), Path(root))}")


def test_two_processes_make_one_pack(root: Path) -> None:
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[str] = context.Queue()
    both = [context.Process(target=prepare_in_process, args=(str(root), found)) for _ in range(2)]
    for process in both:
        process.start()
    paths = {found.get(timeout=60) for _ in both}
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert [str(path) for path in (root.parent / "cache").rglob("*.arrow")] == list(paths)


def test_pictures_that_cannot_be_read_are_told_together_with_a_cure(root: Path) -> None:
    samples = pictures(root, 9)
    for number in range(7):
        (root / f"{number}.png").write_text("<html>")
    told = r"got 7 that cannot: 0\.png: not an image; .*4\.png: not an image and 2 more\..*--set dataset\.on_bad_image=skip"
    with pytest.raises(ImageError, match=told):
        prepared(samples, root)
    faces = load_pack(prepared(samples, root, settings(on_bad_image="skip")))
    assert (len(faces), faces.skipped) == (2, 7)
    assert faces.images[:, 0, 0].tolist() == [70, 80]


def test_once_a_file_is_mended_only_its_shard_is_done_again(root: Path) -> None:
    samples = [*table_rows(2 * SHARD), *pictures(root, 1)]
    (root / "0.png").rename(root / "away")
    with pytest.raises(ImageError, match=r"got 1 that cannot: 0\.png: no such file\. "):
        prepared(samples, root)
    before = shards(root)
    assert len(before) == 3
    (root / "away").rename(root / "0.png")
    stopped_after(root, samples, len(samples))
    assert len(shards(root).items() - before.items()) == 1
    assert len(load_pack(prepared(samples, root))) == 2 * SHARD + 1


def test_a_face_that_is_not_found_is_kept_as_the_centre_or_dropped(root: Path) -> None:
    samples = [*pictures(root, 2), *pictures(root, 2, crop=LandmarkFile("none.txt"))[1:]]
    kept = prepared(samples, root)
    assert (len(load_pack(kept)), load_pack(kept).skipped) == (3, 0)
    assert undetected_faces(kept) == ["1.png"]
    dropped = prepared(samples, root, settings(undetected="drop"))
    assert (len(load_pack(dropped)), load_pack(dropped).skipped) == (2, 1)
    assert undetected_faces(dropped) == []


def test_a_pack_of_no_face_at_all_is_refused_with_a_cure(root: Path) -> None:
    samples = pictures(root, 3, crop=Detect())
    with pytest.raises(
        ImageError, match=r"got none: of 3 pictures 0 cannot be read .*dataset\.undetected=keep"
    ):
        prepared(samples, root, settings(undetected="drop"))


def test_a_cache_that_cannot_be_written_is_told(root: Path) -> None:
    (root.parent / "cache").write_text("a file")
    with pytest.raises(ResultsError, match=re.escape(str(root.parent / "cache" / "packs"))):
        prepared(table_rows(2), root)
