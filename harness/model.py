"""A trained model out of a folder: embeds faces, and says which class each shows. It does not know how it was trained.

from harness.model import load_model
model = load_model(Path("model"))
features = model.embed(images)  # uint8 [n, H, W] or [n, 3, H, W] to float32 [n, D]
names = [model.class_names[label] for label in model.predict(images)]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError, ModelError
from harness.learning.metrics import fitted
from harness.learning.networks.build import build_network
from harness.learning.networks.embedding import FaceNetwork, side_by_side
from harness.learning.saved import ModelDescription, read_model
from harness.learning.training.pixels import Pixels

NETWORK, CLASSIFIER = "network.", "classifier."
"""What the names of a folder's tensors begin with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A network with the classifier that was fitted on its training faces.

    Attributes:
        description: Its config, classes, image size, thresholds and origin.
        network: In evaluation mode.
        classifier: As `learning.metrics.fitted.fit` gives it, on the CPU.
        device: Where the network is.
    """

    description: ModelDescription
    network: FaceNetwork
    classifier: Mapping[str, Tensor]
    device: torch.device

    @property
    def class_names(self) -> tuple[str, ...]:
        """C names, in the order of the label ids."""
        return self.description.class_names

    @property
    def fingerprint(self) -> str:
        """Hash of the weights."""
        return self.description.fingerprint

    def embed(self, images: NDArray[np.uint8], *, batch_size: int = 256) -> NDArray[np.float32]:
        """Features: the unit slices side by side, scaled by 1 / sqrt(N) so that each has length one.

        Args:
            images: uint8, `[n, size, size]` (grey) or `[n, 3, size, size]` (colour), 0 black to 255 white.
            batch_size: Faces at a time.

        Returns:
            float32, `[n, D]`.

        Raises:
            ModelError: If the images are of another size, colour or type.
        """
        self._check(images)
        pixels, order = Pixels(images, device=self.device), np.arange(len(images))
        with torch.no_grad():
            parts = [
                side_by_side(self.network(batch).slices).cpu()
                for batch in pixels.in_order(order, batch_size=batch_size)
            ]
        empty = torch.zeros(0, self.description.config.embedding_dim)
        features: NDArray[np.float32] = torch.cat([empty, *parts]).numpy()
        return features

    def classify(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """The label id of each embedded face, `[n]`; `class_names` names it."""
        name = self.description.config.classifier
        return fitted.predict(name, self.classifier, torch.from_numpy(features)).numpy()

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The label id of each face, `[n]`; `class_names` names it.

        Raises:
            ModelError: If the images are of another size, colour or type.
        """
        return self.classify(self.embed(images))

    def distances(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Euclidean distance of each embedded face to each class mean, `[n, C]`, in [0, 2]."""
        return fitted.distances(self.classifier, torch.from_numpy(features)).numpy()

    def _check(self, images: NDArray[np.uint8]) -> None:
        size, channels = self.description.size, self.description.channels
        shape = (size, size) if channels == 1 else (channels, size, size)
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            raise ModelError(
                f"expected images as uint8 [n, {wanted}], got {images.dtype} {list(images.shape)}; "
                "`harness.datasets.folder.decode.decode_images` makes such arrays of files"
            )


def load_model(folder: Path, *, device: str = "cpu") -> Model:
    """The model that `harness export` wrote into a folder.

    Args:
        folder: With `model.safetensors` and `config.json`.
        device: Where to embed, `cpu` or `cuda`; a GPU's numbers can differ from a CPU's in their last digits.

    Raises:
        ModelError: If a file is missing, damaged or of another version, the weights do not fit the config, or there is no
            such device.
    """
    place = _device(device)
    description, tensors = read_model(folder)
    try:
        network, classifier = _built(description, tensors)
    except (RuntimeError, KeyError, TypeError, HarnessError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{folder}: the weights do not fit the config of the same folder: {reason}; export the model again"
        ) from error
    network = network.to(memory_format=torch.channels_last).to(place)
    return Model(description=description, network=network.eval(), classifier=classifier, device=place)


def _device(name: str) -> torch.device:
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f"device: expected cpu, or cuda where there is a GPU, got {name!r}: {reason}"
        ) from error


def _built(
    description: ModelDescription, tensors: Mapping[str, Tensor]
) -> tuple[FaceNetwork, dict[str, Tensor]]:
    """The network and the classifier, once they are seen to fit."""
    # The checkpoint that training began from need not be there any more: all weights come from the folder.
    config = replace(description.config, backbone_checkpoint=None)
    network = build_network(config, channels=description.channels, size=description.size)
    network.load_state_dict(
        {name.removeprefix(NETWORK): part for name, part in tensors.items() if name.startswith(NETWORK)}
    )
    classifier = {name: tensors[CLASSIFIER + name] for name in fitted.PARTS[config.classifier]}
    if (means := len(classifier["means"])) != (names := len(description.class_names)):
        raise ModelError(f"{means} class means in the weights, and {names} class names in the config")
    return network, classifier
