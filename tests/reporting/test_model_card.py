"""The model card: what it says of a model in every case that a search can give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.reporting.model_card import model_card
from harness.reporting.stored_fold import StoredFold, stored_fold
from harness.reporting.tables import write_search


@pytest.fixture
def run(build: Any, tmp_path: Path) -> StoredFold:
    write_search(build.search(), tmp_path / "faces")
    return stored_fold(tmp_path, "faces")


def changed(fold: StoredFold, **changes: Any) -> StoredFold:
    """The same fold of a run that is otherwise."""
    return replace(fold, run=replace(fold.run, **changes))


def card(run: StoredFold, **changes: Any) -> str:
    given: dict[str, Any] = {
        "size": 48,
        "color": "gray",
        "fingerprint": "cafe",
        "metrics": {"test_uar": 0.725, "test_accuracy": 0.75},
        "confusion": ((3, 1), (0, 0)),
        "compared": ("epoch", "test_uar"),
        "differences": (),
        "licence": "Ask them.",
        "cropping": "by hand",
        "exported_by": run.provenance,
    }
    return model_card(run, **(given | changes))


def test_each_section_stands_in_it_once(run: StoredFold) -> None:
    told = [line.removeprefix("## ") for line in card(run).splitlines() if line.startswith("## ")]
    assert told == [
        "Intended use and limits", "Data", "Metrics", "Recall of each class", "Licence", "Provenance", "Use",
    ]  # fmt: skip
    assert card(run).startswith("# faces: facial expression embeddings, multi-threshold on synthetic-posed\n")


def test_every_table_has_as_many_cells_in_each_line(run: StoredFold) -> None:
    piped = changed(run, provenance=replace(run.provenance, class_names=("an|ger", "fear")))
    tables = card(piped).replace("\\|", "").split("\n\n")
    counts = [{line.count("|") for line in part.splitlines()} for part in tables if part.startswith("|")]
    assert len(counts) == 5
    assert all(len(each) == 1 for each in counts)


def test_the_interval_stands_beside_the_metric_that_it_is_of(run: StoredFold) -> None:
    low, high = 100 * run.ranked.low, 100 * run.ranked.high
    assert f"| test_uar | 72.5 | 70.0 [{low:.1f}, {high:.1f}], 3 fresh seeds |" in card(run)
    assert "| test_accuracy | 75.0 |  |" in card(run)
    alone = replace(run, ranked=replace(run.ranked, low=float("nan"), high=float("nan"), n=1))
    assert "| test_uar | 72.5 | 70.0 –, 1 fresh seeds |" in card(alone)


def test_a_class_without_test_faces_has_no_recall(run: StoredFold) -> None:
    assert "| anger | 75.0 | 4 |\n| fear | – | 0 |" in card(run)


def test_folds_are_told_where_there_are_several(run: StoredFold) -> None:
    several = card(replace(changed(run, row={**run.run.row, "folds": 10, "chosen_epochs": [2] * 10}), fold=3))
    assert "| % of the test part of fold 3 |" in several
    assert "3 fresh seeds, mean of 10 folds |" in several
    assert "6 train, 2 validation, 2 test (of fold 0) |" in several
    assert "fold 0)" not in card(run)


def test_what_was_compared_or_what_differs_is_told(run: StoredFold) -> None:
    assert "it equals the run of the leaderboard in epoch, test_uar." in card(run)
    told = card(run, differences=("test_uar was 0.5, now 0.4",))
    assert "it differs from the run of the leaderboard: test_uar was 0.5, now 0.4." in told


def test_terms_name_the_checkpoint_without_its_folder(run: StoredFold) -> None:
    begun = changed(run, config=replace(run.config, backbone_checkpoint="/home/me/weights/net.safetensors"))
    told = card(begun)
    assert "Ask them. Training began from the weights in `net.safetensors`, whose terms hold as well." in told
    assert "/home/me" not in told


def test_code_is_told_with_its_changes_or_as_no_checkout(run: StoredFold) -> None:
    dirty = replace(run.provenance, git_dirty=True)
    assert "| code of the export | commit 73c1e42 with changes |" in card(run, exported_by=dirty)
    assert "| code of the run | commit 73c1e42 |" in card(run, exported_by=dirty)
    assert "| code of the export | no checkout |" in card(run, exported_by=replace(dirty, git_commit=""))


def test_neighbours_in_the_weights_are_told(run: StoredFold) -> None:
    assert "neighbours" not in card(run)
    assert "an embedding of each training face" in card(
        changed(run, config=replace(run.config, classifier="knn"))
    )
