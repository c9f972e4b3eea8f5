"""One face as its source lists it, and the checks that a list of faces must pass.

It knows neither pixels nor file formats. A check names the faulty rows and says why; what happens then is the
user's choice. With `on_bad_image="error"` the first check that finds faults raises, with `"skip"` the faulty
rows are left out, and whoever called can count them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DatasetError, LabelError, SplitError

SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
HOW_TO_SKIP = "Mend them, or leave them out with `--set dataset.on_bad_image=skip`"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One face as its source lists it.

    Attributes:
        image: The file, or its encoded content.
        label: Name of the class; empty where the source gives none.
        subject: Who is seen; empty where unknown.
        split: `train`, `val` or `test`, or the source's own word where it is none of `SPLIT_NAMES`; empty
            where unknown.
        where: How to find the row again, such as `labels.csv line 7 (images/a.png)`.
    """

    image: Path | bytes
    label: str
    subject: str = ""
    split: str = ""
    where: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A demand on rows: what is wrong, which error says so, and which rows are meant (index to reason)."""

    problem: str
    error: type[DatasetError]
    faults: Callable[[Sequence[Row]], dict[int, str]]


def split_name(word: str) -> str:
    """The word as `train`, `val` or `test` where it is a known spelling of one, else unchanged."""
    return SPLIT_NAMES.get(word.strip().lower(), word)


def listed(faults: Sequence[str]) -> str:
    """The first five, and how many there are."""
    more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
    return f"{len(faults)} in all: " + "; ".join(faults[:5]) + more


def sound_rows(rows: Sequence[Row], *, where: str, on_bad_image: str) -> list[Row]:
    """The rows that pass every check.

    Args:
        rows: In the order of the source.
        where: The path, for the message.
        on_bad_image: `error` or `skip`.

    Returns:
        All rows, or with `skip` those without a fault, in the same order.

    Raises:
        LabelError: If rows have no label, or list the same file twice.
        SplitError: If a split is unknown, a subject or a split is given for some rows only, or a subject is
            in two splits.
    """
    kept = list(rows)
    for check in CHECKS:
        faults = check.faults(kept)
        if faults and on_bad_image == "error":
            texts = [f"{kept[index].where}: {reason}" for index, reason in faults.items()]
            raise check.error(f"{where}: {check.problem}; {listed(texts)}. {HOW_TO_SKIP}")
        kept = [row for index, row in enumerate(kept) if index not in faults]
    return kept


def _no_label(rows: Sequence[Row]) -> dict[int, str]:
    return {index: "no label" for index, row in enumerate(rows) if not row.label}


def _listed_twice(rows: Sequence[Row]) -> dict[int, str]:
    times: Counter[Path | bytes] = Counter(row.image for row in rows if isinstance(row.image, Path))
    return {
        index: f"listed {times[row.image]} times" for index, row in enumerate(rows) if times[row.image] > 1
    }


def _unknown_split(rows: Sequence[Row]) -> dict[int, str]:
    known = ("", *SPLIT_NAMES.values())
    return {index: f"split {row.split!r}" for index, row in enumerate(rows) if row.split not in known}


def _no_split(rows: Sequence[Row]) -> dict[int, str]:
    some = any(row.split for row in rows)
    return {index: "no split" for index, row in enumerate(rows) if some and not row.split}


def _no_subject(rows: Sequence[Row]) -> dict[int, str]:
    some = any(row.subject for row in rows)
    return {index: "no subject" for index, row in enumerate(rows) if some and not row.subject}


def _subject_in_two_splits(rows: Sequence[Row]) -> dict[int, str]:
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row.subject, set()).add(row.split)
    leaking = {
        subject: " and ".join(sorted(parts))
        for subject, parts in splits.items()
        if subject and len(parts) > 1
    }
    return {
        index: f"subject {row.subject!r} is in {leaking[row.subject]}"
        for index, row in enumerate(rows)
        if row.subject in leaking
    }


CHECKS = (
    Check(problem="expected a label in every row", error=LabelError, faults=_no_label),
    Check(problem="expected each image file once", error=LabelError, faults=_listed_twice),
    Check(
        problem=f"expected a split out of {', '.join(SPLIT_NAMES)}", error=SplitError, faults=_unknown_split
    ),
    Check(problem="expected a split in every row, or in none", error=SplitError, faults=_no_split),
    Check(problem="expected a subject in every row, or in none", error=SplitError, faults=_no_subject),
    Check(problem="expected each subject in one split", error=SplitError, faults=_subject_in_two_splits),
)
