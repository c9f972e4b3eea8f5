"""What is known of a running cluster: plain records. They know no Ray."""

from __future__ import annotations

import time
from dataclasses import dataclass

STALE_S = 60.0
"""A search that has told nothing for so long may be gone; an epoch may also be that long."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """One that has a slot, or waits for one.

    Attributes:
        number: In its search.
        host: Where it was last heard of; empty until its first epoch has ended.
        seconds: Since it was handed out.
        train_seconds: Of these, in training steps.
    """

    number: int
    host: str
    seconds: float
    train_seconds: float


@dataclass(frozen=True, kw_only=True)
class Bulletin:
    """A search, as it tells of itself.

    Attributes:
        search: Its folder.
        driver: Host and process.
        told: When, in seconds since 1970 by the driver's clock.
        slots: Trainings that fit.
        trainings: Those that were handed out and have not ended.
    """

    search: str
    driver: str
    told: float
    slots: int
    trainings: tuple[Training, ...]

    @property
    def training_share(self) -> float:
        """Share of the trainings' time in training steps, in [0, 1]."""
        seconds = sum(each.seconds for each in self.trainings)
        return min(1.0, sum(each.train_seconds for each in self.trainings) / seconds) if seconds else 0.0

    def stale(self, now: float | None = None) -> bool:
        """Whether nothing was heard for a while."""
        return (time.time() if now is None else now) - self.told > STALE_S


@dataclass(frozen=True, kw_only=True)
class HostStatus:
    """One host.

    Attributes:
        name: Of the host, and its address.
        cpu: Asked for and in all.
        gpu: The same.
        memory_gib: Used and in all; None where the host did not answer.
        gpu_memory_gib: The same over its GPUs; None where it has none, or does not say.
    """

    name: str
    cpu: tuple[float, float]
    gpu: tuple[float, float]
    memory_gib: tuple[float, float] | None
    gpu_memory_gib: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Something that has no place yet.

    Attributes:
        asked: By kind.
        count: How many of these.
        why: In words.
    """

    asked: dict[str, float]
    count: int
    why: str


@dataclass(frozen=True, kw_only=True)
class ClusterStatus:
    """All of it."""

    hosts: tuple[HostStatus, ...]
    searches: tuple[Bulletin, ...]
    waiting: tuple[Waiting, ...]
