"""What can be known to fail before the first trial, once the faces are loaded. It starts nothing.

A trial that fails is a result, but a search in which all of them must fail is a mistake that its user can mend.
"""

from __future__ import annotations

from pathlib import Path

from harness.datasets.faceset import FaceSet
from harness.errors import LossError, NetworkError, SearchFileError
from harness.learning.networks.names import TIMM
from harness.tuning.domains import Choice
from harness.tuning.spec import SearchSpec, possible_values


def check_before_start(spec: SearchSpec, faces: FaceSet) -> None:
    """Refuses a search of which some trials could not even begin.

    Raises:
        LossError: If a batch cannot hold two faces of each class.
        NetworkError: If a backbone is unknown or its checkpoint is not there.
        SearchFileError: If the objective counts sequences and the faces are frames of none.
    """
    if spec.protocol.objective.startswith("val_sequence") and faces.sequences is None:
        raise SearchFileError(
            f"protocol.objective: {spec.protocol.objective} counts sequences, and the faces of {faces.name} are single pictures; "
            f"set {spec.protocol.objective.replace('sequence_', '')}"
        )
    least = 2 * len(faces.class_names)
    if (smallest := min(possible_values(spec, "batch_size"))) < least:
        raise LossError(
            f"method.batch_size: {len(faces.class_names)} classes need at least {least} (two of each), got {smallest}"
        )
    checkpoint = spec.method.backbone_checkpoint
    if checkpoint is not None and not Path(checkpoint).is_file():
        raise NetworkError(f"method.backbone_checkpoint: no file {checkpoint}")
    searched = spec.space.domains().get("backbone")
    for name in searched.values if isinstance(searched, Choice) else (spec.method.backbone,):
        if str(name).startswith(TIMM):
            from harness.learning.networks.backbone import check_timm_name  # imports torch

            check_timm_name(str(name).removeprefix(TIMM))
