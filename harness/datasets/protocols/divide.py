"""Which way of dividing a protocol means. It divides nothing itself."""

from __future__ import annotations

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols.division import Division
from harness.datasets.protocols.fold_list import divide_by_list
from harness.datasets.protocols.holdout import divide_once
from harness.datasets.protocols.rotation import divide_by_subject
from harness.datasets.protocols.settings import Protocol


def divide(faces: FaceSet, protocol: Protocol) -> Division:
    """Divides faces.

    Args:
        faces: The whole set.
        protocol: Which way, and what the source leaves open.

    Returns:
        A division that depends on the order of the faces, their labels, origins and splits, and the protocol alone.

    Raises:
        SplitError: If the faces cannot be divided that way.
    """
    if protocol.split == "list":
        return divide_by_list(faces, protocol)
    if protocol.split in ("kfold", "loso"):
        return divide_by_subject(faces, protocol)
    return divide_once(faces, protocol)
