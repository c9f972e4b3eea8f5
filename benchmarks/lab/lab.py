"""The hosts of a lab as their owner sees them. It knows nothing of Ray.

Whoever makes one is inside already (`benchmarks.lab.enter`), and all hosts end with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

NETWORK = "10.77.0"
SSH = (
    "-o",
    "BatchMode=yes",
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
)
USER = "harness"
SHARED = Path("/mnt/shared")
ROOT = Path(__file__).parents[2]


def run(*command: str) -> None:
    """A command that must succeed."""
    subprocess.run(command, check=True)


def lab_user() -> str:
    """An unprivileged user, if it could read Python, the packages and this repository; else root."""
    needed = (Path(sys.executable).resolve(), Path(sys.prefix).resolve(), ROOT)
    folders = {parent for path in needed for parent in path.parents}
    return USER if all(folder.stat().st_mode & 0o001 for folder in folders) else "root"


class Host:
    """A machine of one's own.

    Attributes:
        address: In the lab's network.
    """

    def __init__(self, lab: Lab, number: int) -> None:
        self.lab, self.number = lab, number
        self.address = f"{NETWORK}.{number}"
        self._outer: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        """Boots, and waits until one can log in."""
        world = ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"]
        arguments = [str(self.lab.room), str(self.number), self.lab.user, self.address]
        log = (self.lab.room / f"host{self.number}.log").open("ab")
        self._outer = subprocess.Popen(
            [*world, sys.executable, "-m", "benchmarks.lab.host", *arguments],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        self.first = self._first_process()
        cable = ("ip", "link", "add", f"cable{self.number}", "type", "veth", "peer", "name", "eth0")
        run(*cable, "netns", f"/proc/{self.first}/ns/net")
        run("ip", "link", "set", f"cable{self.number}", "master", "switch", "up")
        self._wait_for_login()

    def kill(self) -> None:
        """The power goes: every process of the host is gone at once."""
        os.kill(self.first, signal.SIGKILL)
        assert self._outer is not None
        self._outer.wait()

    def cable(self, *, plugged: bool) -> None:
        """Takes the network cable out, or puts it back."""
        run("ip", "link", "set", f"cable{self.number}", "up" if plugged else "down")

    def ssh(self, command: str, *, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """A command in the user's shell on the host."""
        return subprocess.run(self.ssh_command(command), capture_output=True, text=True, timeout=timeout_s)

    def start(self, command: str, log: Path) -> subprocess.Popen[bytes]:
        """The same, left running."""
        with log.open("ab") as file:
            return subprocess.Popen(self.ssh_command(command), stdout=file, stderr=file)

    def ssh_command(self, command: str) -> list[str]:
        """What does it."""
        door = ["ssh", "-i", str(self.lab.key), *SSH, f"{self.lab.user}@{self.address}"]
        return [*door, f"[ ! -e ~/.bashrc ] || . ~/.bashrc; {command}"]

    def processes(self) -> list[psutil.Process]:
        """All of the host's, but those that have ended and that nobody has asked for."""
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.first).children(recursive=True)
            return [each for each in own if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
        return []

    def _first_process(self) -> int:
        assert self._outer is not None
        while not (children := psutil.Process(self._outer.pid).children()):
            time.sleep(0.05)
        return children[0].pid

    def _wait_for_login(self) -> None:
        for _ in range(100):
            if self.ssh("true").returncode == 0:
                return
            time.sleep(0.1)
        said = (self.lab.room / f"host{self.number}.log").read_text()
        raise RuntimeError(f"nobody can log in on host {self.address}: {said[-1000:]}")


class Lab:
    """A switch and the hosts on it; a context manager.

    Args:
        hosts: How many.
    """

    def __init__(self, hosts: int = 2) -> None:
        self.user = lab_user()
        self.hosts = [Host(self, number) for number in range(1, hosts + 1)]

    def __enter__(self) -> Self:
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        run("mount", "--make-rprivate", "/")
        Path("/tmp/ray").mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp/ray")
        run("mount", "-t", "tmpfs", "tmpfs", "/mnt")  # what hosts share beside the machine's own files
        SHARED.mkdir(mode=0o777)
        self._folder = tempfile.TemporaryDirectory(prefix="lab-")
        self.room = Path(self._folder.name)
        self.room.chmod(0o755)
        self.key = self.room / "key"
        for name in ("key", "hostkey"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.room / name))
        self.home = self.room / "controller"
        self.home.mkdir()
        os.environ["HOME"] = str(self.home)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "address", "add", f"{NETWORK}.254/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        for host in self.hosts:
            host.switch_on()
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            with suppress(ProcessLookupError, AssertionError):
                host.kill()
        self._folder.cleanup()
