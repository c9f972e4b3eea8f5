"""How strongly each action unit is active in each image. It does not know the shape of a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.datasets.synthetic.difficulty import Difficulty
from harness.datasets.synthetic.facs import ACTION_UNITS, CLASS_NAMES, COLUMN, NEUTRAL, PROTOTYPES

SIDES = 2


def draw_units(
    labels: NDArray[np.int64], *, difficulty: Difficulty, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Intensities of all action units, for the two halves of each face.

    A weak expression on top of stray units is where labels become ambiguous, as they are in the wild.

    Args:
        labels: `[n]`, ids into `CLASS_NAMES`.
        difficulty: Strength, jitter, and how much goes astray.
        rng: Decides it all.

    Returns:
        float32, `[n, 2, A]` in [0, 1]: the left half of the image first, A columns as in `COLUMN`.
    """
    count = len(labels)
    strength = rng.uniform(*difficulty.strength, size=(count, 1))
    jitter = rng.uniform(1 - difficulty.unit_jitter, 1, size=(count, len(ACTION_UNITS)))
    kept = rng.random((count, len(ACTION_UNITS))) >= difficulty.drop_rate
    wanted = _variants(labels, rng) * kept
    mixed = _variants(_other_labels(labels, rng), rng) * rng.uniform(0, difficulty.blend, size=(count, 1))
    # A second expression would make a neutral face wrong, not ambiguous.
    mixed[labels == NEUTRAL] = 0
    intensity = np.maximum(np.maximum(wanted, mixed) * strength * jitter, _stray(count, difficulty, rng))
    lacking = rng.uniform(0, difficulty.asymmetry, size=(count, SIDES, 1)) * _weaker_side(count, rng)
    return (intensity[:, None] * (1 - lacking)).astype(np.float32)


def prototype_units(name: str, *, variant: int) -> NDArray[np.float64]:
    """Which units a variant of a prototype has: `[A]`, 1 where active and 0 elsewhere."""
    prototype = PROTOTYPES[name]
    row = np.zeros(len(ACTION_UNITS))
    row[[COLUMN[unit] for unit in prototype.core + prototype.variants[variant]]] = 1
    return row


def _variants(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A variant of each label's prototype, all equally likely: `[n, A]` of 0 and 1."""
    rows = np.zeros((len(labels), len(ACTION_UNITS)))
    for label, name in enumerate(CLASS_NAMES):
        choices = len(PROTOTYPES[name].variants)
        table = np.stack([prototype_units(name, variant=variant) for variant in range(choices)])
        where = np.flatnonzero(labels == label)
        rows[where] = table[rng.integers(choices, size=len(where))]
    return rows


def _other_labels(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    step = rng.integers(1, len(CLASS_NAMES), size=len(labels))
    return (labels + step) % len(CLASS_NAMES)


def _stray(count: int, difficulty: Difficulty, rng: np.random.Generator) -> NDArray[np.float64]:
    shape = (count, len(ACTION_UNITS))
    active = rng.random(shape) < difficulty.stray_rate
    return active * rng.uniform(0, difficulty.stray_strength, size=shape)


def _weaker_side(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """`[n, 2, 1]`: 1 at the half that lacks something, 0 at the other."""
    left = rng.integers(2, size=(count, 1, 1))
    return np.concatenate([left, 1 - left], axis=1).astype(np.float64)
