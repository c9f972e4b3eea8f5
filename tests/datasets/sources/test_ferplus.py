"""FERPlus as it is distributed: what each rule makes of ten votes, in both forms, and what is told of a damaged copy."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import ferplus_tree
import pytest
from ferplus_tree import votes_of
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets.sample import ImageFile, PixelText
from harness.datasets.source import Listing, chosen_options
from harness.datasets.sources.ferplus import COLUMNS, RULES, SOURCE
from harness.errors import DatasetError, ImageError, LabelError

NEUTRAL, HAPPINESS, SURPRISE, SADNESS, ANGER, UNKNOWN, NO_FACE = 0, 1, 2, 3, 4, 8, 9


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ferplus")
    ferplus_tree.write_tree(root, people=6)
    return root


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ferplus-folders")
    ferplus_tree.write_folders(root, people=6)
    return root


@pytest.fixture
def copy(tables: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tables, tmp_path / "copy"))


def listed(root: Path, **options: str | int | bool) -> Listing:
    return SOURCE.list_samples(root, chosen_options(SOURCE, options))


def replaced(path: Path, old: str, new: str, *, line: int) -> None:
    lines = path.read_text().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("counts", "majority", "probability", "first", "unique"),
    [
        ({NEUTRAL: 10}, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL),
        ({SADNESS: 6, NEUTRAL: 4}, SADNESS, SADNESS, SADNESS, SADNESS),
        ({NEUTRAL: 5, SADNESS: 5}, None, NEUTRAL, NEUTRAL, None),
        # Without the single votes 4 of 7 are more than half.
        ({ANGER: 4, NEUTRAL: 3, 5: 1, 6: 1, 7: 1}, ANGER, ANGER, ANGER, ANGER),
        ({ANGER: 4, NEUTRAL: 3, SADNESS: 3}, None, ANGER, ANGER, ANGER),
        ({UNKNOWN: 7, NEUTRAL: 3}, UNKNOWN, None, UNKNOWN, UNKNOWN),
        ({NO_FACE: 10}, NO_FACE, None, NO_FACE, NO_FACE),
        # `unknown` ends the taking: 4 of 9 are no more than half.
        ({NEUTRAL: 4, UNKNOWN: 3, SADNESS: 2, HAPPINESS: 1}, None, None, NEUTRAL, NEUTRAL),
        # An emotion that is as frequent as `unknown` is taken before it.
        ({NEUTRAL: 4, HAPPINESS: 3, UNKNOWN: 3}, None, NEUTRAL, NEUTRAL, NEUTRAL),
        # More than three emotions are too many.
        ({NEUTRAL: 4, HAPPINESS: 2, SURPRISE: 2, SADNESS: 2}, None, None, NEUTRAL, NEUTRAL),
        (dict.fromkeys(range(10), 1), None, None, NEUTRAL, None),
    ],
)
def test_a_rule_makes_a_column_of_the_votes_or_nothing(
    counts: dict[int, int],
    majority: int | None,
    probability: int | None,
    first: int | None,
    unique: int | None,
) -> None:
    made = [rule(votes_of(counts)) for rule in RULES.values()]
    assert made == [majority, probability, first, unique]


@given(st.lists(st.integers(0, 10), min_size=10, max_size=10))
def test_a_majority_is_a_label_under_every_other_rule_too(votes: list[int]) -> None:
    column = RULES["official-majority"](votes)
    if column is not None and column < 8:
        assert {rule(votes) for rule in RULES.values()} == {column}


@pytest.mark.parametrize(
    ("rule", "per_person"), [("official-majority", 8), ("official-probability", 10), ("argmax", 10)]
)
def test_faces_without_a_label_and_rows_without_a_name_are_left_out_and_counted(
    tables: Path, rule: str, per_person: int
) -> None:
    listing = listed(tables, label_rule=rule)
    assert len(listing.samples) == 6 * per_person
    assert [(part.reason, part.count) for part in listing.left_out] == [
        ("rows without an image name", 2),
        (f"faces to which {rule} gives no label", 6 * (11 - per_person)),
    ]


def test_pixels_are_those_of_the_same_row_although_rows_without_a_name_lie_between(tables: Path) -> None:
    listing = listed(tables)
    ours = ferplus_tree.voted_rows(6)
    for sample in listing.samples:
        assert isinstance(sample.place, PixelText)
        row, name, votes = ours[sample.place.row]
        assert name
        assert sample.place.pixels == row[1].tobytes()
        assert sample.label == COLUMNS[votes.index(max(votes))]


def test_folders_and_tables_hold_the_same_faces_with_the_same_labels(tables: Path, folders: Path) -> None:
    for rule in RULES:
        of_tables, of_folders = (
            Counter(
                (sample.split, sample.label, sample.code) for sample in listed(root, label_rule=rule).samples
            )
            for root in (tables, folders)
        )
        assert of_tables == of_folders
    place = listed(folders).samples[0].place
    assert place == ImageFile("data/FER2013Train/fer0000000.png")


def test_expected_counts_follow_the_rule_and_are_sure() -> None:
    counts = {
        rule: [each.counts[0] for each in SOURCE.expected({"label_rule": rule}) if each.sure]
        for rule in RULES
    }
    assert counts == {
        "official-majority": [25060, 3199, 3153],
        "official-probability": [27956, 3505, 3505],
        "argmax": [28389, 3553, 3546],
        "unique-argmax": [26940, 3396, 3376],
    }


def test_expected_counts_find_what_is_listed(tables: Path) -> None:
    found = {
        (each.part, each.what): each.found(listed(tables))
        for each in SOURCE.expected({"label_rule": "argmax"})
    }
    assert found == {
        ("train", "faces"): 32,
        ("val", "faces"): 8,
        ("test", "faces"): 8,
        ("", "rows without an image name"): 2,
    }


def test_the_protocols_name_says_the_rule_and_that_probability_is_made_one_label() -> None:
    assert SOURCE.describe({"label_rule": "argmax"}) == "8 classes, argmax labels"
    assert "the largest of up to 3" in SOURCE.describe({"label_rule": "official-probability"})


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "told"),
    [
        (
            "fer2013new.csv",
            ",8,",
            ",many,",
            LabelError,
            r"fer2013new\.csv: line 2: .* votes for neutral, got 'many'",
        ),
        (
            "fer2013new.csv",
            "Training",
            "PublicTest",
            DatasetError,
            r"line 2: expected Usage Training as in line 2 of fer2",
        ),
        ("fer2013new.csv", "Training", "Test", DatasetError, r"line 2: expected Usage .*, got 'Test'"),
        (
            "fer2013new.csv",
            "fer0000000",
            "fer0000001",
            DatasetError,
            r"line 3: .* got Training fer0000001\.png;",
        ),
        ("fer2013new.csv", ",8", "", DatasetError, r"line 2: expected 12 cells, got 11"),
        (
            "fer2013.csv",
            " ",
            " 999 ",
            ImageError,
            r"fer2013\.csv: line 2: expected 2304 pixels .* '999' among them",
        ),
    ],
)
def test_a_damaged_row_of_either_table_is_told_with_its_line(
    copy: Path, file: str, old: str, new: str, error: type[DatasetError], told: str
) -> None:
    replaced(copy / file, old, new, line=2)
    with pytest.raises(error, match=told):
        listed(copy)


@pytest.mark.parametrize(
    ("file", "other"), [("fer2013.csv", "fer2013new.csv"), ("fer2013new.csv", "fer2013.csv")]
)
def test_tables_of_different_length_are_refused(copy: Path, file: str, other: str) -> None:
    lines = (copy / file).read_text().splitlines()
    (copy / file).write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(
        DatasetError, match=rf"fer2013new\.csv: expected a row for each .* got none for row 68 of {other}"
    ):
        listed(copy)


def test_votes_without_faces_say_which_table_is_lacking(copy: Path) -> None:
    (copy / "fer2013.csv").unlink()
    with pytest.raises(DatasetError, match=r"FERPlus with fer2013\.csv .* got fer2013new\.csv"):
        listed(copy)


def test_faces_without_votes_say_which_table_is_lacking(copy: Path) -> None:
    (copy / "fer2013new.csv").unlink()
    with pytest.raises(DatasetError, match=r"fer2013\.csv beside fer2013new\.csv"):
        listed(copy)


def test_a_picture_that_a_row_names_and_nobody_made_is_told(folders: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(folders, tmp_path / "copy"))
    (root / "data/FER2013Valid/fer0000046.png").unlink()
    with pytest.raises(
        DatasetError, match=r"FER2013Valid/fer0000046\.png: expected the picture that line 2 of"
    ):
        listed(root)


def test_a_row_of_a_folder_with_too_few_cells_is_told_with_its_line(folders: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(folders, tmp_path / "copy"))
    replaced(root / "data/FER2013Train/label.csv", ",0", "", line=3)
    with pytest.raises(
        DatasetError, match=r"Train/label\.csv: line 3: expected a name, a box .* got 11 cells"
    ):
        listed(root)
