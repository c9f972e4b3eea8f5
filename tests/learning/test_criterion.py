"""The criterion: how cross entropy and the metric loss share, what each says of the slices, and whom the gradient reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from harness.errors import LossError
from harness.learning.criterion import Criterion, CriterionValue
from harness.learning.networks.backbone import build_backbone
from harness.learning.networks.embedding import Embedding, FaceNetwork, SlicedEmbedding
from harness.records import TrialConfig

CLASSES = 4
LOSSES = ["dual-triplet", "triplet", "cross-entropy", "center", "pml:ArcFaceLoss"]
LABELS = torch.arange(16) % CLASSES


@pytest.fixture
def embedding() -> Embedding:
    """16 faces as 4 slices of 4 numbers."""
    raw = torch.randn(16, 16, generator=torch.Generator().manual_seed(0))
    return Embedding(raw, nn.functional.normalize(raw.unflatten(1, (4, 4)), dim=2))


def value_of(config: TrialConfig, embedding: Embedding, *, ce_share: float) -> CriterionValue:
    return Criterion(config, classes=CLASSES)(embedding, LABELS, ce_share=ce_share)


def network_of(config: TrialConfig) -> FaceNetwork:
    backbone, features = build_backbone("small-cnn", channels=1, size=24, checkpoint=None)
    sizes = {"embedding_dim": config.embedding_dim, "slices": config.slices}
    return FaceNetwork(backbone, SlicedEmbedding(features, **sizes))


def reached(module: nn.Module) -> bool:
    gradients = [parameter.grad for parameter in module.parameters()]
    return all(gradient is not None and gradient.isfinite().all() for gradient in gradients) and any(
        gradient.any() for gradient in gradients
    )


def parameter_sizes(module: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(parameter.shape) for parameter in module.parameters()]


@pytest.mark.parametrize("loss", ["dual-triplet", "triplet", "center", "pml:ArcFaceLoss"])
def test_the_share_of_cross_entropy_falls_linearly_over_the_warm_up(quick: TrialConfig, loss: str) -> None:
    criterion = Criterion(replace(quick, loss=loss, ce_weight=0.2, ce_warmup_epochs=4), classes=CLASSES)
    shares = [criterion.ce_share(epoch) for epoch in range(1, 8)]
    assert shares == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])


def test_without_a_warm_up_the_share_is_the_weight_from_the_first_epoch(quick: TrialConfig) -> None:
    criterion = Criterion(replace(quick, ce_weight=0.3), classes=CLASSES)
    assert [criterion.ce_share(epoch) for epoch in (1, 2, 100)] == pytest.approx([0.3, 0.3, 0.3])


def test_cross_entropy_alone_takes_the_whole_loss_and_has_no_thresholds(quick: TrialConfig) -> None:
    criterion = Criterion(replace(quick, loss="cross-entropy", ce_weight=0.2), classes=CLASSES)
    assert criterion.ce_share(1) == criterion.ce_share(100) == 1
    assert not criterion.has_slices
    assert torch.tensor(criterion.thresholds).isnan().tolist() == [True] * 4


@pytest.mark.parametrize("ce_share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("loss", ["dual-triplet", "pml:ArcFaceLoss"])
def test_the_loss_is_the_weighted_sum_of_both(
    *, quick: TrialConfig, embedding: Embedding, loss: str, ce_share: float
) -> None:
    config = replace(quick, loss=loss)
    metric, softmax = (value_of(config, embedding, ce_share=share).loss.item() for share in (0.0, 1.0))
    mixed = value_of(config, embedding, ce_share=ce_share).loss.item()
    assert mixed == pytest.approx(ce_share * softmax + (1 - ce_share) * metric)
    assert metric != pytest.approx(softmax)


def test_cross_entropy_starts_near_the_logarithm_of_the_number_of_classes(
    quick: TrialConfig, embedding: Embedding
) -> None:
    loss = value_of(quick, embedding, ce_share=1.0).loss.item()
    assert loss == pytest.approx(torch.tensor(CLASSES).log().item(), abs=0.5)


def test_a_triplet_loss_tells_of_each_slice(quick: TrialConfig, embedding: Embedding) -> None:
    active, ap, an = value_of(quick, embedding, ce_share=0.0).telemetry
    assert active.shape == (quick.slices,)
    assert ((active > 0) & (active <= 1)).all()
    assert (ap > an).all()  # Batch Hard on random embeddings: the farthest positive, the nearest negative


@pytest.mark.parametrize(
    ("loss", "ce_share"),
    [("pml:ArcFaceLoss", 0.0), ("center", 0.0), ("cross-entropy", 1.0), ("triplet", 1.0)],
)
def test_where_no_triplet_is_mined_the_telemetry_is_unknown(
    *, quick: TrialConfig, embedding: Embedding, loss: str, ce_share: float
) -> None:
    telemetry = value_of(replace(quick, loss=loss), embedding, ce_share=ce_share).telemetry
    assert telemetry.shape == (3, quick.slices)
    assert telemetry.isnan().all()


@pytest.mark.parametrize("ce_share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_reaches_every_parameter_of_the_network(
    *, quick: TrialConfig, loss: str, ce_share: float
) -> None:
    config = replace(quick, loss=loss)
    network, criterion = network_of(config), Criterion(config, classes=CLASSES)
    images: Tensor = torch.randn(16, 1, 24, 24)
    share = 1.0 if loss == "cross-entropy" else ce_share
    criterion(network(images), LABELS, ce_share=share).loss.backward()
    assert all(reached(layer) for layer in network.modules() if list(layer.parameters()))
    assert reached(criterion.head) is (share > 0)
    if criterion.other is not None:
        assert reached(criterion.other) is (share < 1)


def test_what_a_loss_of_pytorch_metric_learning_learns_is_trained_with_the_network(
    quick: TrialConfig,
) -> None:
    plain = Criterion(quick, classes=CLASSES)
    arcface = Criterion(replace(quick, loss="pml:ArcFaceLoss"), classes=CLASSES)
    assert parameter_sizes(plain) == [(CLASSES, quick.embedding_dim), (CLASSES,)]
    assert parameter_sizes(arcface) == [*parameter_sizes(plain), (quick.embedding_dim, CLASSES)]


def test_thresholds_are_sampled_from_the_range_and_are_not_trained(quick: TrialConfig) -> None:
    criterion = Criterion(replace(quick, margin_min=0.2, margin_max=0.5), classes=CLASSES)
    assert criterion.thresholds == pytest.approx([0.2, 0.3, 0.4, 0.5])
    assert "margins" in criterion.state_dict()
    assert "margins" not in dict(criterion.named_parameters())


def test_random_thresholds_follow_from_the_seed(quick: TrialConfig) -> None:
    def thresholds(seed: int) -> list[float]:
        config = replace(quick, margin_sampling="random", seed=seed)
        return Criterion(config, classes=CLASSES).thresholds

    assert thresholds(0) == thresholds(0)
    assert thresholds(0) != thresholds(1)


@pytest.mark.parametrize("loss", LOSSES)
def test_first_weights_follow_from_the_seed_and_leave_the_global_generator_alone(
    quick: TrialConfig, loss: str
) -> None:
    def weights(seed: int) -> Tensor:
        criterion = Criterion(replace(quick, loss=loss, seed=seed), classes=CLASSES)
        return nn.utils.parameters_to_vector(criterion.parameters())

    state = torch.get_rng_state()
    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("tripplet", "unknown loss 'tripplet': did you mean triplet"),
        ("pml:ArcFace", "unknown loss of pytorch-metric-learning 'ArcFace': did you mean ArcFaceLoss"),
    ],
)
def test_a_misspelt_loss_is_refused_and_not_replaced_by_cross_entropy(
    *, quick: TrialConfig, loss: str, message: str
) -> None:
    with pytest.raises(LossError, match=message):
        Criterion(replace(quick, loss=loss), classes=CLASSES)


@pytest.mark.parametrize("loss", ["dual-triplet", "triplet", "cross-entropy"])
def test_class_weights_change_the_loss_and_not_the_telemetry(
    *, quick: TrialConfig, embedding: Embedding, loss: str
) -> None:
    config = replace(quick, loss=loss, class_weight="inverse", ce_weight=0.5)
    criterion = Criterion(config, classes=CLASSES, class_counts=[10, 20, 40, 30])
    share = 1.0 if loss == "cross-entropy" else 0.5
    plain = value_of(replace(config, class_weight="none"), embedding, ce_share=share)
    weighted = criterion(embedding, LABELS, ce_share=share)
    assert not torch.isclose(weighted.loss, plain.loss)
    assert torch.equal(weighted.telemetry.nan_to_num(), plain.telemetry.nan_to_num())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("class_weight", ["inverse", "sqrt-inverse"])
def test_class_weights_of_equal_classes_change_nothing(
    *, quick: TrialConfig, embedding: Embedding, loss: str, class_weight: str
) -> None:
    config = replace(quick, loss=loss, class_weight=class_weight)
    share = 1.0 if loss == "cross-entropy" else 0.3
    criterion = Criterion(config, classes=CLASSES, class_counts=[12] * CLASSES)
    plain = value_of(replace(config, class_weight="none"), embedding, ce_share=share)
    torch.testing.assert_close(criterion(embedding, LABELS, ce_share=share).loss, plain.loss)


def test_without_class_weights_counts_change_no_bit_and_leave_no_trace_in_the_state(
    quick: TrialConfig, embedding: Embedding
) -> None:
    counted = Criterion(quick, classes=CLASSES, class_counts=[1, 2, 3, 400])
    plain = value_of(quick, embedding, ce_share=0.5)
    assert torch.equal(counted(embedding, LABELS, ce_share=0.5).loss, plain.loss)
    assert counted.state_dict().keys() == Criterion(quick, classes=CLASSES).state_dict().keys()


def test_a_loss_of_pytorch_metric_learning_takes_no_class_weights(
    quick: TrialConfig, embedding: Embedding
) -> None:
    config = replace(quick, loss="pml:ArcFaceLoss", class_weight="inverse")
    criterion = Criterion(config, classes=CLASSES, class_counts=[1, 2, 3, 400])
    plain = value_of(replace(config, class_weight="none"), embedding, ce_share=0.0)
    assert torch.equal(criterion(embedding, LABELS, ce_share=0.0).loss, plain.loss)


def test_class_weights_move_and_are_saved_with_the_criterion(quick: TrialConfig) -> None:
    config = replace(quick, class_weight="inverse")
    state = Criterion(config, classes=CLASSES, class_counts=[10, 20, 40, 30]).state_dict()
    assert state["class_weights"].tolist() == pytest.approx([2.5, 1.25, 0.625, 2.5 / 3])


def test_class_weights_without_counts_are_refused(quick: TrialConfig) -> None:
    with pytest.raises(LossError, match=r"class_weight 'sqrt-inverse' expected .* got None"):
        Criterion(replace(quick, class_weight="sqrt-inverse"), classes=CLASSES)


def test_a_misspelt_class_weight_is_refused_with_the_nearest(quick: TrialConfig) -> None:
    with pytest.raises(LossError, match="unknown class_weight 'balanced': choose one of none, inverse"):
        Criterion(replace(quick, class_weight="balanced"), classes=CLASSES, class_counts=[1] * CLASSES)
