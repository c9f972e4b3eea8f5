"""The words that a search file may use for losses. It knows no torch: a file is checked without."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import TypeVar

from harness.errors import LossError

Entry = TypeVar("Entry")

TRIPLETS = ("dual-triplet", "triplet")  # those that have slices, each with its threshold
LOSSES = (*TRIPLETS, "cross-entropy", "center")
MINERS = ("batch-hard", "semi-hard", "batch-all")
DISTANCES = ("euclidean", "squared-euclidean")
REDUCTIONS = ("mean", "nonzero")
SAMPLINGS = ("even", "log", "random")
CLASS_WEIGHTS = ("none", "inverse", "sqrt-inverse")

PML_PREFIX = "pml:"

# Every loss of pytorch-metric-learning 2.9 that needs nothing but embeddings and labels.
PML_LOSSES = (
    "AngularLoss",
    "ArcFaceLoss",
    "CircleLoss",
    "ContrastiveLoss",
    "CosFaceLoss",
    "DynamicSoftMarginLoss",
    "FastAPLoss",
    "GeneralizedLiftedStructureLoss",
    "InstanceLoss",
    "IntraPairVarianceLoss",
    "LargeMarginSoftmaxLoss",
    "LiftedStructureLoss",
    "MarginLoss",
    "MultiSimilarityLoss",
    "NCALoss",
    "NPairsLoss",
    "NTXentLoss",
    "NormalizedSoftmaxLoss",
    "P2SGradLoss",
    "PNPLoss",
    "ProxyAnchorLoss",
    "ProxyNCALoss",
    "SignalToNoiseRatioContrastiveLoss",
    "SoftTripleLoss",
    "SphereFaceLoss",
    "SubCenterArcFaceLoss",
    "SupConLoss",
    "ThresholdConsistentMarginLoss",
    "TripletMarginLoss",
    "TupletMarginLoss",
)

# Those that need more, each with what it needs.
PML_REFUSED: Mapping[str, str] = {
    "BaseLossWrapper": "it wraps another loss",
    "BaseMetricLossFunction": "it is the base class of the losses",
    "CrossBatchMemory": "it wraps another loss and remembers earlier batches",
    "GenericPairLoss": "it is the base class of the pair losses",
    "HistogramLoss": "it indexes tensors by lists, which torch no longer allows",
    "ManifoldLoss": "it takes no labels",
    "MultipleLosses": "it wraps other losses",
    "RankedListLoss": "its margin and its temperature have no defaults",
    "SelfSupervisedLoss": "it wraps another loss and takes two views of each face",
    "SmoothAPLoss": "it needs equally many faces of each class in every batch",
    "VICRegLoss": "it takes two views of each face and no labels",
}


def check_loss(name: str) -> None:
    """Accepts a name of `LOSSES`, or `pml:` and a name of `PML_LOSSES`.

    Raises:
        LossError: If there is no such loss, or if it needs more than embeddings and labels.
    """
    if not name.startswith(PML_PREFIX):
        check_name("loss", name, (*LOSSES, *(PML_PREFIX + each for each in PML_LOSSES)))
        return
    pml_name = name.removeprefix(PML_PREFIX)
    if reason := PML_REFUSED.get(pml_name):
        raise LossError(
            f"loss {name!r} cannot be used: {reason}; choose one that needs embeddings and labels alone, "
            f"such as {PML_PREFIX}MultiSimilarityLoss"
        )
    check_name("loss of pytorch-metric-learning", pml_name, PML_LOSSES)


def check_name(kind: str, name: str, known: Collection[str]) -> None:
    """Accepts a known name.

    Args:
        kind: What the name stands for, such as `miner`.
        name: As the search file says it.
        known: The names there are.

    Raises:
        LossError: If the name is not among them; the nearest ones are suggested.
    """
    if name in known:
        return
    by_lower = {each.lower(): each for each in known}
    near = [by_lower[each] for each in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(known)}"
    raise LossError(f"unknown {kind} {name!r}: {hint}")


def look_up(kind: str, name: str, registry: Mapping[str, Entry]) -> Entry:
    """The entry of that name.

    Raises:
        LossError: If there is none; the nearest names are suggested.
    """
    check_name(kind, name, registry)
    return registry[name]
