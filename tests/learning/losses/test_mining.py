"""Which triplets the miners choose: against plain loops, and where distances are hardly there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from harness.learning.losses.mining import MINERS, PerAnchor, batch_all, batch_hard, semi_hard

MakeBatch = Callable[..., tuple[Tensor, Tensor]]


def chosen(mined: PerAnchor, slice_: int) -> list[tuple[int, int, int]]:
    indices = zip(mined.positive[slice_].tolist(), mined.negative[slice_].tolist(), strict=True)
    triplets = [(anchor, *pair) for anchor, pair in enumerate(indices)]
    return [each for each, valid in zip(triplets, mined.valid[slice_].tolist(), strict=True) if valid]


@pytest.mark.parametrize("mining", ["batch-hard", "semi-hard"])
@pytest.mark.parametrize("seed", range(5))
def test_the_chosen_triplets_equal_plain_python_loops(
    batch: MakeBatch, plain_miner: Callable[..., list[tuple[int, int, int]]], *, mining: str, seed: int
) -> None:
    embeddings, labels = batch(slices=3, seed=seed)
    mined = MINERS[mining](embeddings.detach(), labels)
    for i, points in enumerate(embeddings.tolist()):
        assert chosen(mined, i) == plain_miner(points, labels.tolist(), mining)


def test_batch_all_gives_every_triplet_once(
    batch: MakeBatch, plain_miner: Callable[..., list[tuple[int, int, int]]]
) -> None:
    embeddings, labels = batch(slices=1)
    mined = batch_all(embeddings.detach(), labels)
    triplets = list(zip(*(each.tolist() for each in mined), strict=True))
    assert sorted(triplets) == sorted(plain_miner(embeddings[0].tolist(), labels.tolist(), "batch-all"))


def test_semi_hard_leaves_an_anchor_out_whose_negatives_are_all_nearer_than_its_farthest_positive() -> None:
    points = torch.tensor([[[0.0], [3.0], [1.0]]])
    mined = semi_hard(points, torch.tensor([0, 0, 1]))
    # From 0 the positive is at 3 and the negative at 1; from 3 they are at 3 and 2.
    assert not mined.valid.any()
    assert batch_hard(points, torch.tensor([0, 0, 1])).valid.tolist() == [[True, True, False]]


def test_a_nearly_collapsed_slice_is_mined_in_the_right_order() -> None:
    # Unit vectors 1e-5 apart: 2 - 2 cos of single precision says 0 for all of them.
    angles = 1 + 1e-5 * torch.tensor([0.0, 1.0, 3.0, 4.0, 7.0])
    points = torch.stack((angles.cos(), angles.sin()), dim=-1)[None]
    mined = batch_hard(points, torch.tensor([0, 0, 0, 1, 1]))
    assert mined.positive.tolist() == [[2, 2, 0, 4, 3]]
    assert mined.negative.tolist() == [[3, 3, 3, 2, 2]]


def test_autocast_does_not_coarsen_the_mining(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=4, faces=64, length=16)
    single = embeddings.detach().float()
    expected = batch_hard(single, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mined = batch_hard(single, labels)
    assert torch.equal(mined.positive, expected.positive)
    assert torch.equal(mined.negative, expected.negative)


def test_half_precision_embeddings_are_mined_too(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=2)
    half = embeddings.detach().bfloat16()
    assert torch.equal(batch_hard(half, labels).positive, batch_hard(half.double(), labels).positive)


def test_slices_may_be_a_transposed_view(batch: MakeBatch) -> None:
    embeddings, labels = batch(slices=3)
    faces_first = embeddings.detach().transpose(0, 1).contiguous()
    mined, expected = (
        batch_hard(each, labels) for each in (faces_first.transpose(0, 1), embeddings.detach())
    )
    assert torch.equal(mined.negative, expected.negative)
