"""`harness export` over searches that were really run: the model is the run of the leaderboard, or is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from exported import FOLD, SEARCH, Place, harness, refusal, run_and_export, run_search
from PIL import Image

from harness.errors import ModelError
from harness.export import Order, read_order, train_again, write
from harness.learning.evaluation import Embedded
from harness.learning.metrics.classifiers import classify
from harness.learning.trial import Trial
from harness.model import Model, load_model
from harness.records import HONEST
from harness.tuning.confirm import open_under_rule
from harness.tuning.yaml_file import parse_set

EQUAL = "equal to the stored run in epoch, test_accuracy, test_uar\n"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "faces"))
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, cache: None) -> Place:
    return run_and_export(tmp_path_factory.mktemp("export"))


@pytest.fixture
def results(place: Place, tmp_path: Path) -> Path:
    """A copy, to spoil."""
    return Path(shutil.copytree(place.results, tmp_path / "results"))


def change_run(results: Path, **values: Any) -> None:
    """Writes other values into every row of the stored runs."""
    path = results / "faces" / "runs.parquet"
    table = pq.read_table(path)
    rows = [{**row, **values} for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def files(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def parts_of(order: Order, model: Model) -> tuple[Embedded, np.ndarray]:
    """The validation faces of the run's fold as its own evaluation embeds them, and as the model does."""
    training = train_again(order).training
    validation = training.part.validation
    return training.embed_part(validation), model.embed(training.pixels.images[validation])


def test_the_folder_holds_weights_config_and_card(place: Place) -> None:
    assert files(place.model) == ["README.md", "config.json", "model.safetensors"]


def test_what_is_printed_names_the_run_its_metric_and_the_folder(place: Place, tmp_path: Path) -> None:
    told = harness(
        "export", "faces", "--results", place.results, "--fold", 2, "--repeat", 1, "-o", tmp_path / "m"
    )
    assert told.startswith("faces  trial ")
    assert ", repeat 1, fold 2 of 3: training it again\n" in told
    assert re.search(r"^test UAR \d+\.\d % on its 84 test faces$", told, flags=re.MULTILINE)
    assert EQUAL in told
    assert told.endswith(f"{tmp_path / 'm'}\n")


def test_a_quiet_export_prints_nothing(place: Place, tmp_path: Path) -> None:
    assert harness("export", "faces", "--results", place.results, "-o", tmp_path / "model", "--quiet") == ""


def test_the_same_export_gives_the_same_folder(place: Place, tmp_path: Path) -> None:
    harness(
        "export", "faces", "--results", place.results, "--fold", FOLD, "-o", tmp_path / "model", "--quiet"
    )
    for name in files(place.model):
        assert (tmp_path / "model" / name).read_bytes() == (place.model / name).read_bytes()


def test_an_export_leaves_the_search_as_it_was(place: Place, results: Path, tmp_path: Path) -> None:
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}

    before = content()
    harness("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert content() == before


def test_the_config_says_what_was_trained_and_where_it_comes_from(place: Place) -> None:
    values = json.loads((place.model / "config.json").read_text())
    row = pq.read_table(place.results / "faces" / "runs.parquet").to_pylist()[0]
    for name in ("seed", "slices", "learning_rate", "margin_min", "loss", "classifier"):
        assert values["config"][name] == row[name]
    assert values["schema_version"] == 1
    assert values["class_names"] == row["class_names"]
    assert (values["size"], values["channels"]) == (24, 1)
    assert len(values["thresholds"]) == values["slices"] == row["slices"]
    origin = values["origin"]
    assert [origin[name] for name in ("search", "trial", "repeat", "fold")] == [
        "faces",
        row["trial"],
        0,
        FOLD,
    ]
    assert origin["metrics"]["test_uar"] == row["fold_test_uar"][FOLD]
    assert (origin["fingerprint_of_faces"], origin["split_hash"]) == (row["fingerprint"], row["split_hash"])


def test_the_card_tells_data_metrics_recalls_licence_and_provenance(place: Place) -> None:
    card = (place.model / "README.md").read_text()
    board = pq.read_table(place.results / "leaderboard.parquet").to_pylist()[0]
    for told in (
        f"[{100 * board['low']:.1f}, {100 * board['high']:.1f}], 2 fresh seeds, mean of 3 folds |",
        f"| fingerprint of the faces | {board['fingerprint']} |",
        f"| hash of the split | {board['split_hash']} |",
        f"| code of the run | commit {board['git_commit']}",
        f"it equals the run of the leaderboard in {EQUAL.removeprefix('equal to the stored run in ').strip()}.",
        "no dataset's terms apply",
        "torch 2.",
    ):
        assert told in card
    recalls = re.findall(r"^\| (\w+) \| (\d+\.\d) \| 12 \|$", card, flags=re.MULTILINE)
    assert [name for name, _ in recalls] == board_classes(place)
    uar = json.loads((place.model / "config.json").read_text())["origin"]["metrics"]["test_uar"]
    assert np.mean([float(recall) for _, recall in recalls]) == pytest.approx(100 * uar, abs=0.1)


def board_classes(place: Place) -> list[str]:
    names: list[str] = pq.read_table(place.results / "faces" / "runs.parquet").to_pylist()[0]["class_names"]
    return names


def test_the_model_embeds_and_predicts_as_the_evaluation_of_its_training_does(
    place: Place, tmp_path: Path
) -> None:
    model = load_model(place.model)
    order = read_order(place.results, "faces", output=tmp_path / "model", fold=FOLD)
    query, ours = parts_of(order, model)
    assert np.abs(ours - query.features.numpy()).max() <= 1e-6
    assert np.linalg.norm(ours, axis=1) == pytest.approx(1.0)
    reference = train_again(order).training
    known = reference.embed_part(reference.part.train)
    expected = classify("nearest-mean", known.features, known.labels, query.features, classes=7)
    assert model.classify(ours).tolist() == expected.tolist()
    assert model.distances(ours).argmin(1).tolist() == expected.tolist()


def test_the_model_is_the_first_fold_of_the_whole_run(place: Place, tmp_path: Path) -> None:
    order = read_order(place.results, "faces", output=tmp_path / "model")
    write(order, train_again(order))
    trained, test = open_under_rule(
        order.prepared.faces, order.prepared.division, rule=HONEST, spec=order.prepared.spec
    )
    trial = Trial(order.run.config, trained, test=test, device=torch.device("cpu"))
    while not trial.done:
        trial.step()
    assert trial.validation_embedding is not None
    images = trained.faces.images[trained.folds[0].validation]
    ours = load_model(tmp_path / "model").embed(images)
    assert np.abs(ours - trial.validation_embedding).max() < 1e-3  # a trial keeps it as float16


@pytest.mark.parametrize("classifier", ["knn", "logistic"])
def test_every_classifier_predicts_as_it_did_when_it_was_measured(classifier: str, tmp_path: Path) -> None:
    text = SEARCH.replace("split: kfold, folds: 3", f"classifier: {classifier}").replace(
        "trials: 2", "trials: 1"
    )
    results = run_search(tmp_path, text)
    order = read_order(results, "faces", output=tmp_path / "model")
    retrained = train_again(order)
    assert retrained.differences == ()
    assert {"val_uar", "val_map_at_r", "test_macro_f1", "test_map_at_r"} < set(retrained.compared)
    write(order, retrained)
    model, test = load_model(tmp_path / "model"), retrained.training.test
    assert test is not None
    right = model.predict(test.faces.images[test.folds[0]]) == test.faces.labels[test.folds[0]]
    assert right.mean() == pytest.approx(retrained.evaluation.metrics["accuracy"])
    card = (tmp_path / "model" / "README.md").read_text()
    assert ("an embedding of each training face" in card) == (classifier == "knn")


def test_a_loss_without_thresholds_and_a_backbone_of_timm_in_colour_are_exported_too(tmp_path: Path) -> None:
    text = SEARCH.replace("size: 24", "size: 32, color: rgb").replace("split: kfold, folds: 3", "split: auto")
    text = text.replace("ce_weight: 0.5", "loss: cross-entropy, backbone: 'timm:ghostnet_050'")
    text = text.replace("slices: [2, 4]", "learning_rate: [0.001]").replace(
        "trials: 2, epochs: 2", "trials: 1, epochs: 1"
    )
    results = run_search(tmp_path, text)
    order = read_order(results, "faces", output=tmp_path / "model")
    write(order, train_again(order))
    model = load_model(tmp_path / "model")
    assert set(model.description.thresholds) == {None}
    query, ours = parts_of(order, model)
    assert np.abs(ours - query.features.numpy()).max() <= 1e-6
    with pytest.raises(ModelError, match=r"uint8 \[n, 3, 32, 32\], got uint8 \[4, 32, 32\]"):
        model.embed(np.zeros((4, 32, 32), np.uint8))


def test_a_run_that_does_not_come_out_equal_is_exported_and_says_so(results: Path, tmp_path: Path) -> None:
    change_run(results, fold_test_uar=[0.9, 0.9, 0.9])
    told = harness("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert re.search(r"it differs from the stored run: test_uar was 0\.9, now 0\.\d+\n", told)
    assert (
        "it differs from the run of the leaderboard: test_uar was 0.9"
        in (tmp_path / "model/README.md").read_text()
    )


def test_an_empty_folder_is_filled(place: Place, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    harness("export", "faces", "--results", place.results, "-o", tmp_path / "model")
    assert files(tmp_path) == ["model", "model/README.md", "model/config.json", "model/model.safetensors"]


def a_file(output: Path) -> None:
    output.write_text("mine")


def a_full_folder(output: Path) -> None:
    output.mkdir()
    (output / "notes.txt").touch()


@pytest.mark.parametrize(
    ("lay_out", "told"),
    [
        (a_file, r"model is there already; remove it"),
        (a_full_folder, r"model is there already and holds notes\.txt;"),
    ],
)
def test_what_lies_at_the_output_is_not_touched(
    lay_out: Callable[[Path], None], told: str, place: Place, tmp_path: Path
) -> None:
    lay_out(tmp_path / "model")
    before = files(tmp_path)
    assert re.search(told, refusal("export", "faces", "--results", place.results, "-o", tmp_path / "model"))
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("facse",), r"results or a folder, got 'facse'; the nearest one there is 'faces'"),
        (("xyz",), r"got 'xyz'; searches there: faces"),
        (("faces", "--repeat", "5"), r"--repeat 5: faces has no such run that ran to its end; it has 0, 1"),
        (("faces", "--fold", "3"), r"--fold 3: the runs of faces have 3 folds, counted from 0"),
        (
            ("faces", "--set", "budget.epochs=9"),
            r"--set budget\.epochs=9: faces is trained again as it was; expected",
        ),
        (
            ("faces", "--set", "protocol.folds=4"),
            r"--set protocol\.folds=4: faces is trained again as it was",
        ),
        (("faces", "--set", "resources.cpus=2"), r"resources\.cpus: unknown key"),
    ],
)
def test_a_run_that_is_not_there_or_another_training_is_refused(
    arguments: tuple[str, ...], told: str, place: Place, tmp_path: Path
) -> None:
    said = refusal("export", *arguments, "--results", place.results, "-o", tmp_path / "model")
    assert re.search(told, said), said
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (
            "fingerprint",
            r"on these faces: the faces' fingerprint was f00d, now \w{16}\. .*--set dataset\.path=DIR",
        ),
        ("split_hash", r"on these faces: the split's hash was f00d, now \w{16}\. "),
    ],
)
def test_other_faces_or_another_split_are_refused_with_both_hashes(
    column: str, told: str, results: Path, tmp_path: Path
) -> None:
    change_run(results, **{column: "f00d"})
    said = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert re.search(told, said), said
    assert not (tmp_path / "model").exists()


def test_faces_that_lie_elsewhere_now_are_found_there(tmp_path: Path) -> None:
    """The search was run on a folder that has moved."""
    write_faces(tmp_path / "before")
    text = SEARCH.replace(
        "name: synthetic-posed, images: 280,", f"name: folder, path: {tmp_path / 'before'},"
    )
    text = text.replace("split: kfold, folds: 3", "test: 0.3, validation: 0.3").replace(
        "epochs: 2", "epochs: 1"
    )
    results = run_search(tmp_path, text)
    (tmp_path / "before").rename(tmp_path / "after")
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert "before: expected a folder" in told
    moved = f"dataset.path={tmp_path / 'after'}"
    told = harness("export", "faces", "--results", results, "-o", tmp_path / "model", "--set", moved)
    assert "equal to the stored run in epoch, test_accuracy, " in told
    rows = embedded(tmp_path / "model", tmp_path / "after")
    assert len(rows) == 56


def write_faces(folder: Path) -> None:
    """28 noisy faces of each of two classes, in folders."""
    rng = np.random.default_rng(0)
    for label in ("fear", "joy"):
        (folder / label).mkdir(parents=True)
        for number in range(28):
            pixels = rng.integers(256, size=(30, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")


def embedded(model: Path, images: Path) -> list[dict[str, Any]]:
    """The rows of the table that `harness embed` writes."""
    harness("embed", model, images, "-o", model.parent / "features.parquet")
    rows: list[dict[str, Any]] = pq.read_table(model.parent / "features.parquet").to_pylist()
    return rows


def test_a_missing_results_folder_is_refused(tmp_path: Path) -> None:
    told = refusal("export", "faces", "--results", tmp_path / "nowhere", "-o", tmp_path / "model")
    assert f"expected a search of {tmp_path}/nowhere or a folder, got 'faces'" in told


def test_a_search_whose_tables_are_damaged_is_refused_with_the_file(results: Path, tmp_path: Path) -> None:
    (results / "faces" / "runs.parquet").write_text("torn")
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert re.search(r"faces/runs\.parquet cannot be read as Parquet", told)


def test_a_search_without_its_file_is_refused(results: Path, tmp_path: Path) -> None:
    (results / "faces" / "search.yaml").unlink()
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert "no search file" in told
    assert "faces/search.yaml" in told


def test_a_search_that_confirmed_nothing_is_refused(tmp_path: Path) -> None:
    text = SEARCH.replace("top: 1", "top: 0").replace("trials: 2, epochs: 2", "trials: 1, epochs: 1")
    results = run_search(tmp_path, text)
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert (
        "runs.parquet: expected runs under the rule 'honest' that ran to their end, got none; a search confirms when"
        in told
    )


def test_a_search_without_a_finished_confirmation_is_refused(results: Path, tmp_path: Path) -> None:
    change_run(results, state="FAIL")
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert "runs.parquet: expected runs under the rule 'honest' that ran to their end, got none" in told


def test_a_run_that_diverges_here_is_refused(results: Path, tmp_path: Path) -> None:
    change_run(results, learning_rate=1e30)
    told = refusal("export", "faces", "--results", results, "-o", tmp_path / "model")
    assert re.search(
        r"faces, trial \d, repeat 0 diverges here: .* of fold 0; export it where .*\(cpu, torch 2\.", told
    )
    assert not (tmp_path / "model").exists()


def test_what_changes_no_trial_may_be_set(place: Place, tmp_path: Path) -> None:
    order = read_order(
        place.results, "faces", output=tmp_path / "model", overrides=[parse_set("resources.cpu=2")]
    )
    assert order.prepared.spec.resources.cpu == 2
