"""What a RayCluster for KubeRay must get right. It reaches no Kubernetes.

The fields are those that KubeRay's reference names; the pods in it are Kubernetes' own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from harness.clusters.description import Description, containers, groups
from harness.clusters.finding import Finding

SPEC = {
    "authOptions", "suspend", "managedBy", "autoscalerOptions", "headServiceAnnotations", "enableInTreeAutoscaling",
    "gcsFaultToleranceOptions", "headGroupSpec", "rayVersion", "workerGroupSpecs", "upgradeStrategy",
}  # fmt: skip
HEAD = {"template", "headService", "enableIngress", "resources", "labels", "rayStartParams", "serviceType"}
WORKER = {
    "suspend", "groupName", "replicas", "minReplicas", "maxReplicas", "idleTimeoutSeconds", "resources", "labels",
    "rayStartParams", "template", "scaleStrategy", "numOfHosts",
}  # fmt: skip
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def fields_are_known(file: Description) -> Iterator[Finding]:
    """A field that KubeRay does not know is dropped, or refused, by the cluster and not before."""
    places: list[tuple[tuple[str | int, ...], Any, set[str]]] = [(("spec",), file.get("spec"), SPEC)]
    places += [(key, values, HEAD if role == "head" else WORKER) for key, role, values in groups(file.values)]
    for place, values, known in places:
        for name in sorted(map(str, set(values or {}) - known)):
            near = difflib.get_close_matches(name, known, n=1)
            yield Finding(
                line=file.line(*place, name),
                what=f"a RayCluster has no {'.'.join(map(str, place))}.{name}",
                cure=f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known))}",
            )


def users_are_unprivileged(file: Description) -> Iterator[Finding]:
    """No container needs root."""
    for place, role, _ in groups(file.values):
        context = file.get(*place, "template", "spec", "securityContext") or {}
        if not (context.get("runAsNonRoot") or context.get("runAsUser")):
            yield Finding(
                line=file.line(*place, "template", "spec"),
                what=f"the {role}'s pods may run as root",
                cure="securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 100}",
            )


def replicas_add_up(file: Description) -> Iterator[Finding]:
    """Bounds of the workers, and whether anything moves between them."""
    for place, role, group in groups(file.values):
        least, most = group.get("minReplicas") or 0, group.get("maxReplicas")
        if role == "worker" and isinstance(most, int) and most < least:
            yield Finding(
                line=file.line(*place, "maxReplicas"),
                what=f"maxReplicas {most} is less than minReplicas {least}",
                cure=f"maxReplicas: {least} or more",
            )
    if not file.get("spec", "enableInTreeAutoscaling"):
        yield Finding(
            line=file.line("spec"),
            what="the autoscaler is off: idle machines stay, and no more come",
            cure="enableInTreeAutoscaling: true",
            serious=False,
        )


def store_fits_in_memory(file: Description) -> Iterator[Finding]:
    """The object store lies in /dev/shm, of which a container has 64 MB unless it is given more."""
    for place, role, group in groups(file.values):
        asked = _bytes(str((group.get("rayStartParams") or {}).get("object-store-memory", "0")))
        has = max((_bytes(size) for size in _shared_memory(group)), default=UNITS["M"] * 64)
        if asked > has:
            yield Finding(
                line=file.line(*place, "rayStartParams", "object-store-memory"),
                what=f"the {role}'s object store of {asked / 1e9:g} GB does not fit into its /dev/shm of {has / 1e9:.3g} GB",
                cure="volumes: an emptyDir with medium: Memory and a larger sizeLimit at /dev/shm",
            )


def results_are_claimed(file: Description) -> Iterator[Finding]:
    """A folder that all pods share is a PersistentVolumeClaim in each of them."""
    for place, role, _ in groups(file.values):
        volumes = file.get(*place, "template", "spec", "volumes") or []
        if not any("persistentVolumeClaim" in volume for volume in volumes):
            yield Finding(
                line=file.line(*place, "template", "spec", "volumes"),
                what=f"the {role}'s pods have no shared volume for results",
                cure="volumes: a persistentVolumeClaim that can be written by many (ReadWriteMany)",
            )


def has_gpus(file: Description, gpu: float) -> Iterator[Finding]:
    """A search that asks for GPUs needs a worker that has some."""
    workers = [(place, group) for place, role, group in groups(file.values) if role == "worker"]
    limits = [
        (container.get("resources") or {}).get("limits") or {}
        for _, group in workers
        for _, container in containers(group)
    ]
    if gpu and workers and not any("nvidia.com/gpu" in limit for limit in limits):
        yield Finding(
            line=file.line(*workers[0][0], "template"),
            what=f"the search asks for {gpu:g} GPU a training, and no worker's container has one",
            cure='resources: {limits: {nvidia.com/gpu: "1"}}',
        )


def _shared_memory(group: Any) -> Iterator[str]:
    pod = (group.get("template") or {}).get("spec") or {}
    mounted = {
        mount.get("name")
        for _, container in containers(group)
        for mount in container.get("volumeMounts") or ()
        if mount.get("mountPath") == "/dev/shm"
    }
    for volume in pod.get("volumes") or ():
        if volume.get("name") in mounted:
            yield str((volume.get("emptyDir") or {}).get("sizeLimit", "0"))


def _bytes(size: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", size)
    return float(match[1]) * UNITS.get(match[2], 1) if match else 0.0


RULES = (
    fields_are_known,
    users_are_unprivileged,
    replicas_add_up,
    store_fits_in_memory,
    results_are_claimed,
)
