"""Runs a program in namespaces of its own, in which it may make networks and hosts without anybody noticing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

INSIDE = "HARNESS_LAB"
"""Set in the environment of whoever is inside."""
TOOLS = ("unshare", "ip", "ssh", "ssh-keygen", "sshd", "rsync", "mount")
PACKAGES = "openssh-server openssh-client rsync iproute2 util-linux"


def missing() -> str:
    """Why this machine cannot have a lab, in words; empty if it can."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if sys.platform != "linux":
        return "needs Linux's namespaces"
    if os.geteuid() != 0:
        return "needs root, which may make namespaces"
    if lacking := [tool for tool in TOOLS if shutil.which(tool, path=path) is None]:
        return f"lacks {', '.join(lacking)}: apt-get install {PACKAGES}"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "true"], capture_output=True
    )
    return "" if tried.returncode == 0 else f"may make no namespaces: {tried.stderr.decode().strip()}"


def enter() -> None:
    """Starts this very program again inside, and ends with its exit code; inside, it does nothing.

    Exits with 3 where the machine cannot have a lab.
    """
    if os.environ.get(INSIDE):
        return
    if why := missing():
        print(f"no lab here: it {why}", file=sys.stderr)
        sys.exit(3)
    # --kill-child: whatever is started inside ends with it, however it ends
    world = ["unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"]
    program = [sys.executable, *sys.orig_argv[1:]]
    sys.exit(subprocess.run([*world, *program], env={**os.environ, INSIDE: "1"}).returncode)
