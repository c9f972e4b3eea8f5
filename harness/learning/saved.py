"""A trained network in a folder: `model.safetensors` and `config.json`, written and read. It runs no network.

The weights' hash stands in the description, so a file that is torn, or that belongs to another model, is seen before it is used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from harness.errors import ModelError
from harness.records import TrialConfig

SCHEMA_VERSION = 1
"""Counts up whenever an older reader would misread a folder."""
WEIGHTS, DESCRIPTION = "model.safetensors", "config.json"
_AGAIN = "export the model again"


@dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """What a model is, beside its numbers.

    Attributes:
        config: As it was trained.
        class_names: C names, in the order of the label ids.
        size: Height and width of its faces, in pixels.
        channels: 1 for grey faces, 3 for colour.
        thresholds: tau of each slice; None where the loss has none.
        origin: Where it comes from: search, run, fold, metrics, faces, code. Plain values, for whoever reads the file.
        fingerprint: Hash of the weights; empty before they are written.
    """

    config: TrialConfig
    class_names: tuple[str, ...]
    size: int
    channels: int
    thresholds: tuple[float | None, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def color(self) -> str:
        """`gray` or `rgb`."""
        return "gray" if self.channels == 1 else "rgb"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = asdict(self)
        return {
            "schema_version": SCHEMA_VERSION,
            "fingerprint": values.pop("fingerprint"),
            **values,
            "slices": self.config.slices,
            "embedding_dim": self.config.embedding_dim,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelDescription:
        """The inverse of `to_dict`; a key that is missing is a KeyError, a value of another kind a TypeError or a ValueError."""
        return cls(
            config=TrialConfig(**values["config"]),
            class_names=tuple(map(str, values["class_names"])),
            size=int(values["size"]),
            channels=int(values["channels"]),
            thresholds=tuple(values["thresholds"]),
            origin=dict(values["origin"]),
            fingerprint=str(values["fingerprint"]),
        )


def write_model(folder: Path, description: ModelDescription, tensors: Mapping[str, Tensor]) -> str:
    """Writes both files into a folder and gives the weights' fingerprint."""
    # A copy of each: safetensors refuses tensors that share memory or lie in another order, such as channels last.
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    weights = save(plain)
    values = {**description.to_dict(), "fingerprint": fingerprint(weights)}
    (folder / WEIGHTS).write_bytes(weights)
    (folder / DESCRIPTION).write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return fingerprint(weights)


def read_model(folder: Path) -> tuple[ModelDescription, dict[str, Tensor]]:
    """What `write_model` wrote.

    Raises:
        ModelError: If a file is missing or damaged, of another version, or the two do not belong together.
    """
    description = _read_description(folder)
    path = folder / WEIGHTS
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; {_AGAIN}") from error
    if (got := fingerprint(weights)) != description.fingerprint:
        raise ModelError(
            f"{path}: expected weights with the hash {description.fingerprint} that {DESCRIPTION} names, got {got}: "
            f"the file is torn, or of another model; {_AGAIN}"
        )
    try:
        return description, load(weights)
    except SafetensorError as error:
        raise ModelError(f"{path} is no safetensors file: {error}; {_AGAIN}") from error


def fingerprint(weights: bytes) -> str:
    """Hash of a weights file."""
    return hashlib.sha256(weights).hexdigest()[:16]


def _read_description(folder: Path) -> ModelDescription:
    path = folder / DESCRIPTION
    if not path.is_file():
        got = "a folder without one" if folder.is_dir() else "a file" if folder.exists() else "nothing there"
        raise ModelError(
            f"{folder}: expected a model folder with {DESCRIPTION}, got {got}; name one that "
            "`harness export` wrote"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version = values["schema_version"]
        if version == SCHEMA_VERSION:
            return ModelDescription.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {type(error).__name__}: {error}; {_AGAIN}") from error
    raise ModelError(
        f"{path} has schema version {version!r}, expected {SCHEMA_VERSION}; {_AGAIN}, or use newer code"
    )
