"""Of which types the values of a cluster file must be, before any rule reads them. It judges no value.

The RayCluster is our own reading of KubeRay's field reference (ray.io/v1), of the parts that are used here. It is not KubeRay's
schema, which no package that we could depend on carries: what a cluster's own check says goes beyond it.
"""

# ruff: noqa: N815  Kubernetes names its fields so

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from harness.tuning.fields import complaint
from harness.tuning.yaml_file import Key

Section = dict[str, Any]


class Part(BaseModel):
    """A section; keys that no rule reads may hold anything."""

    model_config = ConfigDict(extra="allow")


class Provider(Part):
    """Where machines come from."""

    type: str | None = None
    worker_ips: list[str] | None = None


class NodeType(Part):
    """Machines of one kind."""

    min_workers: StrictInt | None = None
    max_workers: StrictInt | None = None
    resources: Section | None = None
    node_config: Section | None = None


class Launcher(Part):
    """A file for `ray up`."""

    provider: Provider
    auth: Section | None = None
    min_workers: StrictInt | None = None
    max_workers: StrictInt | None = None
    head_node_type: str | None = None
    available_node_types: dict[str, NodeType] | None = None
    file_mounts: dict[str, str] | None = None
    initialization_commands: list[str] | None = None
    setup_commands: list[str] | None = None
    head_setup_commands: list[str] | None = None
    worker_setup_commands: list[str] | None = None
    head_start_ray_commands: list[str] | None = None
    worker_start_ray_commands: list[str] | None = None


class Variable(Part):
    """Of a container's environment. Kubernetes takes text alone: a number needs quotes."""

    name: str
    value: str | None = None


class Resources(Part):
    """What a container asks for, and may take."""

    requests: Section | None = None
    limits: Section | None = None


class Mount(Part):
    """Where a container sees a volume."""

    name: str
    mountPath: str


class Container(Part):
    """One program of a pod."""

    name: str
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[Variable] | None = None
    resources: Resources | None = None
    volumeMounts: list[Mount] | None = None


class Volume(Part):
    """A folder that a pod brings."""

    name: str
    emptyDir: Section | None = None
    persistentVolumeClaim: Section | None = None


class Pod(Part):
    """The first container is Ray's."""

    containers: list[Container] = Field(min_length=1)
    volumes: list[Volume] | None = None
    securityContext: Section | None = None


class Template(Part):
    """How a pod is made."""

    spec: Pod


class Group(Part):
    """Pods of one kind. Start parameters are text alone: a number needs quotes."""

    rayStartParams: dict[str, str] | None = None
    template: Template


class WorkerGroup(Group):
    """Pods that train."""

    groupName: str
    replicas: StrictInt | None = None
    minReplicas: StrictInt | None = None
    maxReplicas: StrictInt | None = None


class Auth(Part):
    """Who is let in."""

    mode: Literal["token", "disabled"] | None = None
    secretName: str | None = None


class Autoscaler(Part):
    """When pods come and go."""

    idleTimeoutSeconds: StrictInt | None = None
    upscalingMode: Literal["Default", "Aggressive", "Conservative"] | None = None


class Spec(Part):
    """What a RayCluster is made of."""

    rayVersion: str | None = None
    authOptions: Auth | None = None
    enableInTreeAutoscaling: bool | None = None
    autoscalerOptions: Autoscaler | None = None
    headGroupSpec: Group
    workerGroupSpecs: list[WorkerGroup] | None = None


class RayCluster(Part):
    """A file for KubeRay."""

    apiVersion: Literal["ray.io/v1"]
    metadata: Section
    spec: Spec


def misshapen(model: type[Part], values: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The values that are of another type than expected, each with what is said of it."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        for mistake in error.errors():
            key = tuple(mistake["loc"])
            said = "this key is missing" if mistake["type"] == "missing" else complaint(mistake)
            yield key, f"{'.'.join(map(str, key))}: {said}"
