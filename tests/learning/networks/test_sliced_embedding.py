"""The sliced embedding: unit slices, a feature of length one, and slice counts that divide."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from harness.errors import NetworkError
from harness.learning.networks.embedding import Embedding, FaceNetwork, SlicedEmbedding, side_by_side
from harness.learning.networks.names import valid_slices

counts = st.sampled_from(valid_slices(24))


def embedded(slices: int, *, seed: int) -> Embedding:
    generator = torch.Generator().manual_seed(seed)
    return SlicedEmbedding(6, embedding_dim=24, slices=slices)(torch.randn(5, 6, generator=generator))


def ones(tensor: Tensor) -> Tensor:
    return torch.ones(tensor.shape)


@settings(deadline=None)
@given(slices=counts, seed=st.integers(0, 99))
def test_every_slice_and_the_whole_feature_have_length_one(slices: int, seed: int) -> None:
    embedding = embedded(slices, seed=seed)
    assert embedding.slices.shape == (5, slices, 24 // slices)
    assert side_by_side(embedding.slices).shape == (5, 24)
    for vectors in (embedding.slices, side_by_side(embedding.slices)):
        lengths = vectors.norm(dim=-1)
        torch.testing.assert_close(lengths, ones(lengths))


@settings(deadline=None)
@given(slices=counts, seed=st.integers(0, 99))
def test_a_slice_is_its_part_of_the_raw_embedding_and_nothing_else(slices: int, seed: int) -> None:
    embedding = embedded(slices, seed=seed)
    for part, vectors in zip(embedding.raw.chunk(slices, dim=1), embedding.slices.unbind(1), strict=True):
        torch.testing.assert_close(vectors, nn.functional.normalize(part))


def test_a_raw_embedding_of_zeros_gives_zeros_and_no_nan() -> None:
    layer = SlicedEmbedding(6, embedding_dim=8, slices=2)
    nn.init.zeros_(layer.linear.bias)
    assert not layer(torch.zeros(3, 6)).slices.any()


def test_the_network_embeds_what_its_backbone_sees() -> None:
    layer = SlicedEmbedding(16, embedding_dim=8, slices=2)
    images = torch.randn(3, 1, 4, 4)
    assert torch.equal(FaceNetwork(nn.Flatten(), layer)(images).raw, layer(images.flatten(1)).raw)


@pytest.mark.parametrize("slices", [-1, 0, 5, 24])
def test_slices_that_do_not_divide_are_refused_with_all_that_do(slices: int) -> None:
    with pytest.raises(
        NetworkError, match=f"slices: {slices} does not divide embedding_dim 12; it can be 1, 2, 3, 4, 6, 12$"
    ):
        SlicedEmbedding(6, embedding_dim=12, slices=slices)
