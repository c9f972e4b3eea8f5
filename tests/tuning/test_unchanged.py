"""Which settings of a search may change between two of its runs, and what is said of the others."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_search import PROVENANCE, make_spec

from harness.errors import ChangedError
from harness.records import Provenance
from harness.tuning.folder import SearchFolder
from harness.tuning.search_file import write_search_file
from harness.tuning.spec import SearchSpec
from harness.tuning.unchanged import check_unchanged

SECTIONS: dict[str, dict[str, Any]] = {
    "dataset": {"name": "synthetic-posed", "images": 140, "size": 24},
    "space": {"slices": [1, 2, 4, 8], "learning_rate": {"low": 0.001, "high": 0.01}},
    "budget": {"trials": 12, "epochs": 3},
}


def spec_with(key: str = "", value: Any = None) -> SearchSpec:
    """The search with one setting changed."""
    sections = {name: dict(section) for name, section in SECTIONS.items()}
    section, _, name = key.rpartition(".")
    if section:
        sections.setdefault(section, {})[name] = value
    return make_spec(**sections, **({} if section or not key else {name: value}))


@pytest.fixture
def folder(tmp_path: Path) -> SearchFolder:
    """Holds a search."""
    folder = SearchFolder(tmp_path)
    folder.spec.write_text(write_search_file(spec_with()))
    folder.provenance.write_text(json.dumps(PROVENANCE.to_dict()))
    return folder


def test_an_empty_folder_takes_any_search(tmp_path: Path) -> None:
    check_unchanged(SearchFolder(tmp_path), spec_with(), PROVENANCE)


def test_the_same_search_goes_on(folder: SearchFolder) -> None:
    check_unchanged(folder, spec_with(), PROVENANCE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("budget.trials", 50),
        ("budget.time", "30m"),
        ("dataset.path", "elsewhere"),
        ("checkpoint_every_s", 5),
        ("resources.cpu", 2),
        ("resources.gpu", 0.5),
        ("resources.concurrent", 1),
        ("confirm.top", 5),
        ("confirm.seeds", 9),
    ],
)
def test_what_changes_no_trial_may_change(folder: SearchFolder, key: str, value: Any) -> None:
    check_unchanged(folder, spec_with(key, value), PROVENANCE)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("seed", 1, "seed was 0, now 1"),
        ("dataset.name", "synthetic-spontaneous", "'synthetic-posed', now 'synthetic-spontaneous'"),
        ("dataset.size", 32, "dataset.size was 24, now 32"),
        ("dataset.images", 280, "dataset.images was 140, now 280"),
        ("dataset.color", "rgb", "dataset.color was 'gray', now 'rgb'"),
        ("dataset.classes", ["fear", "anger"], "dataset.classes was None, now ['fear', 'anger']"),
        ("dataset.seed", 3, "dataset.seed was 0, now 3"),
        ("protocol.folds", 3, "protocol.folds was None, now 3"),
        ("protocol.test", 0.2, "protocol.test was 0.15, now 0.2"),
        ("protocol.classifier", "knn", "protocol.classifier was 'nearest-mean', now 'knn'"),
        ("protocol.objective", "val_accuracy", "protocol.objective was 'val_uar', now 'val_accuracy'"),
        ("method.name", "single", "method.name was 'multi-threshold', now 'single'"),
        ("method.batch_size", 84, "method.batch_size was 96, now 84"),
        ("method.loss", "triplet", "method.loss was 'dual-triplet', now 'triplet'"),
        ("method.collapse_patience", 0, "method.collapse_patience was 3, now 0"),
        ("space.slices", [1, 2], "space.slices was [1, 2, 4, 8], now [1, 2]"),
        ("space.ce_weight", [0.0, 0.5], "space.ce_weight was None, now [0.0, 0.5]"),
        (
            "space.learning_rate",
            {"low": 0.001, "high": 0.02},
            "'high': 0.01}, now {'low': 0.001, 'high': 0.02}",
        ),
        ("sampler.name", "random", "sampler.name was 'tpe', now 'random'"),
        ("early_stopping.name", "median", "early_stopping.name was 'none', now 'median'"),
        ("budget.epochs", 9, "budget.epochs was 3, now 9"),
    ],
)
def test_what_changes_trials_is_refused_with_both_values(
    folder: SearchFolder, key: str, value: Any, told: str
) -> None:
    spec = spec_with(key, value)
    with pytest.raises(ChangedError, match=rf"{folder.root} holds another search: .*{re.escape(told)}"):
        check_unchanged(folder, spec, PROVENANCE)


@pytest.mark.parametrize(
    ("provenance", "told"),
    [
        (replace(PROVENANCE, fingerprint="beef"), "the faces' fingerprint was f00d, now beef"),
        (replace(PROVENANCE, split_hash="0dd5"), "the split's hash was 5b1e, now 0dd5"),
    ],
)
def test_other_faces_are_refused_with_both_hashes(
    folder: SearchFolder, provenance: Provenance, told: str
) -> None:
    with pytest.raises(ChangedError, match=rf"{told}.*--set name=NAME, or another --results"):
        check_unchanged(folder, spec_with(), provenance)


def test_other_code_and_hardware_go_on(folder: SearchFolder) -> None:
    elsewhere = replace(PROVENANCE, git_commit="0000000", hardware={"cores": "64"}, packages={"torch": "3"})
    check_unchanged(folder, spec_with(), elsewhere)
