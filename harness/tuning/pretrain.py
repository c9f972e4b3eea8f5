"""The backbone trained on other faces before a search begins: one training, as a source of trials. It does not run it.

A few hundred faces are too few for a network to learn what a face is. Its weights lie in the search folder, every trial starts
from them, and the search's own test faces are in no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import Protocol, TrialFaces, divide, search_faces, shared_pictures
from harness.errors import DatasetError, StudyError
from harness.records import Provenance, TrialConfig, TrialState
from harness.reporting.run_name import run_name
from harness.seeding import derive_seed
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import Journal
from harness.tuning.ledger import ended_in
from harness.tuning.planned import Planned, PlannedRuns
from harness.tuning.source import Assignment
from harness.tuning.space import typical_config
from harness.tuning.spec import SearchSpec

STUDY = "pretraining"


class Pretraining(PlannedRuns):
    """Hands out the training that makes the weights; again, if an earlier one failed or its file is gone.

    Args:
        spec: The search.
        journal: The study is made if it is not there.
        provenance: Of the run.
    """

    def __init__(self, spec: SearchSpec, journal: Journal, *, provenance: Provenance) -> None:
        before = ended_in(journal, STUDY)
        name = f"{run_name(before, provenance)}-pretraining"
        super().__init__(
            journal,
            study=STUDY,
            planned={(number,): Planned(name, pretraining_config(spec)) for number in range(before + 1)},
            objective="val_uar",
            provenance=provenance,
        )

    def next(self) -> Assignment | None:
        """The training, whose weights are kept."""
        assignment = super().next()
        return assignment and replace(assignment, keep_backbone=True)

    def require_weights(self, folder: SearchFolder) -> None:
        """Sees that the training gave some.

        Raises:
            StudyError: If it failed, with its reason.
        """
        if not folder.pretrained.exists():
            last = self.ended_before()[-1].result
            told = last.reason or ("the file is gone" if last.state is TrialState.COMPLETE else last.state)
            raise StudyError(
                f"{folder.root}: the pretraining gave no weights: {told}; failures/ has its traceback; "
                "mend that, then run this again"
            )


def pretraining_config(spec: SearchSpec) -> TrialConfig:
    """A classifier with the search's backbone, in the middle of what the search varies: cross entropy alone cannot collapse."""
    wanted = spec.method.pretrain
    assert wanted is not None
    return replace(
        typical_config(spec, epochs=wanted.epochs),
        seed=derive_seed(spec.seed, "pretraining"),
        backbone_checkpoint=None,
        dropout=0.0,
        loss="cross-entropy",
        slices=1,
        margin_min=0.0,
        margin_max=0.0,
        ce_weight=1.0,
        ce_warmup_epochs=0,
        objective="val_uar",
        collapse_patience=0,
    )


def pretraining_faces(faces: FaceSet, *, apart_from: Iterable[FaceSet], seed: int) -> TrialFaces:
    """What a backbone is trained on: the other faces without the test part of theirs.

    Args:
        faces: The other dataset.
        apart_from: The faces of the search, those that are tested elsewhere too.
        seed: Of the division.

    Raises:
        DatasetError: If a picture is in both: what the search tests would have been learned.
    """
    for own in apart_from:
        if shared := shared_pictures(faces, own):
            raise DatasetError(
                f"method.pretrain: expected other pictures than those of {own.name}, got {shared} that are in {faces.name} "
                "too; what is tested would be learned before, so name another dataset"
            )
    return search_faces(faces, divide(faces, Protocol(split="holdout", seed=seed)))
