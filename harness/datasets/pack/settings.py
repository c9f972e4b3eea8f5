"""What is taken of a distribution, and how its faces are prepared. Equal settings of equal files give an equal pack."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from harness.datasets.source import Options

FORMAT = 1
"""Counts up whenever equal settings would give other pixels or other columns."""


@dataclass(frozen=True, kw_only=True)
class PackSettings:
    """All that decides a pack, beside the files.

    Attributes:
        source: Name of the dataset.
        options: Of its source, all of them.
        size: Width and height of the faces, in pixels.
        color: `gray` or `rgb`.
        undetected: `keep` crops the centre where no face is found, `drop` leaves the picture out.
        on_bad_image: `error`, or `skip` to leave out and count what cannot be read.
    """

    source: str
    options: Options
    size: int
    color: str
    undetected: str = "keep"
    on_bad_image: str = "error"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one face: `(H, W)`, or `(3, H, W)`."""
        return (self.size, self.size) if self.color == "gray" else (3, self.size, self.size)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of the format."""
        return {**asdict(self), "options": dict(self.options), "format": FORMAT}

    @property
    def digest(self) -> str:
        """Hash of the settings."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16]
