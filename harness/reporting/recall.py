"""The recall of each class, from a matrix of counts. It does not know whose counts they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recall_by_class(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each true class that was found, `[..., C]` in [0, 1]; NaN for a class without faces.

    Args:
        counts: `[..., C, C]`, truth by row.
    """
    truths = counts.sum(axis=-1)
    found = np.diagonal(counts, axis1=-2, axis2=-1)
    return np.divide(found, truths, out=np.full_like(truths, np.nan), where=truths > 0)
