"""Backbones by name: `small-cnn`, or `timm:NAME`. It does not know embeddings: it gives features."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import NetworkError
from harness.learning.networks.names import SMALL_CNN, TIMM
from harness.learning.networks.small_cnn import SmallCnn


def build_backbone(name: str, *, channels: int, size: int, checkpoint: str | None) -> tuple[nn.Module, int]:
    """The network from images `[B, channels, size, size]` to features `[B, F]`, and F.

    Args:
        name: `small-cnn`, or `timm:` and a model's name, such as `timm:resnet18`.
        channels: 1 for grey, 3 for colour.
        size: Height and width of the images in pixels.
        checkpoint: A file of weights, safetensors or a torch state dict; None trains from scratch.

    Raises:
        NetworkError: If the name is unknown, or the checkpoint cannot be read or has no weight that fits.
    """
    backbone: nn.Module
    if name == SMALL_CNN:
        backbone = SmallCnn(channels=channels)
    elif name.startswith(TIMM):
        backbone = _timm_model(name.removeprefix(TIMM), channels=channels, size=size)
    else:
        raise NetworkError(
            f"backbone: expected '{SMALL_CNN}' or '{TIMM}NAME' (such as timm:resnet18), got {name!r}"
        )
    if checkpoint is not None:
        _load_weights(backbone, Path(checkpoint))
    return backbone, _feature_count(backbone, channels=channels, size=size, name=name)


def _timm_model(name: str, *, channels: int, size: int) -> nn.Module:
    import timm  # takes a second to import, and small-cnn needs none of it

    if name not in timm.list_models():
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"; did you mean {', '.join(TIMM + n for n in near)}?" if near else ""
        raise NetworkError(f"backbone: timm {timm.__version__} has no model {name!r}{hint}")
    settings: dict[str, Any] = {"pretrained": False, "in_chans": channels, "num_classes": 0}
    try:  # transformers must be told the size; convolutional networks do not take the word
        model: nn.Module = timm.create_model(name, img_size=size, **settings)
    except TypeError:
        model = timm.create_model(name, **settings)
    return model


def _feature_count(backbone: nn.Module, *, channels: int, size: int, name: str) -> int:
    """F, by a forward pass of one black face: what timm calls `num_features` is not always what comes out."""
    backbone.eval()
    try:
        with torch.no_grad():
            features: Tensor = backbone(torch.zeros(1, channels, size, size))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise NetworkError(
            f"backbone {name} does not take faces of {size} x {size} pixels: {error}"
        ) from error
    finally:
        backbone.train()
    return features.shape[1]


def _load_weights(backbone: nn.Module, path: Path) -> None:
    """Loads every weight that fits by name and shape: a checkpoint with another head is welcome, one that fits nowhere is not."""
    weights = _read_weights(path)
    own = backbone.state_dict()
    fitting = {key: value for key, value in weights.items() if key in own and own[key].shape == value.shape}
    if len(fitting) < len(own) / 2:
        raise NetworkError(
            f"backbone_checkpoint {path}: only {len(fitting)} of the backbone's {len(own)} tensors are in it by name and "
            f"shape (the file's first: {', '.join(list(weights)[:3])}; the backbone's first: {', '.join(list(own)[:3])})"
        )
    backbone.load_state_dict(fitting, strict=False)


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise NetworkError(f"backbone_checkpoint: no file {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise NetworkError(
            f"backbone_checkpoint {path}: neither safetensors nor a torch state dict: {error}"
        ) from error
    for key in ("state_dict", "model"):
        found = found.get(key, found)
    return {key.removeprefix("module."): value for key, value in found.items() if isinstance(value, Tensor)}
