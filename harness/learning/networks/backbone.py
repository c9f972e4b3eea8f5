"""Backbones by name: `small-cnn`, or `timm:NAME`. It does not know embeddings: it gives features."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
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
        NetworkError: If the name is unknown, the size does not fit, or the checkpoint cannot be read or does not fit.
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


def check_timm_name(name: str) -> None:
    """Refuses a name that timm does not know.

    Raises:
        NetworkError: With the nearest names.
    """
    import timm  # takes a second to import, and small-cnn needs none of it

    if name not in timm.list_models():
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"; did you mean {', '.join(TIMM + n for n in near)}?" if near else ""
        raise NetworkError(f"backbone: timm {timm.__version__} has no model {name!r}{hint}")


def _timm_model(name: str, *, channels: int, size: int) -> nn.Module:
    import timm

    check_timm_name(name)
    settings: dict[str, Any] = {"pretrained": False, "in_chans": channels, "num_classes": 0}
    with _misfit_named(TIMM + name, size=size):
        try:  # transformers must be told the size; convolutional networks do not take the word
            model: nn.Module = timm.create_model(name, img_size=size, **settings)
        except TypeError:
            model = timm.create_model(name, **settings)
        return model


def _feature_count(backbone: nn.Module, *, channels: int, size: int, name: str) -> int:
    """F, by a forward pass of one black face: what timm calls `num_features` is not always what comes out."""
    backbone.eval()
    with _misfit_named(name, size=size), torch.no_grad():
        features: Tensor = backbone(torch.zeros(1, channels, size, size))
    backbone.train()
    return features.shape[1]


@contextmanager
def _misfit_named(name: str, *, size: int) -> Iterator[None]:
    """Turns whatever a network raises about a size that it cannot take into the one error that says so."""
    try:
        yield
    except (RuntimeError, AssertionError, ValueError, ArithmeticError) as error:
        raise NetworkError(
            f"backbone {name} does not take faces of {size} x {size} pixels: {error}"
        ) from error


def _load_weights(backbone: nn.Module, path: Path) -> None:
    """Loads every weight that fits by name and shape: a checkpoint with another head is welcome, one that fits nowhere is not."""
    weights = _read_weights(path)
    own = backbone.state_dict()
    known = {key: _to_channels(value, like=own[key]) for key, value in weights.items() if key in own}
    fitting = {key: value for key, value in known.items() if own[key].shape == value.shape}
    if len(fitting) < len(own) / 2:
        raise NetworkError(
            f"backbone_checkpoint {path}: only {len(fitting)} of the backbone's {len(own)} tensors are in it by name and "
            f"shape (the file's first: {', '.join(list(weights)[:3])}; the backbone's first: {', '.join(list(own)[:3])})"
        )
    backbone.load_state_dict(fitting, strict=False)


def _to_channels(weight: Tensor, *, like: Tensor) -> Tensor:
    """A first convolution of colour faces, fitted to grey ones or the other way round, as timm does it."""
    channels = {1, 3}
    if weight.ndim != 4 or weight.shape == like.shape or not {weight.shape[1], like.shape[1]} <= channels:
        return weight
    from timm.models import adapt_input_conv

    adapted: Tensor = adapt_input_conv(like.shape[1], weight)
    return adapted


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
    if not isinstance(found, dict):
        raise NetworkError(
            f"backbone_checkpoint {path}: expected a torch state dict, got a {type(found).__name__}"
        )
    for key in ("state_dict", "model"):
        found = found.get(key, found)
    return {key.removeprefix("module."): value for key, value in found.items() if isinstance(value, Tensor)}
