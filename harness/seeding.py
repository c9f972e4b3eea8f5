"""Derives every seed from (search seed, what it is for). It holds no state and touches no global generator.

`derive_seed(0, "trial", 7)` is the same number in every process, on every host, in every version: SHA-256 of the parts.
"""

import hashlib


def derive_seed(root: int, *purpose: str | int) -> int:
    """A seed in [0, 2**31) that depends on the root seed and on the purpose alone.

    Args:
        root: The search's seed.
        purpose: Words and numbers that name the use, such as `"trial", 7`.

    Returns:
        A seed that fits torch, numpy, scikit-learn and Optuna alike.
    """
    text = "/".join([str(root), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFF_FFFF
