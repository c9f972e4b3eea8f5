"""Decodes and aligns a few hundred samples at a time, over processes. A kill leaves a shard whole or not at all.

Started again, what lies there is not done again, unless its files have changed. It does not know what becomes of the shards.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from harness.atomic import whole_file
from harness.datasets.pack.settings import PackSettings
from harness.datasets.sample import LandmarkFile, Sample, Whole
from harness.errors import DatasetError, ImageError

SHARD = 256
"""Samples of a shard: a kill costs a second of work, and the files stay few."""

SOUND, UNDETECTED, BROKEN = 0, 1, 2
"""What became of a sample: its face, the centre of a picture in which no face was found, or nothing."""

Progress = Callable[[int, int], None]
"""Is told how many samples are done, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Samples that become one shard.

    Attributes:
        number: From 0, in the order of the samples.
        samples: At most `SHARD`.
        digest: Hash of the samples, and of the state of their files.
    """

    number: int
    samples: Sequence[Sample]
    digest: str

    @property
    def name(self) -> str:
        """Of the shard's file: where it stands, and what it was made from."""
        return f"{self.number:06d}-{self.digest}.shard"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the samples of a shard.

    Attributes:
        states: `[n]`, of `SOUND`, `UNDETECTED`, `BROKEN`.
        digests: `[n, 32]`, of each face: the hash of any choice of them follows without another look at their pixels.
        faults: Why each broken picture cannot be read, in order.
    """

    states: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    faults: tuple[str, ...]


def parts_of(samples: Sequence[Sample], root: Path) -> list[Part]:
    """The samples in parts, each with a hash of what it is made from: its samples, and size and time of change of its files."""
    states = {path: _state(f"{root}/{path}") for path in {path for each in samples for path in _files(each)}}
    chunks = (samples[start : start + SHARD] for start in range(0, len(samples), SHARD))
    return [
        Part(number=number, samples=chunk, digest=_digest(chunk, states))
        for number, chunk in enumerate(chunks)
    ]


def write_shards(
    parts: Sequence[Part],
    root: Path,
    settings: PackSettings,
    *,
    folder: Path,
    progress: Progress,
    workers: int | None,
) -> list[Path]:
    """Writes the shards that are missing.

    Args:
        parts: All, in order.
        root: Of the distribution.
        settings: How faces are prepared.
        folder: Where the shards lie.
        progress: Told how many samples are done, those of earlier runs among them.
        workers: Processes, this one among them; by default one per core.

    Returns:
        All shards, in order.

    Raises:
        DatasetError: If a process of the pool was killed.
    """
    missing = [part for part in parts if not _is_whole(folder / part.name)]
    total = sum(len(part.samples) for part in parts)
    before = total - sum(len(part.samples) for part in missing)
    progress(before, total)
    for done in _written(missing, root, settings, folder=folder, workers=workers or os.cpu_count() or 1):
        progress(before + done, total)
    return [folder / part.name for part in parts]


def read_outcome(path: Path) -> Outcome:
    """What became of the samples of a shard, without their faces."""
    with path.open("rb") as stream:
        return _load_outcome(stream)


def read_faces(path: Path) -> NDArray[np.uint8]:
    """The faces of a shard, uint8 `[n, ...]`; zeros where the picture is broken."""
    return _read(path)[1]


def _read(path: Path) -> tuple[Outcome, NDArray[np.uint8]]:
    with path.open("rb") as stream:
        return _load_outcome(stream), np.asarray(np.load(stream), dtype=np.uint8)


def _save(
    stream: IO[bytes], faces: NDArray[np.uint8], states: NDArray[np.uint8], faults: Sequence[str]
) -> None:
    """Four arrays, one after the other. Not a zip of them, which takes as long to read as to write a pack."""
    np.save(stream, states)
    np.save(stream, _digests(faces))
    np.save(stream, np.array(json.dumps(faults)))
    np.save(stream, faces)


def _digests(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    digests = b"".join(hashlib.sha256(face.data).digest() for face in faces)
    return np.frombuffer(digests, dtype=np.uint8).reshape(len(faces), -1)


def _is_whole(path: Path) -> bool:
    """Whether a shard lies there with all that was written: a power cut may leave its name alone, or zeros."""
    try:
        outcome, faces = _read(path)
        return np.array_equal(_digests(faces), outcome.digests)
    except (OSError, ValueError, EOFError):
        return False


def _load_outcome(stream: IO[bytes]) -> Outcome:
    states, digests, faults = np.load(stream), np.load(stream), np.load(stream)
    return Outcome(states=states, digests=digests, faults=tuple(json.loads(str(faults))))


def _written(
    parts: Sequence[Part], root: Path, settings: PackSettings, *, folder: Path, workers: int
) -> Iterator[int]:
    """Writes shards, and yields now and then how many samples are done. This process is one of the workers."""
    own = 0
    helpers = min(workers, len(parts)) - 1
    if helpers < 1:
        for part in parts:
            own += _write_shard(part, root, settings, folder)
            yield own
        return
    waiting, jobs = deque(parts), list[Future[int]]()
    with _pool(helpers) as pool:
        try:
            # Helpers take a second to start, which this process need not wait for. None may run dry while it is at work.
            while waiting:
                while waiting and sum(not job.done() for job in jobs) < 2 * helpers:
                    jobs.append(pool.submit(_write_shard, waiting.popleft(), root, settings, folder))
                if waiting:
                    own += _write_shard(waiting.pop(), root, settings, folder)
                    yield own + _done_by(jobs)
            for _ in as_completed(jobs):
                yield own + _done_by(jobs)
        except BrokenProcessPool as error:
            raise DatasetError(
                f"{root}: expected {workers} processes to prepare faces, got one that was killed, most likely for want of "
                "memory; close other programs, and run the same command again: it goes on where it stopped"
            ) from error


def _done_by(jobs: Sequence[Future[int]]) -> int:
    """Samples that helpers have done."""
    return sum(job.result() for job in jobs if job.done())


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that drop what they have not begun when the block is left by an error."""
    # Not fork: a parent with threads, as one that has imported torch has, can hang its children.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_follow_parent) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _follow_parent() -> None:
    """Runs in a process of the pool: it would wait for work for ever once its parent is killed, and Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)  # nothing is half written that would need an end in order


def _write_shard(part: Part, root: Path, settings: PackSettings, folder: Path) -> int:
    """Decodes and aligns; tells how many samples. Runs here and in the processes of the pool."""
    faces = np.zeros((len(part.samples), *settings.shape), dtype=np.uint8)
    states = np.zeros(len(part.samples), dtype=np.uint8)
    faults = []
    # Pillow warns of odd metadata in files that it reads well: nothing that a user could act on.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index, sample in enumerate(part.samples):
            try:
                faces[index], found = _face(sample, root, settings)
            except ImageError as error:
                states[index] = BROKEN
                faults.append(str(error))
            else:
                states[index] = SOUND if found else UNDETECTED
    with whole_file(folder / part.name, synced=False) as temporary, temporary.open("wb") as stream:
        _save(stream, faces, states, faults)
    return len(part.samples)


def _face(sample: Sample, root: Path, settings: PackSettings) -> tuple[NDArray[np.uint8], bool]:
    # Here, so that a search that finds its pack never loads OpenCV and FFmpeg.
    from harness.datasets.pack.align import align
    from harness.datasets.pack.pixels import read_picture

    least_side = 2 * settings.size if isinstance(sample.crop, Whole) else None
    picture = read_picture(root, sample.place, color=settings.color, least_side=least_side)
    return align(root, picture, sample.crop, size=settings.size)


def _files(sample: Sample) -> tuple[str, ...]:
    if isinstance(sample.crop, LandmarkFile):
        return (sample.place.path, sample.crop.path)
    return (sample.place.path,)


def _state(file: str) -> str:
    try:
        found = os.stat(file)  # noqa: PTH116 - a Path for each of many files takes longer than the question
    except OSError:
        return "missing"  # told when it is read
    return f"{found.st_size} {found.st_mtime_ns}"


def _digest(samples: Sequence[Sample], states: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(repr(sample).encode())
        for path in _files(sample):
            digest.update(states[path].encode())
    return digest.hexdigest()[:16]
