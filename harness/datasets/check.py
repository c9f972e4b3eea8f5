"""Compares a listing with what the literature counts, and counts what was found. It reads nothing and prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.datasets.faceset import SPLITS
from harness.datasets.sample import CANONICAL
from harness.datasets.source import LeftOut, Listing, Options, Source


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One count: what was expected, and what was found.

    Attributes:
        what: What is counted, such as `sequences` or a class.
        part: The split; empty for all.
        expected: The numbers that are known of honest copies.
        found: The number in this copy.
        sure: False where the expected number is only commonly stated.
        reason: The likeliest reason for a difference.
    """

    what: str
    part: str
    expected: tuple[int, ...]
    found: int
    sure: bool
    reason: str

    @property
    def ok(self) -> bool:
        """Whether the count is one of the expected ones."""
        return self.found in self.expected

    @property
    def words(self) -> str:
        """The row in a sentence, such as `train anger: expected 705, found 12 (files are missing)`."""
        expected = " or ".join(f"{count:,}" for count in self.expected)
        name = f"{self.part} {self.what}".strip()
        if self.ok:
            return f"{name}: {self.found:,}, as expected"
        doubt = "" if self.sure else "; the expected number is only commonly stated"
        return f"{name}: expected {expected}, found {self.found:,} ({self.reason}{doubt})"


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """All counts of a listing.

    Attributes:
        rows: Against the literature, in the source's order.
        left_out: What the distribution holds and the listing does not, by reason.
        per_class: Faces of each class that has some, in the order of the field.
        per_split: Faces of each split; empty where there is no official split.
        per_subject: Faces of each person; empty where nobody is known.
        per_class_of_split: Faces of each class of each split; empty where there is no official split.
    """

    rows: tuple[CheckRow, ...]
    left_out: tuple[LeftOut, ...] = ()
    per_class: Mapping[str, int] = field(default_factory=dict)
    per_split: Mapping[str, int] = field(default_factory=dict)
    per_subject: Mapping[str, int] = field(default_factory=dict)
    per_class_of_split: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def differs(self) -> tuple[CheckRow, ...]:
        """The rows that show that this is another copy: they differ, and the expected number is certain."""
        return tuple(row for row in self.rows if row.sure and not row.ok)

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        doubtful = sum(not row.ok for row in self.rows) - len(self.differs)
        aside = f"; {doubtful} more where the literature is not certain" if doubtful else ""
        certain = sum(row.sure for row in self.rows)
        if self.differs:
            return f"{len(self.differs)} of {certain} certain counts differ{aside}"
        return f"all {certain} certain counts are as expected{aside}"


def check(source: Source, listing: Listing, options: Options) -> CheckReport:
    """Counts a listing against everything that its source expects under these options."""
    samples = listing.samples
    splits = {
        split: _by_class(sample.label for sample in samples if sample.split == split) for split in SPLITS
    }
    return CheckReport(
        rows=tuple(
            CheckRow(
                what=each.what,
                part=each.part,
                expected=each.counts,
                found=each.found(listing),
                sure=each.sure,
                reason=each.reason,
            )
            for each in source.expected(options)
        ),
        left_out=listing.left_out,
        per_class=_by_class(sample.label for sample in samples),
        per_split={split: sum(counts.values()) for split, counts in splits.items() if counts},
        per_subject=dict(sorted(Counter(sample.subject for sample in samples if sample.subject).items())),
        per_class_of_split={split: counts for split, counts in splits.items() if counts},
    )


def _by_class(labels: Iterable[str]) -> dict[str, int]:
    counts = Counter(labels)
    return {label: counts[label] for label in CANONICAL if counts[label]}
