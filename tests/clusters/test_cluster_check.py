"""What `harness cluster check` finds: nothing in the repository's own files, and each mistake with its line and its cure."""

from __future__ import annotations

import copy
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from typer.testing import CliRunner

from harness.cli import app
from harness.clusters.check import check_cluster
from harness.clusters.description import containers, groups
from harness.clusters.finding import Finding
from harness.errors import SearchFileError
from harness.tuning.ray_tune.launcher import complaint

ROOT = Path(__file__).parents[2]
CLOUD, ON_PREM = ROOT / "cluster.yaml", ROOT / "clusters" / "on-prem.yaml"
KUBERNETES, SLURM = ROOT / "clusters" / "kubernetes.yaml", ROOT / "clusters" / "slurm.sh"
GPU_SEARCH = "dataset: {name: synthetic-posed}\nresources: {gpu: 0.25}\n"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key, a token and a home, as a user has them who has read the README."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    for name in ("ray-token", ".ssh/expressions", ".ssh/expressions.pem"):
        path = tmp_path / name
        path.write_text("secret")
        path.chmod(0o600)
    (tmp_path / "gpu.yaml").write_text(GPU_SEARCH)
    return tmp_path


def check(file: Path, search: Path | None = None) -> list[Finding]:
    return check_cluster(file, engine=complaint, search=search)


def serious(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.serious]


@pytest.mark.parametrize("file", [CLOUD, ON_PREM, KUBERNETES, SLURM], ids=lambda path: path.name)
def test_the_repositorys_files_have_nothing_wrong(room: Path, file: Path) -> None:
    assert check(file) == []


@pytest.mark.parametrize("file", [CLOUD, KUBERNETES, SLURM], ids=lambda path: path.name)
def test_a_search_with_gpus_finds_them(room: Path, file: Path) -> None:
    assert check(file, search=room / "gpu.yaml") == []


@pytest.mark.parametrize("file", [CLOUD, ON_PREM], ids=lambda path: path.name)
def test_ray_itself_takes_the_launcher_files(file: Path) -> None:
    validate_config(prepare_config(yaml.safe_load(file.read_text())))
    assert complaint(file) is None


def test_kubernetes_takes_the_pods_of_the_raycluster() -> None:
    found = list(groups(yaml.safe_load(KUBERNETES.read_text())))
    assert [role for _, role, _ in found] == ["head", "worker"]
    for _, role, group in found:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": role}, **group["template"]}
        kubernetes_validate.validate(pod, "1.31", strict=True)
        assert containers(group)


@pytest.mark.parametrize("script", sorted((ROOT / "clusters").glob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


BROKEN: list[tuple[Path, str, str, str, str]] = [
    # file, what is replaced, by what, what the finding says, what stands in its line
    (ON_PREM, "  ssh_user: researcher ", "  # nobody ", "does not say who logs in", "auth:"),
    (ON_PREM, "  ssh_private_key: ~/.ssh/expressions ", "  # none ", "names no ssh key", "auth:"),
    (ON_PREM, "  head_ip:", "  head_pi:", "no key 'head_pi'.*did you mean head_ip", "head_pi"),
    (ON_PREM, "192.168.1.12", "192.168.1.11", "192.168.1.11 is there twice", "worker_ips"),
    (ON_PREM, "192.168.1.12", "192.168.1.10", "head 192.168.1.10 is among the workers", "worker_ips"),
    (ON_PREM, "max_workers: 2", "max_workers: 1", "max_workers 1 is less than the 2", "max_workers"),
    (ON_PREM, "max_workers: 2", "max_workers: two", "max_workers: .*integer, got 'two'", "max_workers"),
    (ON_PREM, "upscaling_speed: 1.0", "upscaling: 1.0", "Ray refuses it: .*'upscaling' was unexpected", ""),
    (ON_PREM, "RAY_enable_autoscaler_v2=0 ", "", "brings up no workers", "head_start_ray_commands"),
    (ON_PREM, "--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0", "dashboard listens on 0.0.0.0", ">-"),
    (ON_PREM, '  "~/.ray/auth_token": "./ray-token"', "", "no token is copied", "file_mounts"),
    (
        ON_PREM,
        "RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0\n    RAY_gcs",
        "RAY_USAGE_STATS_ENABLED=0\n    RAY_gcs",
        "worker is started without RAY_AUTH_MODE=token",
        ">-",
    ),
    (
        ON_PREM,
        "RAY_USAGE_STATS_ENABLED=0\n    RAY_health",
        "\n    RAY_health",
        "head reports its usage",
        ">-",
    ),
    (ON_PREM, "ray[tune]==2.60.0", "ray[tune]==2.9.3", "names Ray 2.9.3, and this project has", "make .venv"),
    (ON_PREM, ' && .venv/bin/pip install --quiet "ray[tune]==2.60.0"', "", "pins no version of Ray", "#"),
    (
        ON_PREM,
        "make .venv/installed",
        "make .venv/installed PYTHON=python3.8",
        "names Python 3.8",
        "make .venv",
    ),
    (
        ON_PREM,
        "RESULTS=/mnt/shared/results",
        "RESULTS=~/results",
        "results in ~/results: each host has a folder",
        "RESULTS",
    ),
    (
        ON_PREM,
        "RESULTS=/mnt/shared/results",
        "RESULTS=s3://bucket/results",
        "the harness writes to folders",
        "RESULTS",
    ),
    (ON_PREM, "export RESULTS=/mnt/shared/results", "true", "names no results folder", "#"),
    (
        ON_PREM,
        "worker_start_ray_commands:\n  - ray stop",
        "worker_start_ray_commands:",
        "worker_start_ray_commands has no `ray stop`",
        "worker_start",
    ),
    (
        ON_PREM,
        " --autoscaling-config=~/ray_bootstrap_config.yaml",
        "",
        "has no `--autoscaling-config`",
        "head_start",
    ),
    (
        ON_PREM,
        "    - 192.168.1.11\n    - 192.168.1.12\n",
        "    []\n",
        "there are no worker_ips",
        "worker_ips",
    ),
    (
        CLOUD,
        "region: eu-central-1 ",
        "regoin: eu-central-1 ",
        "no key 'regoin'.*did you mean region",
        "regoin",
    ),
    (
        CLOUD,
        "    min_workers: 0\n    max_workers: 8\n",
        "    min_workers: 9\n    max_workers: 9\n",
        "max_workers 8 is less than the 9",
        "max_workers: 8",
    ),
    (CLOUD, "head_node_type: head", "head_node_type: haed", "Ray refuses it", ""),
    (
        KUBERNETES,
        'dashboard-host: "127.0.0.1"',
        'dashboard-host: "0.0.0.0"',
        "dashboard listens on 0.0.0.0",
        "dashboard-host",
    ),
    (
        KUBERNETES,
        '      dashboard-host: "127.0.0.1"',
        "",
        "KubeRay puts the dashboard on 0.0.0.0",
        "rayStartParams",
    ),
    (
        KUBERNETES,
        "minReplicas: 0",
        "minReplica: 0",
        "no spec.workerGroupSpecs.0.minReplica.*did you mean minReplicas",
        "minReplica:",
    ),
    (
        KUBERNETES,
        "enableInTreeAutoscaling: true",
        "enableInTreeAutoscaler: true",
        "no spec.enableInTreeAutoscaler",
        "enableInTreeAutoscaler",
    ),
    (KUBERNETES, "maxReplicas: 8 ", "maxReplicas: -1 ", "maxReplicas -1 is less than", "maxReplicas"),
    (
        KUBERNETES,
        "sizeLimit: 6Gi",
        "sizeLimit: 2Gi",
        r"object store of 4 GB does not fit into its /dev/shm of 2\.15 GB",
        "object-store",
    ),
    (KUBERNETES, 'rayVersion: "2.60.0"', 'rayVersion: "2.9.0"', "names Ray 2.9.0", "rayVersion"),
    (
        KUBERNETES,
        "image: registry.example.org/multi-threshold-harness:2.60.0\n",
        "image: rayproject/ray:2.60.0-py39\n",
        "names Python 3.9",
        "image",
    ),
    (
        KUBERNETES,
        "securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 100}\n        containers",
        "containers",
        "head's pods may run as root",
        "spec:",
    ),
    (
        SLURM,
        "RAY_AUTH_MODE=token",
        "RAY_AUTH_MODE=disabled",
        "is started without RAY_AUTH_MODE=token",
        "ray start",
    ),
    (
        SLURM,
        "--dashboard-host=127.0.0.1",
        "--dashboard-host=0.0.0.0",
        "dashboard listens on 0.0.0.0",
        "ray start",
    ),
    (
        ON_PREM,
        "head_start_ray_commands:",
        "head_start_ray_commands: []\nold_start_commands:",
        "head_start_ray_commands says nothing",
        "head_start",
    ),
    (
        ON_PREM,
        "RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0\n    RAY_gcs",
        "RAY_AUTH_MODE=token RAY_AUTH_TOKEN=d00f RAY_USAGE_STATS_ENABLED=0\n    RAY_gcs",
        "token itself stands in the file",
        ">-",
    ),
    (
        ON_PREM,
        "--dashboard-host=127.0.0.1",
        "--dashboard-host=127.0.0.1 --dashboard-host '::'",
        "dashboard listens on ::",
        ">-",
    ),
    (KUBERNETES, 'num-cpus: "0"', "num-cpus: 0", "num-cpus: .*valid string, got 0", "num-cpus"),
    (
        KUBERNETES,
        'RAY_USAGE_STATS_ENABLED, value: "0"',
        "RAY_USAGE_STATS_ENABLED, value: 0",
        "env.0.value: .*valid string, got 0",
        "USAGE",
    ),
    (
        KUBERNETES,
        "mode: token,",
        "mode: tokens,",
        "authOptions.mode: .*'token' or 'disabled', got 'tokens'",
        "authOptions",
    ),
    (KUBERNETES, "ray.io/v1", "ray.io/v1alpha1", "apiVersion: .*got 'ray.io/v1alpha1'", "apiVersion"),
    (
        KUBERNETES,
        "            env:\n",
        "            args: [ray start --head --dashboard-host=0.0.0.0]\n            env:\n",
        "dashboard listens on 0.0.0.0",
        "args",
    ),
    (SLURM, "ray start --head --port", "true --port", "starts no head of Ray", "#!"),
    (SLURM, '"${RESULTS:-$PWD/results}"', "/tmp/results", "results in /tmp/results", "RESULTS"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "told", "where"), BROKEN, ids=[f"{n:02}-{b[0].stem}" for n, b in enumerate(BROKEN)]
)
def test_each_mistake_is_found_in_its_line(
    room: Path, file: Path, old: str, new: str, told: str, where: str
) -> None:
    text = file.read_text()
    assert old in text
    broken = room / file.name
    broken.write_text(text.replace(old, new, 1))
    findings = serious(check(broken))
    found = [finding for finding in findings if re.search(told, f"{finding.what}; {finding.cure}")]
    assert found, findings
    assert where in broken.read_text().splitlines()[found[0].line - 1]
    others = [finding for finding in findings if finding not in found]
    assert [finding.what for finding in others if not finding.what.startswith("Ray refuses it")] == []


def places(value: Any, key: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*key, name)
        yield from places(each, (*key, name))


@pytest.mark.parametrize("file", [CLOUD, ON_PREM, KUBERNETES], ids=lambda path: path.name)
@pytest.mark.parametrize("wrong", [None, "two", -1.5, [], {}, [None]], ids=repr)
def test_no_value_of_another_type_ends_the_check_in_a_traceback(room: Path, file: Path, wrong: Any) -> None:
    right = yaml.safe_load(file.read_text())
    broken = room / file.name
    for *parents, last in places(right):
        values = copy.deepcopy(right)
        place = values
        for parent in parents:
            place = place[parent]
        place[last] = wrong
        broken.write_text(yaml.safe_dump(values))
        try:
            found = check(broken, search=room / "gpu.yaml")
        except SearchFileError:  # no longer a cluster file
            assert (*parents, last) in [("provider",), ("kind",)]
        else:
            assert all(finding.line >= 1 and finding.what and finding.cure for finding in found)


def test_a_token_that_is_committed_is_found(room: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    assert serious(check(ON_PREM)) == []
    subprocess.run(["git", "add", "ray-token"], check=True)
    (finding,) = serious(check(ON_PREM))
    assert (
        finding.what == f"the token {room / 'ray-token'} is committed, so whoever has the repository has it"
    )
    assert "auth_token" in ON_PREM.read_text().splitlines()[finding.line - 1]


@pytest.mark.parametrize(
    "config",
    [{"guestAccelerators": [{"acceleratorCount": 1}]}, {"azureArmParameters": {"vmSize": "Standard_NC6"}}],
)
def test_gpus_of_other_clouds_count(room: Path, config: dict[str, Any]) -> None:
    values = yaml.safe_load(CLOUD.read_text())
    for name in ("gpu-spot", "gpu-on-demand"):
        values["available_node_types"][name] |= {"resources": {}, "node_config": config}
    (room / "other.yaml").write_text(yaml.safe_dump(values))
    assert serious(check(room / "other.yaml", search=room / "gpu.yaml")) == []


def test_a_key_or_a_token_that_others_can_read_is_found(room: Path) -> None:
    (room / "ray-token").chmod(0o644)
    (room / ".ssh" / "expressions").chmod(0o640)
    told = [finding.what for finding in serious(check(ON_PREM))]
    assert [what.split()[:3] for what in told] == [
        ["the", "ssh", "key"],
        ["the", "token", str(room / "ray-token")],
    ]


def test_a_search_without_gpus_to_be_had_is_found(room: Path) -> None:
    changes = {
        CLOUD: ("GPU: 1", "GPU: 0"),
        KUBERNETES: (', nvidia.com/gpu: "1"', ""),
        SLURM: ("#SBATCH --gpus", "# --gpus"),
    }
    for file, (old, new) in changes.items():
        broken = room / file.name
        broken.write_text(file.read_text().replace(old, new).replace("g5.2xlarge", "m6i.2xlarge"))
        (finding,) = serious(check(broken, search=room / "gpu.yaml"))
        assert "asks for 0.25 GPU a training" in finding.what
        assert serious(check(broken)) == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.yaml", "a: 1\n", "expected a file for `ray up`"),
        ("x.yaml", "a: [", "this is not YAML"),
        ("x.sh", None, "cluster file .* cannot be read"),
        ("x.yaml", None, "no cluster file"),
    ],
)
def test_a_file_of_another_kind_is_refused(room: Path, name: str, text: str | None, told: str) -> None:
    if text is not None:
        (room / name).write_text(text)
    with pytest.raises(SearchFileError, match=told):
        check(room / name)


def run(*arguments: Any) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["cluster", *map(str, arguments)])
    return done.exit_code, done.output


def test_the_command_tells_line_and_cure_and_exits_with_1_where_something_is_wrong(room: Path) -> None:
    code, told = run("check", ON_PREM)
    assert (code, told.splitlines()[-1]) == (0, f"{ON_PREM}: nothing wrong")
    broken = room / "b.yaml"
    broken.write_text(ON_PREM.read_text().replace("127.0.0.1", "0.0.0.0"))
    code, told = run("check", broken)
    assert code == 1
    assert re.search(rf"wrong  {broken}:\d+  the dashboard listens on 0\.0\.0\.0", told)
    assert "--dashboard-host=127.0.0.1, and" in told


def test_a_token_is_made_once_for_its_owner_alone_and_never_shown(room: Path) -> None:
    path = room / "fresh"
    old = os.umask(0)
    try:
        code, told = run("token", path)
    finally:
        os.umask(old)
    token = path.read_text()
    assert (code, path.stat().st_mode & 0o777) == (0, 0o600)
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert token not in told
    code, told = run("token", path)
    assert code == 2
    assert "is there already" in told
    assert path.read_text() == token
