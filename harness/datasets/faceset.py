"""Faces in memory: images, labels, subjects, official splits, and a hash of it all.

It does not know where they came from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.datasets.images import Images, MappedImages
from harness.errors import DatasetError

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceSet:
    """n faces of C classes, held so that processes of one host can share them without copies.

    Attributes:
        name: Name of the dataset.
        images: uint8, `[n, H, W]` (grey) or `[n, channels, H, W]`, 0 black to 255 white; in memory, or mapped from a file.
        labels: int64, `[n]`, in [0, C).
        class_names: C names, in the order of the label ids.
        subjects: `[n]` strings, who is seen; None where nobody knows.
        groups: `[n]` strings, what must stay together for another reason, such as the faces of one photograph; or None.
        sequences: `[n]` strings, which sequence a frame is of; None for single pictures.
        splits: `[n]` strings out of `train`, `val`, `test`; None where the source has no official split.
        skipped: Faces that were left out because of a fault, such as an image that could not be read.
        image_digest: Hash of the images' content where whoever stored them knows it, so that a large file need not be read
            to be recognised; else None.

    Raises:
        DatasetError: If shapes, types or values do not fit together.
    """

    name: str
    images: Images
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    subjects: NDArray[np.str_] | None = None
    groups: NDArray[np.str_] | None = None
    sequences: NDArray[np.str_] | None = None
    splits: NDArray[np.str_] | None = None
    skipped: int = 0
    image_digest: str | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim not in (3, 4):
            got = f"{self.images.dtype} {list(self.images.shape)}"
            raise DatasetError(f"{self.name}: images must be uint8 [n, H, W] or [n, C, H, W], got {got}")
        for part in ("labels", "subjects", "groups", "sequences", "splits"):
            values = getattr(self, part)
            if values is not None and len(values) != len(self.images):
                raise DatasetError(f"{self.name}: {len(self.images)} images but {len(values)} {part}")
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.class_names):
            got = f"{self.labels.min()} to {self.labels.max()}"
            raise DatasetError(f"{self.name}: label ids must lie in [0, {len(self.class_names)}), got {got}")
        if self.splits is not None and (unknown := set(self.splits.tolist()) - set(SPLITS)):
            raise DatasetError(
                f"{self.name}: splits must be out of {', '.join(SPLITS)}, got {sorted(unknown)}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def together(self) -> NDArray[np.str_] | None:
        """`[n]`, what no split may tear apart: subjects, else groups, else sequences; None where nothing is known."""
        return next((part for part in (self.subjects, self.groups, self.sequences) if part is not None), None)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content: equal faces, labels and origins in equal order give an equal hash."""
        digest = hashlib.sha256()
        if self.image_digest is None:
            _add(digest, self.images[:])
        else:
            digest.update(self.image_digest.encode())
        for part in (self.labels, self.subjects, self.groups, self.sequences, self.splits):
            _add(digest, part)
        digest.update("\0".join(self.class_names).encode())
        return digest.hexdigest()[:16]

    def take(self, indices: NDArray[np.int64]) -> FaceSet:
        """The faces at these indices, in this order, as a set of their own; mapped images stay in their file."""

        def chosen(part: NDArray[np.str_] | None) -> NDArray[np.str_] | None:
            return None if part is None else part[indices]

        return replace(
            self,
            images=self.images.take(indices)
            if isinstance(self.images, MappedImages)
            else self.images[indices],
            labels=self.labels[indices],
            subjects=chosen(self.subjects),
            groups=chosen(self.groups),
            sequences=chosen(self.sequences),
            splits=chosen(self.splits),
            image_digest=None,
        )


def _add(digest: hashlib._Hash, part: NDArray[Any] | None) -> None:
    """An array into a hash, so that neither byte order nor string width can change it."""
    if part is None:
        digest.update(b"none")
        return
    digest.update(f"{part.dtype.kind} {part.shape}".encode())
    digest.update(
        "\0".join(part.tolist()).encode() if part.dtype.kind == "U" else np.ascontiguousarray(part).data
    )
