"""What a search file may say about the division of faces. It divides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import SplitError

SPLITS = ("official", "holdout", "grouped", "kfold", "loso", "list")
ROTATING = ("kfold", "loso", "list")
"""Splits whose folds have a test part each: the search trains some of them, the confirmation all."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How faces are divided, where their source leaves it open.

    Attributes:
        split: `official` demands the source's own test part; `holdout` takes it where there is one, and else carves one;
            `grouped` carves whatever the source says; `kfold` and `loso` test each subject once; `list` reads a CSV.
        validation: Share of all faces, in (0, 1); where the source has a test part of its own, share of the rest.
        test: Share of all faces, in (0, 1); where the source has a validation part of its own, share of the rest.
        folds: Of `kfold`, the test folds. Of a split with one test part, its validation folds: 1 holds one part out; k > 1
            makes k folds of all that is not test, and `validation` is then 1/k of that whatever it says.
        search_folds: How many folds of a rotating split a trial of the search trains.
        outer: The only test fold of a rotating split; no fold of the search then holds any of its faces.
        fold_list: The CSV of `list`.
        seed: Of the carving.

    Raises:
        SplitError: If a value is out of range, or a fold list is missing.
    """

    split: str = "holdout"
    validation: float = 0.15
    test: float = 0.15
    folds: int = 1
    search_folds: int = 3
    outer: int | None = None
    fold_list: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.validation, self.test)
        if not all(0 < share < 1 for share in shares) or sum(shares) >= 1:
            got = f"validation={self.validation:g}, test={self.test:g}"
            raise SplitError(f"protocol: expected shares above 0 that leave faces to train on, got {got}")
        if self.split not in SPLITS:
            raise SplitError(f"protocol: expected a split out of {', '.join(SPLITS)}, got {self.split!r}")
        if self.folds < 1 or self.search_folds < 1:
            got = f"folds={self.folds}, search_folds={self.search_folds}"
            raise SplitError(f"protocol: expected 1 fold or more, got {got}")
        if self.split == "kfold" and self.folds < 3:
            raise SplitError(
                f"protocol: kfold needs 3 folds to train, validate and test, got folds={self.folds}"
            )
        if self.split == "list" and self.fold_list is None:
            raise SplitError(
                "protocol: split list needs the CSV in fold_list, got none; `harness data folds` writes one"
            )
