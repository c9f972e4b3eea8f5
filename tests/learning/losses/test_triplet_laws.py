"""What holds for the triplet losses on any batch: bounds, symmetries, and batches without triplets."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from harness.errors import LossError
from harness.learning.losses.names import DISTANCES, MINERS, REDUCTIONS
from harness.learning.losses.triplet import TRIPLET_LOSSES, TripletOutcome, dual_triplet, triplet

losses = st.sampled_from(list(TRIPLET_LOSSES))
names = st.fixed_dictionaries(
    {
        "mining": st.sampled_from(MINERS),
        "distance": st.sampled_from(DISTANCES),
        "reduction": st.sampled_from(REDUCTIONS),
    }
)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    slices, faces, length = draw(st.integers(1, 4)), draw(st.integers(1, 12)), draw(st.integers(1, 4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    raw = torch.randn(slices, faces, length, generator=generator, dtype=torch.float64)
    labels = torch.randint(draw(st.integers(1, 4)), (faces,), generator=generator)
    margins = torch.rand(slices, generator=generator, dtype=torch.float64)
    return torch.nn.functional.normalize(raw, dim=-1), labels, margins


def assert_equal(one: TripletOutcome, other: TripletOutcome) -> None:
    for ours, theirs in zip(one, other, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(batch=batches(), loss=losses, names=names, seed=st.integers(0, 100))
def test_the_order_of_the_batch_does_not_matter(
    *, batch: tuple[Tensor, Tensor, Tensor], loss: str, names: dict[str, str], seed: int
) -> None:
    embeddings, labels, margins = batch
    assume(embeddings.shape[2] > 1)  # else points are -1 or 1: the order chooses among equally near ones
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    compute = TRIPLET_LOSSES[loss]
    assert_equal(
        compute(embeddings, labels, margins, **names),
        compute(embeddings[:, order], labels[order], margins, **names),
    )


@settings(deadline=None)
@given(batch=batches(), loss=losses, names=names)
def test_loss_and_telemetry_stay_in_their_bounds(
    *, batch: tuple[Tensor, Tensor, Tensor], loss: str, names: dict[str, str]
) -> None:
    outcome = TRIPLET_LOSSES[loss](*batch, **names)
    farthest = 2 if names["distance"] == "euclidean" else 4
    terms = 2 if loss == "dual-triplet" else 1
    assert 0 <= outcome.loss <= terms * (farthest + batch[2].max())
    assert ((outcome.active_share >= 0) & (outcome.active_share <= 1 + 1e-12)).all()
    for distance in (outcome.distance_ap, outcome.distance_an):
        assert ((distance >= 0) & (distance <= farthest + 1e-12)).all()


@settings(deadline=None)
@given(batch=batches(), names=names)
def test_the_dual_loss_is_never_below_the_plain_one_under_the_mean(
    *, batch: tuple[Tensor, Tensor, Tensor], names: dict[str, str]
) -> None:
    names = {**names, "reduction": "mean"}
    assert dual_triplet(*batch, **names).loss >= triplet(*batch, **names).loss


@settings(deadline=None)
@given(batch=batches(), loss=losses, names=names, scale=st.floats(0.1, 10))
def test_scaling_embeddings_and_margins_scales_the_loss(
    *, batch: tuple[Tensor, Tensor, Tensor], loss: str, names: dict[str, str], scale: float
) -> None:
    embeddings, labels, margins = batch
    names = {**names, "distance": "euclidean"}
    assume(embeddings.shape[2] > 1)  # else points are -1 or 1: rounding chooses among equally near ones
    once = TRIPLET_LOSSES[loss](embeddings, labels, margins, **names).loss
    scaled = TRIPLET_LOSSES[loss](scale * embeddings, labels, scale * margins, **names).loss
    assert scaled.item() == pytest.approx(scale * once.item(), abs=1e-9)


@settings(deadline=None)
@given(batch=batches(), loss=losses, names=names)
def test_slices_do_not_see_each_other(
    *, batch: tuple[Tensor, Tensor, Tensor], loss: str, names: dict[str, str]
) -> None:
    embeddings, labels, margins = batch
    compute = TRIPLET_LOSSES[loss]
    together = compute(embeddings, labels, margins, **names)
    alone = [
        compute(embeddings[i : i + 1], labels, margins[i : i + 1], **names) for i in range(len(embeddings))
    ]
    assert together.loss.item() == pytest.approx(sum(each.loss.item() for each in alone) / len(alone))
    torch.testing.assert_close(together.active_share, torch.cat([each.active_share for each in alone]))


@pytest.mark.parametrize("mining", MINERS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "labels", [[0, 0, 0], [0, 1, 2], [0]], ids=["one class", "no positives", "one sample"]
)
def test_a_batch_without_triplets_gives_zero_with_a_gradient_of_zero(
    *, labels: list[int], reduction: str, mining: str
) -> None:
    embeddings = torch.nn.functional.normalize(torch.rand(2, len(labels), 3), dim=-1).requires_grad_()
    outcome = triplet(
        embeddings, torch.tensor(labels), torch.tensor([0.1, 0.2]), mining=mining, reduction=reduction
    )
    outcome.loss.backward()
    assert outcome.loss == 0
    assert embeddings.grad is not None
    assert not embeddings.grad.any()
    assert not outcome.active_share.any()


@pytest.mark.parametrize("mining", MINERS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
def test_the_loss_is_zero_once_all_margins_are_met(*, loss: str, reduction: str, mining: str) -> None:
    embeddings = torch.eye(2, dtype=torch.float64)[None, [0, 0, 1, 1]].requires_grad_()
    outcome = TRIPLET_LOSSES[loss](
        embeddings,
        torch.tensor([0, 0, 1, 1]),
        torch.tensor([1.4], dtype=torch.float64),  # the classes are sqrt(2) apart
        mining=mining,
        reduction=reduction,
    )
    outcome.loss.backward()
    assert outcome.loss == 0
    assert not embeddings.grad.any()


def test_the_dual_loss_stays_above_zero_while_only_the_anchor_is_satisfied() -> None:
    # Three points on a line. The negative is alone in its class, so the anchors are the two others.
    points = torch.tensor([[[0.0], [1.0], [2.5]]])
    labels, margins = torch.tensor([0, 0, 1]), torch.tensor([1.0])
    from_anchors = [1 - 2.5 + 1, 1 - 1.5 + 1]  # d(a,p) - d(a,n) + tau of the anchors 0 and 1
    from_positives = from_anchors[::-1]
    plain = sum(max(each, 0) for each in from_anchors) / 2
    both = plain + sum(max(each, 0) for each in from_positives) / 2
    assert triplet(points, labels, margins).loss.item() == pytest.approx(plain)
    assert dual_triplet(points, labels, margins).loss.item() == pytest.approx(both)
    assert triplet(points, labels, margins).active_share.item() == 0.5
    assert dual_triplet(points, labels, margins).active_share.item() == 1.0


@pytest.mark.parametrize("mining", MINERS)
@pytest.mark.parametrize("distance", DISTANCES)
def test_a_collapsed_slice_sits_at_its_margin_with_a_finite_gradient(*, distance: str, mining: str) -> None:
    embeddings = torch.tensor([1.0, 0.0]).repeat(1, 6, 1).requires_grad_()
    outcome = dual_triplet(
        embeddings,
        torch.tensor([0, 0, 0, 1, 1, 1]),
        torch.tensor([0.25]),
        mining=mining,
        distance=distance,
    )
    outcome.loss.backward()
    # Semi-hard finds no negative beyond the farthest positive there, so it has no triplet to offer.
    assert outcome.loss == (0 if mining == "semi-hard" else 0.5)
    assert embeddings.grad.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mining": "batch-hrad"}, "unknown mining 'batch-hrad': did you mean batch-hard"),
        ({"distance": "manhattan"}, "unknown distance 'manhattan'"),
        ({"reduction": "sum"}, "unknown reduction 'sum': choose one of mean, nonzero"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(*, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(LossError, match=message):
        triplet(torch.rand(1, 4, 2), torch.tensor([0, 0, 1, 1]), torch.tensor([0.1]), **arguments)


@pytest.mark.usefixtures("without_shape_checks")
def test_a_margin_is_needed_for_each_slice() -> None:
    with pytest.raises(LossError, match=r"one margin for each of 2 slices, got margins of shape \[3\]"):
        triplet(torch.rand(2, 4, 2), torch.tensor([0, 0, 1, 1]), torch.tensor([0.1, 0.2, 0.3]))


@pytest.mark.usefixtures("without_shape_checks")
def test_a_label_is_needed_for_each_embedding() -> None:
    with pytest.raises(LossError, match=r"one label for each of 4 embeddings, got labels of shape \[3\]"):
        triplet(torch.rand(1, 4, 2), torch.tensor([0, 0, 1]), torch.tensor([0.1]))
