"""Who shows which expression how often. It does not know what an expression looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.datasets.synthetic.facs import CLASS_NAMES

IMAGES_PER_POSED_SUBJECT: Final = 4 * len(CLASS_NAMES)
MOST_IMAGES_PER_SPONTANEOUS_SUBJECT: Final = 8

# Train and test together: http://www.whdeng.cn/RAF/model1.html
RAF_DB_COUNTS: Final = {
    "anger": 867,
    "disgust": 877,
    "fear": 355,
    "happiness": 5957,
    "neutral": 3204,
    "sadness": 2460,
    "surprise": 1619,
}


@dataclass(frozen=True)
class Cast:
    """The people of a set and what they show, image by image, in the order of the subjects.

    Attributes:
        labels: int64, `[n]`, ids into `CLASS_NAMES`.
        subjects: int64, `[n]`, from 0, none left out.
    """

    labels: NDArray[np.int64]
    subjects: NDArray[np.int64]

    @property
    def people(self) -> int:
        """How many subjects there are."""
        return int(self.subjects[-1]) + 1


def posed_cast(images: int) -> Cast:
    """Every subject shows all seven expressions, about four times each.

    Args:
        images: n, at least 7.

    Returns:
        A cast whose classes differ by one image at most.
    """
    people = max(1, images // IMAGES_PER_POSED_SUBJECT)
    classes = len(CLASS_NAMES)
    turn = np.arange(images)
    subjects = turn // classes % people
    order = np.lexsort((turn % classes, subjects))
    return Cast(labels=(turn % classes)[order], subjects=subjects[order])


def spontaneous_cast(images: int, *, imbalance: float, rng: np.random.Generator) -> Cast:
    """Classes as uneven as in the wild, and 1 to 8 images of each subject.

    Args:
        images: n, at least 7.
        imbalance: Exponent on RAF-DB's counts, in [0, 1].
        rng: Decides who shows what.

    Returns:
        A cast that has every class.
    """
    labels = np.repeat(np.arange(len(CLASS_NAMES)), apportion(images, imbalance=imbalance))
    group_sizes = rng.integers(1, MOST_IMAGES_PER_SPONTANEOUS_SUBJECT, size=images, endpoint=True)
    subjects = np.repeat(np.arange(images), group_sizes)[:images]
    return Cast(labels=rng.permutation(labels), subjects=subjects)


def apportion(images: int, *, imbalance: float) -> NDArray[np.int64]:
    """Images per class: one each, the rest by largest remainder.

    Args:
        images: n, at least 7.
        imbalance: Exponent on RAF-DB's counts, in [0, 1].

    Returns:
        int64, `[7]`, which sums to n.
    """
    weights = np.array([RAF_DB_COUNTS[name] for name in CLASS_NAMES], dtype=np.float64) ** imbalance
    quota = (images - len(CLASS_NAMES)) * weights / weights.sum()
    counts: NDArray[np.int64] = 1 + np.floor(quota).astype(np.int64)
    missing = images - int(counts.sum())
    counts[np.argsort(np.floor(quota) - quota, kind="stable")[:missing]] += 1
    return counts
