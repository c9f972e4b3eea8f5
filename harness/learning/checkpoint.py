"""A training's state as one file: tensors as safetensors, all else as JSON in its header. Reading one runs no code.

It does not know what is in a state: dicts, lists and tuples of plain values and tensors, to any depth.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

STATE = "state"
TENSOR, TUPLE, DICT = "tensor", "tuple", "dict"
"""How JSON says what it has no word for: an object with one such key."""


def pack(state: Any) -> bytes:
    """The bytes of a file."""
    tensors: dict[str, Tensor] = {}
    described = json.dumps(_described(state, tensors))
    return save(tensors, metadata={STATE: described})


def unpack(path: Path) -> Any:
    """The state in a file, its tensors on the CPU; None if there is none, or if it is torn or somebody else's."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
            return _restored(json.loads((file.metadata() or {})[STATE]), tensors)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _described(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {TENSOR: name}
    if isinstance(value, dict):  # as pairs: the keys of an optimiser's state are numbers
        return {DICT: [[key, _described(each, tensors)] for key, each in value.items()]}
    if isinstance(value, tuple):
        return {TUPLE: [_described(each, tensors) for each in value]}
    if isinstance(value, list):
        return [_described(each, tensors) for each in value]
    return value


def _restored(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_restored(each, tensors) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == TENSOR:
        return tensors[content]
    if kind == DICT:
        return {key: _restored(each, tensors) for key, each in content}
    return tuple(_restored(each, tensors) for each in content)
