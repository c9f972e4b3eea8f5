"""Backbones by name: what comes out of them, and what is said of names and sizes that do not fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness.errors import NetworkError
from harness.learning.networks.backbone import build_backbone

TINY_CNN = "timm:test_efficientnet"
TINY_TRANSFORMER = "timm:test_vit"


def built(name: str, *, channels: int = 1, size: int = 32) -> tuple[nn.Module, int]:
    return build_backbone(name, channels=channels, size=size, checkpoint=None)


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("size", [16, 24, 48, 64])
def test_small_cnn_gives_a_grid_of_nine_times_96_features_at_any_size(size: int, channels: int) -> None:
    backbone, features = built("small-cnn", channels=channels, size=size)
    assert features == 9 * 96
    assert backbone(torch.randn(2, channels, size, size)).shape == (2, features)


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("name", [TINY_CNN, TINY_TRANSFORMER, "timm:resnet10t"])
def test_a_timm_model_gives_as_many_features_as_it_is_said_to(name: str, channels: int) -> None:
    backbone, features = built(name, channels=channels)
    assert backbone(torch.randn(2, channels, 32, 32)).shape == (2, features)


@pytest.mark.parametrize("name", ["small-cnn", TINY_CNN])
def test_a_new_backbone_is_in_training_and_has_seen_no_face(name: str) -> None:
    backbone, _ = built(name)
    norms = [module for module in backbone.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    assert all(module.training for module in backbone.modules())
    assert not any(norm.num_batches_tracked for norm in norms)


@pytest.mark.parametrize("name", ["small-cnn", TINY_CNN])
def test_the_first_weights_follow_from_the_seed(name: str) -> None:
    def weights(seed: int) -> torch.Tensor:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return nn.utils.parameters_to_vector(built(name)[0].parameters())

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


@pytest.mark.parametrize("name", ["smal-cnn", "resnet18", ""])
def test_an_unknown_kind_of_backbone_is_refused_with_the_known_kinds(name: str) -> None:
    with pytest.raises(NetworkError, match=rf"expected 'small-cnn' or 'timm:NAME' .*, got '{name}'"):
        built(name)


def test_a_misspelt_timm_model_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(NetworkError, match=r"no model 'resnt10t'; did you mean timm:resnet10t"):
        built("timm:resnt10t")


def test_a_timm_name_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(NetworkError, match=r"no model 'qqqqqqqq'$"):
        built("timm:qqqqqqqq")


# A patch that does not divide the size, a window of size 0 as it is built, one as it is used.
@pytest.mark.parametrize(
    "name", [TINY_TRANSFORMER, "timm:maxvit_rmlp_pico_rw_256", "timm:maxvit_pico_rw_256"]
)
def test_faces_of_a_size_that_a_backbone_cannot_take_are_refused_with_the_size(name: str) -> None:
    with pytest.raises(NetworkError, match=f"backbone {name} does not take faces of 24 x 24 pixels: "):
        built(name, size=24)
