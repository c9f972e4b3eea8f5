"""The hosts of a Ray cluster: how many trainings fit on them, and whether they run the same code. It starts no training.

Hosts join and leave while a search runs. One that has other code than the driver would give other numbers, so it ends the search,
of which nothing is lost.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.errors import ResultsError, StudyError
from harness.tuning.provenance import environment
from harness.tuning.sections import ResourcesSpec

PATIENCE_S = 60.0
"""A host that has not answered by then is not waited for."""
FRESH_S = 1.0
"""Seconds for which a count of the slots is good: asking Ray costs about a millisecond per host."""


class Hosts:
    """What is known of the cluster's hosts.

    Args:
        resources: What one training takes.
        alike: Whether all must have the driver's code; on this machine alone they have.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, resources: ResourcesSpec, *, alike: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.resources, self.alike, self._clock = resources, alike, clock
        self._asked: dict[str, ray.ObjectRef] = {}
        self._known: set[str] = set()
        self._counted, self._until = 0, -1.0

    def slots(self) -> int:
        """Trainings that fit side by side now, on hosts of which the code is known.

        Raises:
            StudyError: If a host has joined whose code differs from the driver's.
        """
        if self._clock() >= self._until:
            nodes = alive()
            if self.alike:
                self._ask(nodes)
                nodes = [node for node in nodes if node["NodeID"] in self._known]
            fitting = sum(slots_of(node["Resources"], self.resources) for node in nodes)
            self._counted = min(fitting, self.resources.concurrent or fitting)
            self._until = self._clock() + FRESH_S
        return self._counted

    def require_slots(self) -> int:
        """The slots, of which there must be one.

        Raises:
            StudyError: If not even one training fits.
        """
        nodes = [node["Resources"] for node in alive()]
        if any(slots_of(node, self.resources) for node in nodes):
            return max(1, self.slots())
        wanted = {"CPU": self.resources.cpu, "GPU": self.resources.gpu}
        largest = max(nodes, key=lambda node: (node.get("GPU", 0), node.get("CPU", 0)))
        has = ", ".join(f"{largest.get(kind, 0):g} {kind}" for kind in wanted)
        asks = ", ".join(f"{share:g} {kind}" for kind, share in wanted.items())
        raise StudyError(
            f"resources: a trial asks for {asks}, but the largest node of the cluster has {has}; "
            "lower resources.cpu or resources.gpu"
        )

    def require_alike(self, folder: Path) -> None:
        """Asks every host, before the first training: it must have the driver's code, and see the search folder.

        Raises:
            StudyError: Names the host, what differs, and the cure.
        """
        if not self.alike:
            return
        marker = folder / f".seen-{secrets.token_hex(4)}"
        try:
            marker.touch()
        except OSError as error:
            raise ResultsError(f"cannot write {marker}: {error.strerror or error}") from error
        try:
            answers = {node["NodeID"]: (node, ask(node, marker)) for node in alive()}
            for node, answer in answers.values():
                check_alike(name_of(node), _answer_of(node, answer))
        finally:
            marker.unlink(missing_ok=True)
        self._known |= answers.keys()

    def _ask(self, nodes: list[dict[str, Any]]) -> None:
        """Asks hosts that have joined, and takes the answers that are there, without waiting."""
        names = {node["NodeID"]: node for node in nodes}
        for key in names.keys() - self._known - self._asked.keys():
            self._asked[key] = ask(names[key], None)
        for key, answer in list(self._asked.items()):
            if key not in names:  # it has left again
                del self._asked[key]
            elif ray.wait([answer], timeout=0)[0]:
                check_alike(name_of(names[key]), _answer_of(names[key], answer))
                self._known.add(key)
                del self._asked[key]


def slots_of(node: dict[str, float], resources: ResourcesSpec) -> int:
    """Trainings that fit on one host: none spreads over two, and none has shares of two GPUs."""
    by_cpu = int(node.get("CPU", 0) / resources.cpu + 1e-9)
    if not resources.gpu:
        return by_cpu
    gpus = int(node.get("GPU", 0))
    by_gpu = gpus * resources.per_gpu if resources.gpu <= 1 else int(gpus / resources.gpu + 1e-9)
    return min(by_cpu, by_gpu)


def alive() -> list[dict[str, Any]]:
    """Ray's rows of the hosts that are there."""
    return [node for node in ray.nodes() if node["Alive"]]


def name_of(node: dict[str, Any]) -> str:
    """A host as its user knows it."""
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def ask(node: dict[str, Any], marker: Path | None) -> ray.ObjectRef:
    """Asks a host what it runs, and whether it sees a file."""
    there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    return ray.remote(_tell).options(scheduling_strategy=there, num_cpus=0, max_retries=0).remote(marker)


def check_alike(host: str, found: dict[str, str]) -> None:
    """Compares a host's answer with what the driver runs.

    Raises:
        StudyError: Names what differs, both values, and the cure.
    """
    if folder := found.pop("unseen", None):
        raise StudyError(
            f"host {host} does not see the results folder {folder}: name one that all hosts share with --results, such as a "
            "folder on NFS"
        )
    own = environment()
    if differing := [key for key in own if own[key] != found.get(key)]:
        told = "; ".join(f"{key} is {found.get(key, 'missing')}, here {own[key]}" for key in differing)
        raise StudyError(
            f"host {host} runs other code than this one, and its numbers would not compare: {told}. Install the same versions "
            "on both, then run this again"
        )


def _answer_of(node: dict[str, Any], answer: ray.ObjectRef) -> dict[str, str]:
    try:
        return dict(ray.get(answer, timeout=PATIENCE_S))
    except GetTimeoutError as error:
        raise StudyError(
            f"host {name_of(node)} gave no answer in {PATIENCE_S:g} s; look at `ray status`, then run this again"
        ) from error
    except (RayError, ImportError) as error:
        last = str(error).strip().splitlines()[-1]
        raise StudyError(
            f"host {name_of(node)} cannot run the harness: {last}; install the project there, then run this again"
        ) from error


def _tell(marker: Path | None) -> dict[str, str]:
    """Runs on the host that is asked."""
    if marker is None or marker.exists():
        return environment()
    return {"unseen": str(marker.parent)}
