"""The Slurm script is run as it is; the programs that it calls are small scripts that write down how they were called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "clusters" / "slurm.sh"
PROGRAMS = {
    "scontrol": "printf 'host1\\nhost2\\nhost3\\n'",
    # like Slurm's, it ends all that its program started; its own options end where the program begins
    "srun": """
        while [[ $1 == --* ]]; do [[ $1 == --nodelist=* ]] && export ON="${1#*=}"; shift; done
        set -m
        trap 'kill -- -$!' TERM
        "$@" &
        wait $!
    """,
    "hostname": "echo 10.0.0.1 fe80::1",
    "ray": """
        echo "${ON:-here} $RAY_AUTH_MODE $RAY_USAGE_STATS_ENABLED $(basename "$RAY_AUTH_TOKEN_PATH") ray $*" >>"$CALLS"
        if [ "$1" = status ]; then [ -z "${RAY_FAILS:-}" ] && [ "$(grep -c -- --block "$CALLS")" = 3 ]; exit; fi
        [ -z "${RAY_FAILS:-}" ] || { echo "no port" >&2; exit 1; }
        exec sleep 60""",
    "python": """
        [ "$1" = -m ] || exit 0
        echo "python $*" >>"$CALLS"
        exit "${SEARCH_EXIT:-0}"
    """,
    "harness": 'echo "harness $*" >>"$CALLS"; echo token >"$3"',
}


@pytest.fixture
def allocation(tmp_path: Path) -> dict[str, str]:
    """The environment of a script in an allocation of three hosts."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, body in PROGRAMS.items():
        (programs / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (programs / name).chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "SLURM_SUBMIT_DIR": str(tmp_path),
        "SLURM_JOB_ID": "420017",
        "SLURM_JOB_NODELIST": "host[1-3]",
        "SLURM_CPUS_PER_TASK": "8",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    asked = ["bash", str(SCRIPT), *arguments]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)


def calls(environment: dict[str, str]) -> list[str]:
    return Path(environment["CALLS"]).read_text().splitlines()


def test_every_host_starts_ray_with_the_token_and_the_search_joins_them(allocation: dict[str, str]) -> None:
    done = run(allocation, "searches/x.yaml", "--set", "budget.trials=3")
    assert done.returncode == 0, done.stderr
    started = sorted(call for call in calls(allocation) if " ray start " in call)
    assert [call.split(" --num-cpus")[0] for call in started] == [
        "host1 token 0 ray-token ray start --head --port=20017 --dashboard-host=127.0.0.1",
        "host2 token 0 ray-token ray start --address=10.0.0.1:20017",
        "host3 token 0 ray-token ray start --address=10.0.0.1:20017",
    ]
    assert all("--num-cpus=8 --object-store-memory=" in call and "--block" in call for call in started)
    assert calls(allocation)[-1] == (
        "python -m harness.search searches/x.yaml --set budget.trials=3"
        f" --address 10.0.0.1:20017 --results {allocation['SLURM_SUBMIT_DIR']}/results"
    )


def test_a_token_is_made_once(allocation: dict[str, str]) -> None:
    assert run(allocation, "x.yaml").returncode == 0
    assert f"harness cluster token {allocation['SLURM_SUBMIT_DIR']}/ray-token" in calls(allocation)
    Path(allocation["CALLS"]).unlink()
    assert run(allocation, "x.yaml").returncode == 0
    assert not [call for call in calls(allocation) if call.startswith("harness")]


def test_the_search_says_how_the_job_ended(allocation: dict[str, str]) -> None:
    assert run(allocation | {"SEARCH_EXIT": "3"}, "x.yaml").returncode == 3


def test_a_head_that_does_not_start_ends_the_job_instead_of_using_it_up(allocation: dict[str, str]) -> None:
    done = run(allocation | {"RAY_FAILS": "yes"}, "x.yaml")
    assert done.returncode == 1
    assert "Ray did not start on host1" in done.stderr
    assert not [call for call in calls(allocation) if "harness.search" in call]


def test_without_a_search_it_says_how_it_is_called(allocation: dict[str, str]) -> None:
    done = run(allocation)
    assert done.returncode != 0
    assert "usage: sbatch clusters/slurm.sh SEARCH.yaml" in done.stderr
