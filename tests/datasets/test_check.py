"""A listing against the literature: which rows differ, which of them matter, and what was found."""

from __future__ import annotations

from dataclasses import replace

from harness.datasets.check import CheckRow, check
from harness.datasets.listing import count_classes, count_faces, count_subjects
from harness.datasets.sample import ImageFile, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source

LEFT_OUT = (LeftOut(reason="rows without a name", count=4),)


def sample(label: str, number: int, *, split: str = "", subject: str = "") -> Sample:
    return Sample(
        place=ImageFile(f"{number}.png"), crop=Whole(), label=label, code="0", split=split, subject=subject
    )


LISTING = Listing(
    samples=(
        sample("surprise", 0, split="test", subject="B"),
        sample("anger", 1, split="train", subject="B"),
        sample("anger", 2, split="train", subject="A"),
        sample("anger", 3, split="test", subject="B"),
    ),
    left_out=LEFT_OUT,
)


def source(*expected: Expectation) -> Source:
    def few(options: Options) -> list[Expectation]:
        return [replace(each, part="") if options.get("whole") else each for each in expected]

    return Source(
        name="few",
        kind="posed",
        title="Few",
        page="https://example.org",
        layout=("1.png",),
        options={"whole": Option(False, (False, True), "counts all splits together")},
        list_samples=lambda root, options: LISTING,
        expected=few,
        describe=lambda options: "2 classes",
        protocol="official",
    )


def test_counts_that_are_as_expected_differ_nowhere() -> None:
    report = check(source(count_faces(3, 4), count_subjects(2), *count_classes({"anger": 3})), LISTING, {})
    assert [(row.what, row.found, row.ok) for row in report.rows] == [
        ("faces", 4, True),
        ("subjects", 2, True),
        ("anger", 3, True),
    ]
    assert report.differs == ()
    assert report.words == "all 3 certain counts are as expected"


def test_a_certain_count_that_differs_is_told_with_part_reason_and_both_numbers() -> None:
    report = check(source(count_faces(1200, part="train", reason="a folder is missing")), LISTING, {})
    assert report.differs == report.rows
    assert report.rows[0] == CheckRow(
        what="faces", part="train", expected=(1200,), found=2, sure=True, reason="a folder is missing"
    )
    assert report.rows[0].words == "train faces: expected 1,200, found 2 (a folder is missing)"
    assert report.words == "1 of 1 certain counts differ"


def test_a_count_that_is_only_stated_is_shown_and_is_no_failure() -> None:
    report = check(source(count_subjects(31, 32, sure=False), count_faces(4)), LISTING, {})
    assert [row.ok for row in report.rows] == [False, True]
    assert report.differs == ()
    assert "subjects: expected 31 or 32, found 2" in report.rows[0].words
    assert "only commonly stated" in report.rows[0].words
    assert report.words == "all 1 certain counts are as expected; 1 more where the literature is not certain"


def test_a_count_that_fits_says_so_in_words() -> None:
    assert check(source(count_faces(4)), LISTING, {}).rows[0].words == "faces: 4, as expected"


def test_what_is_expected_follows_the_options() -> None:
    counted = source(count_faces(4, part="train"))
    assert check(counted, LISTING, {"whole": True}).rows[0].part == ""
    assert check(counted, LISTING, {"whole": False}).rows[0].part == "train"


def test_the_report_counts_what_was_found_by_class_split_and_person() -> None:
    report = check(source(), LISTING, {})
    assert list(report.per_class.items()) == [("anger", 3), ("surprise", 1)]
    assert list(report.per_split.items()) == [("train", 2), ("test", 2)]
    assert list(report.per_subject.items()) == [("A", 1), ("B", 3)]
    assert report.per_class_of_split == {"train": {"anger": 2}, "test": {"anger": 1, "surprise": 1}}
    assert report.left_out == LEFT_OUT


def test_a_dataset_without_splits_or_known_people_has_neither_in_its_report() -> None:
    report = check(source(), Listing(samples=(sample("fear", 0),)), {})
    assert report.per_class == {"fear": 1}
    assert (report.per_split, report.per_subject, report.per_class_of_split) == ({}, {}, {})
