"""What a backend needs to know of trials: where they come from, and where their news go. It knows no backend and no study.

A backend takes assignments from a `TrialSource`, lets a worker run them epoch by epoch, and hands each step back. The search
and the confirmation are two sources; the serial loop and Ray Tune are two backends; any pair fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

from harness.records import EpochReport, TrialConfig, TrialRecord, TrialResult


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A training to be done.

    Attributes:
        number: Its number in the source.
        name: Its TensorBoard run, a relative path; its last part names the training in the search folder.
        config: What to train.
        keep_backbone: It makes the weights that the trials of its search begin with; it is none of them.
    """

    number: int
    name: str
    config: TrialConfig
    keep_backbone: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """News of a training.

    Attributes:
        reports: Epochs that were not told before; several when a training goes on from a checkpoint.
        standing: How it stands; its state is RUNNING until it has ended.
    """

    reports: tuple[EpochReport, ...]
    standing: TrialResult


class Decision(Enum):
    """What is to become of a running training."""

    CONTINUE = auto()
    STOP = auto()
    """It has been ended by the source; its result is stored."""
    RELEASE = auto()
    """The time is over: it stays unfinished, and the next run of the search goes on with it."""


class Verdict(NamedTuple):
    """What a source says to a step.

    Attributes:
        decision: How to go on.
        result: How the training stands now; final where the decision is STOP.
    """

    decision: Decision
    result: TrialResult


class TrialSource(Protocol):
    """Hands out trainings and takes their news. Called from one thread."""

    @property
    def phase(self) -> str:
        """`search` or `confirmation`."""

    @property
    def total(self) -> int:
        """Trainings in all, finished ones included."""

    @property
    def finished(self) -> int:
        """Trainings that have ended, in this run or an earlier one."""

    def ended_before(self) -> list[TrialRecord]:
        """Trainings that an earlier run has ended."""

    def next(self) -> Assignment | None:
        """The next training; interrupted ones come first. None when nothing is left to start."""

    def report(self, number: int, step: Step) -> Verdict:
        """Takes the news of a training, stores what ended, and says how to go on."""

    def lost(self, number: int, reason: str) -> TrialResult:
        """A training's process died too often: it is stored as failed."""
