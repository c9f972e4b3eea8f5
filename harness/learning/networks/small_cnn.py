"""`small-cnn`: four convolutions for faces of about 48 to 64 pixels on a CPU. It does not know what is done with its features."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

WIDTHS = (16, 32, 64, 96)
GRID = 3


class SmallCnn(nn.Module):
    """Four blocks of convolution, pooling, batch norm and ReLU, then a 3 x 3 grid of features.

    Pooling comes before batch norm, which then has a quarter of the work. The grid is kept, not averaged away: where a mouth
    corner is says more about an expression than that it is.

    Args:
        channels: 1 for grey, 3 for colour.
    """

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for width, before in zip(WIDTHS, (channels, *WIDTHS), strict=False):
            blocks += [
                nn.Conv2d(before, width, kernel_size=3, padding=1, bias=False),
                nn.MaxPool2d(2),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
        self.layers = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(GRID), nn.Flatten())

    def forward(self, images: Float[Tensor, "B channels H W"]) -> Float[Tensor, "B features"]:
        """Features of each face."""
        features: Tensor = self.layers(images)
        return features
