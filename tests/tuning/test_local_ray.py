"""A run on this machine alone: who can reach its processes, who can read its token, and where that token is not written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

LOOK = """
import json, os, subprocess, sys
from pathlib import Path
import psutil, ray
from harness.tuning.ray_tune.backend import RayPool
from harness.tuning.sections import ResourcesSpec

with RayPool(resources=ResourcesSpec()) as pool:
    pool._start()
    ray.get(ray.remote(lambda: None).remote())  # a worker, too
    me = psutil.Process()
    running = [me, *me.children(recursive=True)]
    sockets = [
        [each.name(), each_socket.laddr.ip]
        for each in running
        for each_socket in each.net_connections(kind="inet")
        if not each_socket.raddr
    ]
    token = (Path.home() / ".ray" / "auth_token").read_text().strip()
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    logs = [path for path in session.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    told = [each.name() for each in running if token in " ".join(each.cmdline())]
    stranger = subprocess.run(
        [sys.executable, "-c", sys.argv[2], ray.get_runtime_context().gcs_address],
        env={**os.environ, "HOME": sys.argv[1], "RAY_AUTH_MODE": "disabled"}, capture_output=True, text=True, timeout=60,
    )
    print(json.dumps({"sockets": sockets, "logs": list(map(str, logs)), "told": told, "stranger": stranger.stderr}))
"""

STRANGER = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).internal_kv_keys(b'', None)"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run of its own shows of itself; its home is fresh, so Ray's token is made there."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path_factory.mktemp("stranger")), STRANGER],
        env={**_environment(), "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return {**json.loads(done.stdout.splitlines()[-1]), "home": home}


def _environment() -> dict[str, str]:
    """Ours, without what this process's own Ray, if there is one, has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}


def test_no_process_of_a_run_listens_beyond_this_machine(seen: dict[str, Any]) -> None:
    who = {name for name, _ in seen["sockets"]}
    assert {"gcs_server", "raylet"} <= who
    assert {address for _, address in seen["sockets"]} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_the_token_is_its_users_alone_and_stands_in_no_log_and_no_command_line(seen: dict[str, Any]) -> None:
    token = seen["home"] / ".ray" / "auth_token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert (seen["logs"], seen["told"]) == ([], [])


def test_another_user_of_this_machine_is_refused_without_the_token(seen: dict[str, Any]) -> None:
    assert "AuthenticationError" in seen["stranger"]
