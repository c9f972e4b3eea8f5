"""What a Ray cluster is doing: its hosts, the searches on it, what waits and why. It changes nothing."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import Any

import psutil
import ray
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.tuning.cluster_status import ClusterStatus, HostStatus, Waiting
from harness.tuning.ray_tune.bulletin import read_bulletins
from harness.tuning.ray_tune.hosts import alive, name_of

KINDS = ("CPU", "GPU")
ANSWER_S = 20.0


def cluster_status() -> ClusterStatus:
    """Asks the cluster that this process is connected to."""
    rows = alive()
    answers = {row["NodeID"]: _ask(row) for row in rows}
    told = get_cluster_status(ray.get_runtime_context().gcs_address)
    used = {node.node_id: _usage(node) for node in [*told.active_nodes, *told.idle_nodes]}
    hosts = tuple(_host(row, used.get(row["NodeID"], {}), _answer(answers[row["NodeID"]])) for row in rows)
    return ClusterStatus(
        hosts=hosts, searches=tuple(read_bulletins()), waiting=_waiting(told.resource_demands, hosts)
    )


def why_it_waits(asked: dict[str, float], hosts: tuple[HostStatus, ...]) -> str:
    """Which kind is short, by the host that comes nearest; or that no host could ever hold it."""
    for kind in (kind for kind in KINDS if asked.get(kind)):
        wanted = asked[kind]
        shares = [host.gpu if kind == "GPU" else host.cpu for host in hosts]
        if wanted > max((total for _, total in shares), default=0):
            largest = max((total for _, total in shares), default=0)
            return f"{wanted:g} {kind} asked, and no host has more than {largest:g}"
        if wanted > (free := max(total - used for used, total in shares)) + 1e-6:
            return f"{wanted:g} {kind} asked, largest free share {free:g}"
    return "there is room for it, and it will start shortly"


def _waiting(demands: Any, hosts: tuple[HostStatus, ...]) -> tuple[Waiting, ...]:
    bundles = [
        (dict(bundle.bundle), bundle.count)
        for demand in [*demands.ray_task_actor_demand, *demands.placement_group_demand]
        for bundle in demand.bundles_by_count
    ]
    return tuple(
        Waiting(asked=asked, count=count, why=why_it_waits(asked, hosts)) for asked, count in bundles if count
    )


def _usage(node: Any) -> dict[str, tuple[float, float]]:
    usage = node.resource_usage.usage if node.resource_usage else []
    return {each.resource_name: (each.used, each.total) for each in usage}


def _host(row: dict[str, Any], used: dict[str, tuple[float, float]], said: dict[str, Any]) -> HostStatus:
    def share(kind: str) -> tuple[float, float]:
        return used.get(kind, (0.0, row["Resources"].get(kind, 0.0)))

    return HostStatus(
        name=name_of(row),
        cpu=share("CPU"),
        gpu=share("GPU"),
        memory_gib=said.get("memory_gib"),
        gpu_memory_gib=said.get("gpu_memory_gib"),
    )


def _ask(row: dict[str, Any]) -> ray.ObjectRef:
    there = NodeAffinitySchedulingStrategy(row["NodeID"], soft=False)
    return ray.remote(_memory).options(scheduling_strategy=there, num_cpus=0, max_retries=0).remote()


def _answer(ref: ray.ObjectRef) -> dict[str, Any]:
    with suppress(GetTimeoutError, RayError):
        return dict(ray.get(ref, timeout=ANSWER_S))
    return {}


def _memory() -> dict[str, Any]:
    """Runs on the host that is asked."""
    memory = psutil.virtual_memory()
    return {
        "memory_gib": ((memory.total - memory.available) / 2**30, memory.total / 2**30),
        "gpu_memory_gib": _gpu_memory(),
    }


def _gpu_memory() -> tuple[float, float] | None:
    """By NVIDIA's own tool, since torch would have to open each GPU."""
    ask = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=10, check=True).stdout
        rows = [[float(part) / 1024 for part in line.split(",")] for line in said.strip().splitlines()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return (sum(row[0] for row in rows), sum(row[1] for row in rows)) if rows else None
