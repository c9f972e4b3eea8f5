"""A backbone that learns other faces first: once, whatever interrupts it, and never those that the search tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from rich.console import Console
from safetensors.torch import load_file
from toy_search import PROVENANCE, make_result, make_spec

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import search_faces
from harness.errors import DatasetError, StudyError
from harness.learning.trial import Trial
from harness.records import TrialState
from harness.reporting.progress import Progress
from harness.reproduce import prepare_again, read_stored, reproduce
from harness.search import Outcome, Prepared, prepare, run_search, search_folder, worker_settings
from harness.tuning.folder import PRETRAINED, SearchFolder
from harness.tuning.journal import open_journal
from harness.tuning.pretrain import Pretraining, pretraining_config, pretraining_faces
from harness.tuning.read import read_search
from harness.tuning.serial import SerialBackend
from harness.tuning.source import Step
from harness.tuning.spec import SearchSpec

OTHER = {"dataset": {"name": "synthetic-spontaneous", "images": 140}, "epochs": 2}
METHOD = {"embedding_dim": 16, "batch_size": 28, "pretrain": OTHER}


def spec_with(method: dict[str, Any] | None = None, **sections: Any) -> SearchSpec:
    small = {
        "space": {"slices": [1, 2]},
        "budget": {"trials": 2, "epochs": 1},
        "confirm": {"top": 1, "seeds": 1},
    }
    return make_spec(**{**small, "method": {**METHOD, **(method or {})}, **sections})


def run(prepared: Prepared, results: Path) -> Outcome:
    backend = SerialBackend(worker_settings(prepared, results=results))
    return run_search(prepared, backend, results=results, progress=Progress(Console(quiet=True)))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Path]:
    results = tmp_path_factory.mktemp("pretrained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(results / "cache"))
        prepared = prepare(spec_with())
    assert run(prepared, results).ran == 4
    return prepared, results


def folder_of(searched: tuple[Prepared, Path]) -> SearchFolder:
    return search_folder(searched[1], searched[0].spec)


def test_every_training_begins_with_the_weights_of_the_search_folder(
    searched: tuple[Prepared, Path],
) -> None:
    prepared, folder = searched[0], folder_of(searched)
    record = read_search(folder)
    trainings = [*record.trials, *record.runs]
    assert [each.config.backbone_checkpoint for each in trainings] == [PRETRAINED] * 3
    begun = Trial(folder.located(trainings[0].config), search_faces(prepared.faces, prepared.division))
    stored, own = load_file(folder.pretrained), begun.backbone_weights()
    assert stored.keys() == own.keys()
    assert all(torch.equal(stored[name], own[name]) for name in stored)


def test_the_weights_are_of_the_other_faces_alone(searched: tuple[Prepared, Path]) -> None:
    prepared, folder = searched[0], folder_of(searched)
    assert prepared.pretraining is not None
    alone = Trial(pretraining_config(prepared.spec), prepared.pretraining)
    while not alone.done:
        alone.step()
    stored, again = load_file(folder.pretrained), alone.backbone_weights()
    assert all(torch.equal(stored[name], again[name]) for name in stored)


def test_it_is_no_trial_and_has_no_row_in_tensorboard(searched: tuple[Prepared, Path]) -> None:
    folder = folder_of(searched)
    assert len(read_search(folder).trials) == 2
    (run_of_it,) = folder.tensorboard.glob("*/*/*-pretraining")
    written = b"".join(path.read_bytes() for path in run_of_it.glob("events*"))
    assert b"val_uar" in written
    assert b"_hparams_" not in written


def test_the_same_command_again_trains_nothing(searched: tuple[Prepared, Path], tmp_path: Path) -> None:
    prepared, results = searched
    shutil.copytree(results, tmp_path, dirs_exist_ok=True)
    assert run(prepared, tmp_path).ran == 0


def test_weights_that_are_gone_are_made_again_and_are_the_same(
    searched: tuple[Prepared, Path], tmp_path: Path
) -> None:
    prepared, results = searched
    shutil.copytree(results, tmp_path, dirs_exist_ok=True)
    weights = search_folder(tmp_path, prepared.spec).pretrained
    before = weights.read_bytes()
    weights.unlink()
    assert run(prepared, tmp_path).ran == 1
    assert weights.read_bytes() == before


def test_a_row_is_reproduced_from_the_stored_weights(
    searched: tuple[Prepared, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, results = searched
    monkeypatch.setenv("XDG_CACHE_HOME", str(results / "cache"))
    stored = read_stored(results, prepared.spec.name, rule="honest")
    again = prepare_again(stored)
    backend = SerialBackend(worker_settings(again, results=tmp_path))
    quiet = Progress(Console(quiet=True))
    assert reproduce(stored, again, backend, scratch=tmp_path, progress=quiet).equal


def test_an_interrupted_one_goes_on_under_its_number_and_a_failed_one_is_made_again(tmp_path: Path) -> None:
    def opened() -> Pretraining:
        return Pretraining(spec_with(), open_journal(tmp_path / "journal.log"), provenance=PROVENANCE)

    first = opened().next()
    assert first is not None
    assert first.keep_backbone
    again = opened()
    resumed = again.next()
    assert resumed is not None
    assert (resumed.number, resumed.name) == (first.number, first.name)
    failed = replace(make_result(0.1, state=TrialState.FAIL), reason="no space left")
    again.report(first.number, Step(reports=(), standing=failed))
    with pytest.raises(StudyError, match="gave no weights: no space left"):
        again.require_weights(SearchFolder(tmp_path))
    another = opened().next()
    assert another is not None
    assert (another.number, another.config) == (first.number + 1, first.config)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"method": {"backbone_checkpoint": "a.pt"}}, "backbone_checkpoint names some; keep one"),
        ({"space": {"backbone": ["small-cnn", "timm:resnet18"]}}, "fix it under method"),
        ({"dataset": {"name": "synthetic-spontaneous"}}, "is the search's dataset, so what is tested would be learned"),
        ({"protocol": {"test_on": {"name": "synthetic-spontaneous"}}}, "is the search's protocol.test_on"),
        ({"method": {"pretrain": {"dataset": {"name": "synthetic-spontaneous", "size": 64}}}},
         "method.pretrain.dataset: its faces must look like those of dataset, 24 pixels gray, got 64 pixels gray"),
        ({"protocol": {"test_on": {"name": "rafdb", "color": "rgb"}}}, r"protocol\.test_on: its faces must look like"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changed: dict[str, Any], told: str) -> None:
    method = changed.pop("method", None)
    with pytest.raises(ValidationError, match=told):
        spec_with(method, **changed)


def test_other_faces_take_size_and_colour_of_the_searchs_own() -> None:
    spec = spec_with(dataset={"name": "synthetic-posed", "size": 32, "color": "rgb"})
    assert {(other.size, other.color) for other in spec.other_datasets().values()} == {(32, "rgb")}


def test_other_faces_that_hold_a_picture_of_the_search_are_refused(
    make_faces: Callable[..., FaceSet],
) -> None:
    own, other = make_faces(0), make_faces(1)
    pretraining_faces(other, apart_from=[own], seed=0)
    other.images[7] = own.images[3]
    with pytest.raises(DatasetError, match="got 1 that are in other too"):
        pretraining_faces(other, apart_from=[own], seed=0)


@pytest.fixture
def make_faces() -> Callable[[int], FaceSet]:
    def make(seed: int) -> FaceSet:
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 24, 24), dtype=np.uint8)
        labels = np.arange(40, dtype=np.int64) % 2
        return FaceSet(name=("own", "other")[seed], images=pixels, labels=labels, class_names=("a", "b"))

    return make
