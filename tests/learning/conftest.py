"""Checks every declared shape in every call that a test makes, and offers faces that a small network tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from jaxtyping import config, install_import_hook

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import Fold, TrialFaces
from harness.records import TrialConfig

# Before anything imports it: a module that is already loaded stays unchecked.
install_import_hook("harness.learning", "beartype.beartype")

SIZE = 24
CLASS_NAMES = ("anger", "fear", "joy", "surprise")


@pytest.fixture
def without_shape_checks() -> Iterator[None]:
    """As outside the tests, where wrong shapes reach the code's own errors."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on many threads are slower, and sums then depend on the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def make_blobs() -> Callable[..., FaceSet]:
    """Makes noisy grey squares with a bright corner, which one tells the class."""
    return blobs


@pytest.fixture(scope="session")
def blob_folds() -> TrialFaces:
    """96 such squares in two folds, for tests in which nothing has to be learnt."""
    return in_two_folds(blobs())


@pytest.fixture(scope="session")
def many_blob_folds() -> TrialFaces:
    """400 such squares in two folds: enough updates in an epoch for the batch norm to settle, so that all is learnt."""
    return in_two_folds(blobs(count=400))


@pytest.fixture
def quick() -> TrialConfig:
    """A training of two epochs that takes a tenth of a second a fold."""
    return TrialConfig(seed=0, epochs=2, embedding_dim=16, slices=4, batch_size=16)


def blobs(*, count: int = 96, channels: int | None = None, noise: int = 60, seed: int = 0) -> FaceSet:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASS_NAMES)
    images = 100 + rng.integers(noise, size=(count, SIZE, SIZE))
    half = SIZE // 2
    for image, label in zip(images, labels, strict=True):
        top, left = half * (label // 2), half * (label % 2)
        image[top : top + half, left : left + half] += 80
    grey = images.astype(np.uint8)
    return FaceSet(
        name="blobs",
        images=grey if channels is None else np.repeat(grey[:, None], channels, axis=1),
        labels=labels.astype(np.int64),
        class_names=CLASS_NAMES,
    )


def in_two_folds(faces: FaceSet) -> TrialFaces:
    first, second = np.split(np.arange(len(faces)), 2)
    return TrialFaces(faces, (Fold(first, second), Fold(second, first)))
