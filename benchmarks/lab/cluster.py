"""The repository's on-prem cluster file, filled in for the hosts of a lab as its user would, and Ray's launcher on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.lab.lab import ROOT, Host, Lab

TEMPLATE = ROOT / "clusters" / "on-prem.yaml"
PORT = 6379
RAY = ("gcs_server", "raylet", "ray::", "dashboard", "runtime_env_agent", "log_monitor", "monitor.py")
"""What the names or the command lines of Ray's processes hold."""


class Cluster:
    """A Ray cluster on a lab: the first host is the head.

    Args:
        lab: Switched on.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.token = lab.room / "ray-token"
        harness = Path(sys.prefix) / "bin" / "harness"
        subprocess.run(
            [harness, "cluster", "token", self.token], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        self.file = lab.room / "on-prem.yaml"
        self.file.write_text(self._filled_in())

    @property
    def head(self) -> Host:
        """The host that coordinates."""
        return self.lab.hosts[0]

    def _filled_in(self) -> str:
        """The template with each marked place changed; one that is not found is an error, so that the two stay together."""
        workers = "".join(f"    - {host.address}\n" for host in self.lab.hosts[1:])
        changes = {
            "head_ip: 192.168.1.10 ": f"head_ip: {self.head.address} ",
            "    - 192.168.1.11\n    - 192.168.1.12\n": workers,
            "ssh_user: researcher ": f"ssh_user: {self.lab.user} ",
            "ssh_private_key: ~/.ssh/expressions ": f"ssh_private_key: {self.lab.key} ",
            "min_workers: 2 ": f"min_workers: {len(self.lab.hosts) - 1} ",
            "max_workers: 2\n": f"max_workers: {len(self.lab.hosts) - 1}\n",
            '"."  ': f'"{ROOT}"  ',
            '"./ray-token"': f'"{self.token}"',
            "make .venv/installed && .venv/bin/pip install": "echo it has",
            "$HOME/multi-threshold-harness/.venv/bin": str(Path(sys.prefix) / "bin"),
            "--object-store-memory=2000000000": "--object-store-memory=200000000",
        }
        text = TEMPLATE.read_text()
        for old, new in changes.items():
            if old not in text:
                raise RuntimeError(f"{TEMPLATE} does not hold {old!r} any more; change it here, too")
            text = text.replace(old, new)
        return text

    def launcher(self, *arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        """`ray ...` on the controller."""
        ray = Path(sys.prefix) / "bin" / "ray"
        done = subprocess.run(
            [str(ray), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=ROOT,
            env=os.environ,
        )
        if done.returncode:
            raise RuntimeError(
                f"ray {' '.join(arguments)} ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}"
            )
        return done

    def checked(self) -> int:
        """The exit code of `harness cluster check` on the filled file."""
        harness = Path(sys.prefix) / "bin" / "harness"
        return subprocess.run(
            [harness, "cluster", "check", self.file], cwd=ROOT, stdout=sys.stderr
        ).returncode

    def up(self) -> None:
        """`ray up`, and waits until every host has joined."""
        self.launcher("up", "-y", "--no-config-cache", str(self.file))
        self.wait_for_hosts(len(self.lab.hosts))

    def wait_for_hosts(self, count: int) -> None:
        """Waits on the head until so many hosts are there."""
        code = (
            'import ray, time; ray.init("auto", log_to_driver=False)\n'
            f'for _ in range(900):\n    n = sum(x[\\"Alive\\"] for x in ray.nodes())\n    if n == {count}: break\n'
            "    time.sleep(0.1)\nelse: raise SystemExit(n)"
        )
        done = self.head.ssh(f"python - <<'EOF'\n{code.replace(chr(92), '')}\nEOF")
        if done.returncode:
            raise RuntimeError(f"expected {count} hosts: {done.stdout} {done.stderr[-2000:]}")

    def down(self) -> None:
        """The command that stops everything."""
        subprocess.run(
            [ROOT / "clusters" / "down.sh", self.file], check=True, timeout=240, stdout=subprocess.DEVNULL
        )

    def ray_processes(self) -> list[str]:
        """Ray's processes on all hosts, as words."""
        return [
            f"{host.address} {process.name()}"
            for host in self.lab.hosts
            for process in host.processes()
            if any(name in " ".join([process.name(), *process.cmdline()]) for name in RAY)
        ]
