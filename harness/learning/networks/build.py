"""The whole network that a config describes, with fresh weights. It does not know how it is trained."""

from __future__ import annotations

from harness.learning.networks.backbone import build_backbone
from harness.learning.networks.embedding import FaceNetwork, SlicedEmbedding
from harness.records import TrialConfig


def build_network(config: TrialConfig, *, channels: int, size: int) -> FaceNetwork:
    """The backbone and the sliced embedding on top of it.

    Args:
        config: Names the backbone, its checkpoint, D, N and the dropout.
        channels: 1 for grey faces, 3 for colour.
        size: Height and width of the faces in pixels.

    Raises:
        NetworkError: If the config names a backbone or a checkpoint that does not fit, or N does not divide D.
    """
    backbone, features = build_backbone(
        config.backbone, channels=channels, size=size, checkpoint=config.backbone_checkpoint
    )
    embedding = SlicedEmbedding(
        features, embedding_dim=config.embedding_dim, slices=config.slices, dropout=config.dropout
    )
    return FaceNetwork(backbone, embedding)
