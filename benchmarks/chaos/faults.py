"""What is broken, and how it is mended. Each fault strikes a stage on which trainings run; it does not judge what follows."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

import psutil

from benchmarks.chaos.stage import Stage


class Fault(NamedTuple):
    """Something that goes wrong.

    Attributes:
        name: For the table.
        strike: Breaks it and mends it; the driver may have stopped afterwards.
        trick: A line of Python that driver and workers run when they start; empty where nothing is slow or wrong from the start.
        small_disk: The results lie on a file system of a few megabytes, which only root can make.
    """

    name: str
    strike: Callable[[Stage, Random], None]
    trick: str = ""
    small_disk: bool = False


def kill_worker(stage: Stage, random: Random) -> None:
    while not (workers := stage.workers()):
        stage.keep_driver()
        time.sleep(0.1)
    with suppress(psutil.NoSuchProcess):
        random.choice(workers).kill()


def kill_raylet(stage: Stage, random: Random) -> None:
    node = stage.nodes.pop(random.randrange(len(stage.nodes)))
    stage.cluster.remove_node(node, allow_graceful=False)
    time.sleep(random.uniform(0, 3))
    stage.nodes.append(stage.add_node())


def drain_node(stage: Stage, random: Random) -> None:
    """As a spot machine goes: it is told, and then it is gone. Another comes later."""
    node = stage.nodes.pop(random.randrange(len(stage.nodes)))
    stage.cluster.remove_node(node, allow_graceful=True)
    time.sleep(random.uniform(0, 3))
    stage.nodes.append(stage.add_node())


def kill_driver(stage: Stage, random: Random) -> None:
    assert stage.driver is not None
    stage.driver.kill()
    stage.driver.wait()


def terminate_driver(stage: Stage, random: Random) -> None:
    assert stage.driver is not None
    stage.driver.send_signal(signal.SIGTERM)
    stage.driver.wait(timeout=90)


def pause_driver(stage: Stage, random: Random) -> None:
    assert stage.driver is not None
    stage.driver.send_signal(signal.SIGSTOP)
    time.sleep(random.uniform(3, 8))
    stage.driver.send_signal(signal.SIGCONT)


def kill_head(stage: Stage, random: Random) -> None:
    """The machine with Ray's head and the driver loses its power; another takes its place."""
    kill_driver(stage, random)
    stage.drop_cluster()
    stage.raise_cluster()


def lose_head(stage: Stage, random: Random) -> None:
    """Ray's head is gone, and the driver is left alone."""
    stage.drop_cluster()
    assert stage.driver is not None
    with suppress(subprocess.TimeoutExpired):
        stage.driver.wait(timeout=60)
    if stage.driver.poll() is None:
        raise RuntimeError("the driver still waits for a Ray that is gone, after 60 s")
    stage.raise_cluster()


def fill_disk(stage: Stage, random: Random) -> None:
    ballast = stage.results / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    time.sleep(random.uniform(2, 5))
    ballast.unlink()


def read_only(stage: Stage, random: Random) -> None:
    """As a network file system that has lost its server's trust: what is opened from now on cannot be written."""
    folder = str(stage.results)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    time.sleep(random.uniform(2, 5))
    subprocess.run(["umount", "--lazy", folder], check=True)


def nothing(stage: Stage, random: Random) -> None:
    """What is wrong has been so from the start."""


SLOW_FSYNC = "import os, time; own = os.fsync; os.fsync = lambda fd: (time.sleep(1.0), own(fd))[1]"
CLOCK_JUMP = (
    "import time; own, start = time.time, time.monotonic(); "
    "time.time = lambda: own() + (86400 if time.monotonic() - start > 12 else 0)"
)

FAULTS = (
    Fault("worker killed", kill_worker),
    Fault("raylet killed", kill_raylet),
    Fault("node drained", drain_node),
    Fault("driver killed", kill_driver),
    Fault("driver told to end", terminate_driver),
    Fault("driver paused", pause_driver),
    Fault("head and driver killed", kill_head),
    Fault("head lost", lose_head),
    Fault("disk full", fill_disk, small_disk=True),
    Fault("disk read-only", read_only, small_disk=True),
    Fault("fsync takes a second", nothing, trick=SLOW_FSYNC),
    Fault("clock jumps a day", nothing, trick=CLOCK_JUMP),
)


def mount_small_disk(path: Path) -> None:
    """A file system of 8 MB at a folder."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)], check=True)


def unmount(path: Path) -> None:
    """The folder as it was."""
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def may_mount() -> bool:
    """Whether this user may make file systems here."""
    return os.geteuid() == 0 and subprocess.run(["mount", "--version"], capture_output=True).returncode == 0
