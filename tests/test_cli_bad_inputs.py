"""Bad inputs and what the command line says to each: exit code 2, the value at fault, no traceback, nothing written.

Long because it is one table, to be read from top to bottom: search files, assignments, flags, faces, results folders.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from harness.cli import app

GOOD = """\
dataset: {name: synthetic-posed, images: 140, size: 24}
method:
  embedding_dim: 16
space:
  slices: [1, 2]
early_stopping: {name: none}
budget:
  trials: 1
  epochs: 1
confirm: {top: 0}
"""
CLASSES = ("anger", "fear")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are cached, and usage errors are wrapped, where a test can look."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "400")


def refusal(*arguments: str | Path) -> str:
    """What the command says while it refuses its arguments, on one line."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 2, f"exit code {outcome.exit_code}: {outcome.output} {outcome.exception!r}"
    assert "Traceback" not in outcome.output
    return " ".join(outcome.stderr.split())


def search(tmp_path: Path, text: str, *arguments: str | Path) -> str:
    """What `harness search` says while it refuses a file; asserts that no results were written."""
    file, results = tmp_path / "faces.yaml", tmp_path / "results"
    file.write_text(text)
    told = refusal("search", file, "--results", results, "--backend", "serial", *arguments)
    assert not results.exists()
    return told


FILES = [
    # what the file says, and what is said of it
    (
        "not YAML",
        "dataset: {name: folder\nspace: ]",
        r"faces\.yaml, line 2: this is not YAML: expected ',' or '}', but got ':'",
    ),
    ("a word", "synthetic-posed", r"expected keys such as 'dataset' and 'space', got 'synthetic-posed'"),
    ("an empty file", "", r"expected keys such as 'dataset' and 'space', got None"),
    ("no dataset", "seed: 1", r"faces\.yaml: dataset: this key is missing"),
    ("no dataset name", "dataset: {size: 48}", r"dataset\.name: this key is missing"),
    ("unknown key", GOOD + "bugdet: {trials: 3}", r"line 11: bugdet: unknown key; .* is 'budget'"),
    (
        "unknown key, nothing near",
        GOOD + "xyzzy: 1",
        r"line 11: xyzzy: unknown key; known here: name, seed, data",
    ),
    ("unknown key of a section", GOOD + "sampler: {nmae: tpe}", r"sampler\.nmae: unknown key; .* is 'name'"),
    ("unknown parameter", GOOD.replace("slices:", "slcies:"), r"line 5: space\.slcies: .* is 'slices'"),
    ("unknown setting", GOOD.replace("epochs", "epoch"), r"line 9: budget\.epoch: .* is 'epochs'"),
    ("unknown key of a range", GOOD.replace("[1, 2]", "{low: 1, hihg: 2}"), r"got \{'low': 1, 'hihg': 2\}"),
    ("a section that is a word", GOOD + "sampler: tpe", r"line 11: sampler: input should be .*, got 'tpe'"),
    ("a key that is a number", GOOD + "7: 8", r"7: keys should be strings, got 7"),
    (
        "a key twice",
        GOOD + "seed: 1\nseed: 2",
        r"faces\.yaml, line 12: seed is there twice, first in line 11",
    ),
    ("two mistakes", GOOD + "seed: -1\nname: a b", r"line 12: name: .*got 'a b'.* line 11: seed: .*got -1"),
    ("unknown dataset", "dataset: {name: synthetic-posd}", r"line 1: dataset\.name: .*got 'synthetic-posd'"),
    (
        "fixed and searched",
        GOOD.replace("embedding_dim: 16", "slices: 2"),
        r"slices: fixed under 'method' and searched under 'space'; keep one",
    ),
    (
        "a name that is no folder",
        GOOD + "name: ../elsewhere",
        r"line 11: name: string should match pattern .*, got '\.\./elsewhere'",
    ),
]


@pytest.mark.parametrize(("text", "told"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_search_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert re.search(told, search(tmp_path, text))


SETS = [
    # an assignment after --set, and what is said of it
    ("budget.trials", r"--set budget\.trials: expected key=value"),
    ("seed=[", r"--set seed=\[: '\[' is not a YAML value"),
    ("budget.trails=5", r"--set budget\.trails=5: budget\.trails: unknown key; .* is 'trials'"),
    ("budget.trials.many=5", r"--set budget\.trials\.many=5: 'trials' holds 1, so it has no 'many'"),
    ("budget.trials=many", r"budget\.trials: input should be a valid integer.*, got 'many'"),
    ("budget.trials=2.5", r"budget\.trials: input should be a valid integer.*, got 2\.5"),
    ("budget.trials=", r"budget\.trials: input should be a valid integer, got None"),
    ("budget.epochs=0", r"budget\.epochs: input should be greater than 0, got 0"),
    ("budget.time=soon", r"budget\.time: expected a duration such as 90s, 30m or 1h30m, got 'soon'"),
    ("budget.time=-5", r"budget\.time: input should be greater than 0, got -5"),
    ("dataset.size=8", r"dataset\.size: input should be greater than or equal to 16, got 8"),
    ("dataset.color=sepia", r"dataset\.color: input should be 'gray' or 'rgb', got 'sepia'"),
    ("dataset.classes=[anger, joy]", r"class 'joy' has no face.*The labels that exist: anger, disgust"),
    ("dataset.classes=[fear]", r"expected two classes or more, got 1: fear"),
    ("dataset.path=faces", r"dataset\.path: synthetic-posed is drawn and has no path, got faces"),
    ("dataset.images=14", r"expected (every class|faces) in (train|validation|test).*got none"),
    ("protocol.test=1.5", r"protocol\.test: input should be less than 1, got 1\.5"),
    ("protocol.validation=0.8", r"validation 0\.8 and test 0\.15 leave too few faces to train on"),
    ("protocol.objective=test_uar", r"protocol\.objective: input should be 'val_uar', .*got 'test_uar'"),
    (
        "protocol.objective=val_sequence_uar",
        r"val_sequence_uar counts sequences, and the faces of synthetic-posed are",
    ),
    ("protocol.classifier=svm", r"protocol\.classifier: expected one of nearest-mean, .*got 'svm'"),
    ("early_stopping.name=wilcoxon", r"wilcoxon at p_threshold 0\.1 can stop nothing below 5 folds, got .*1"),
    ("early_stopping.reduction_factor=1", r"reduction_factor: .* greater than or equal to 2, got 1"),
    ("sampler.name=tpee", r"sampler\.name: input should be 'tpe', .*got 'tpee'"),
    ("method.loss=dual-triplt", r"method\.loss: unknown loss 'dual-triplt': did you mean dual-triplet"),
    (
        "method.loss=pml:SmoothAPLoss",
        r"method\.loss: loss 'pml:SmoothAPLoss' cannot be used: it needs equally",
    ),
    ("method.loss=pml:CircelLoss", r"'CircelLoss': did you mean CircleLoss"),
    ("method.mining=hardest", r"method\.mining: expected one of batch-hard, .*got 'hardest'"),
    ("method.backbone=resnet18", r"method\.backbone: expected one of small-cnn, timm:NAME, got 'resnet18'"),
    ("method.backbone='timm:'", r"method\.backbone: expected one of small-cnn, timm:NAME, got 'timm:'"),
    ("method.backbone=timm:resnet81", r"timm .* has no model 'resnet81'; did you mean timm:resnet18"),
    ("method.backbone_checkpoint=lost.pt", r"method\.backbone_checkpoint: no file lost\.pt"),
    ("method.batch_size=4", r"method\.batch_size: 7 classes need at least 14 \(two of each\), got 4"),
    ("method.learning_rate=fast", r"learning_rate: input should be a valid number.*, got 'fast'"),
    ("method.embedding_dim=15", r"slices: 2 does not divide embedding_dim 15; it can be 1, 3, 5, 15"),
    ("space.slices=[1, 3]", r"slices: 3 does not divide embedding_dim 16; it can be 1, 2, 4, 8, 16"),
    ("space.slices=[]", r"--set space\.slices=\[\]: space\.slices: the list of values is empty"),
    (
        "space.slices=4",
        r"space\.slices: expected a list of values .*got 4; fixed values belong under 'method'",
    ),
    ("space.slices=[1, two]", r"space\.slices: input should be a valid integer.*'two'"),
    ("space.slices=[[1], 2]", r"space\.slices: a value must be a word or a number, got \[1\]"),
    ("space.mining=[batch-hard, hardest]", r"space\.mining: .*got 'hardest'"),
    ("space.mining={low: 1, high: 2}", r"space\.mining: this parameter is a word, so it takes a list"),
    (
        "space.ce_weight={low: 0, high: 1.5}",
        r"space\.ce_weight: input should be less than or equal to 1.* 1\.5",
    ),
    ("space.learning_rate={low: 0.1, high: 0.01}", r"space\.learning_rate: low 0\.1 is above high 0\.01"),
    ("space.learning_rate={low: 0, high: 1, log: true}", r"range must begin above 0, got low 0"),
    ("space.learning_rate={low: 1e-3, high: 0.1}", r"got '1e-3'; YAML wants it as 0\.001"),
    ("space.learning_rate={low: 1, high: 2, step: 0}", r"step must be above 0, got 0"),
    ("space.batch_size={low: 8, high: 16, step: 0.5}", r"space\.batch_size: .*whole number, .*got 0\.5"),
    ("resources.cpu=0", r"resources\.cpu: input should be greater than 0, got 0"),
    ("confirm.seeds=0", r"confirm\.seeds: input should be greater than or equal to 1, got 0"),
]


@pytest.mark.parametrize(("assignment", "told"), SETS, ids=[row[0] for row in SETS])
def test_an_assignment_is_refused(tmp_path: Path, assignment: str, told: str) -> None:
    said = search(tmp_path, GOOD, "--set", assignment)
    assert re.search(told, said), said


FLAGS = [
    # flags, and what is said of them
    (["--trials", "0"], r"--trials 0: budget\.trials: input should be greater than 0, got '0'"),
    (["--trials", "x"], r"--trials x: budget\.trials: input should be a valid integer.*, got 'x'"),
    (["--time-budget", "soon"], r"--time-budget soon: budget\.time: expected a duration .*got 'soon'"),
    (["--seed", "-1"], r"--seed -1: seed: input should be greater than or equal to 0, got '-1'"),
    (["--backend", "spark"], r"Invalid value for '--backend': .*'spark' is not one of 'ray', 'serial'"),
    (["--trails", "3"], r"No such option: --trails"),
]


@pytest.mark.parametrize(("flags", "told"), FLAGS, ids=[" ".join(row[0]) for row in FLAGS])
def test_a_flag_is_refused(tmp_path: Path, flags: list[str], told: str) -> None:
    assert re.search(told, search(tmp_path, GOOD, *flags))


def test_a_missing_search_file_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "faces.yaml").write_text(GOOD)
    assert f"no search file {tmp_path}/face.yaml; did you mean {tmp_path}/faces.yaml?" in refusal(
        "search", tmp_path / "face.yaml"
    )


def test_a_search_file_that_is_a_folder_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.yaml").write_bytes(b"\xff\xfe\x00")
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "faces.yaml", "0xff")):
        assert re.search(rf"search file {path} cannot be read: .*{reason}", refusal("search", path))


# --- folders of faces


def write_faces(root: Path, *, classes: tuple[str, ...] = CLASSES) -> None:
    """A tree of noise, 8 faces a class."""
    for label in classes:
        (root / label).mkdir(parents=True)
        for number in range(8):
            pixels = np.random.default_rng(number).integers(0, 256, (24, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")


def write_labels(root: Path, header: str, *rows: str) -> None:
    write_faces(root)
    (root / "labels.csv").write_text("\n".join([header, *rows, ""]))


def a_torn_image(root: Path) -> None:
    write_faces(root)
    (root / "fear" / "torn.png").write_bytes(b"no image")


def an_empty_class(root: Path) -> None:
    write_faces(root)
    (root / "joy").mkdir()


FOLDERS: list[tuple[str, Callable[[Path], object], str]] = [
    # what lies at dataset.path, and what is said of it
    ("nothing", lambda root: None, r"faces: expected a folder, .*got nothing there; correct dataset\.path"),
    ("an empty folder", lambda root: root.mkdir(), r"faces: expected labels\.csv, class folders of images"),
    ("a text file", lambda root: root.write_text("?"), r"faces: expected a folder, .*got another file"),
    ("one class", lambda root: write_faces(root, classes=("fear",)), r"two classes or more, got 1: fear"),
    ("an empty class", an_empty_class, r"faces: .*empty: 1 in all: joy"),
    ("a torn image", a_torn_image, r"faces: .*1 in all: fear/torn\.png: .*on_bad_image=skip"),
    (
        "a table without labels",
        lambda root: write_labels(root, "path,emotion", "anger/0.png,anger"),
        r"labels\.csv: expected the columns path, label, got path, emotion",
    ),
    (
        "a face without a label",
        lambda root: write_labels(root, "path,label", "anger/0.png,"),
        r"line 2 \(anger/0\.png\): no label",
    ),
    (
        "an image that is missing",
        lambda root: write_labels(root, "path,label", "anger/0.png,anger", "fear/99.png,fear"),
        r"line 3 \(fear/99\.png\): ",
    ),
    (
        "a subject in two splits",
        lambda root: write_labels(
            root, "path,label,subject,split", "anger/0.png,anger,ann,train", "fear/0.png,fear,ann,test"
        ),
        r"expected each subject in one split; .*subject 'ann' is in test and train",
    ),
    (
        "an unknown split",
        lambda root: write_labels(root, "path,label,split", "anger/0.png,anger,exam"),
        r"line 2 \(anger/0\.png\): split 'exam'",
    ),
]


@pytest.mark.parametrize(("lay_out", "told"), [row[1:] for row in FOLDERS], ids=[row[0] for row in FOLDERS])
def test_a_folder_of_faces_is_refused(tmp_path: Path, lay_out: Callable[[Path], object], told: str) -> None:
    faces = tmp_path / "faces"
    lay_out(faces)
    said = search(tmp_path, f"dataset: {{name: folder, path: {faces}, size: 24}}")
    assert re.search(told, said), said


def test_a_class_that_no_folder_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces")
    text = f"dataset: {{name: folder, path: {tmp_path / 'faces'}, classes: [angre, fear]}}"
    assert "class 'angre' has no face; did you mean 'anger'?" in search(tmp_path, text)


def test_a_folder_without_a_path_is_refused(tmp_path: Path) -> None:
    told = search(tmp_path, "dataset: {name: folder}")
    assert "dataset.path: `folder` expects where the faces lie, got nothing" in told


# --- results folders


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with one search, `faces`, that has ended."""
    place = tmp_path_factory.mktemp("ended")
    (place / "faces.yaml").write_text(GOOD)
    arguments = [
        "search",
        place / "faces.yaml",
        "--backend",
        "serial",
        "--quiet",
        "--results",
        place / "results",
    ]
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 0, outcome.output
    return place / "results"


@pytest.fixture
def results(ended: Path, tmp_path: Path) -> Path:
    """A copy of it, to spoil."""
    (tmp_path / "faces.yaml").write_text(GOOD)
    return Path(shutil.copytree(ended, tmp_path / "results"))


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for the lock that is left behind empty."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "running.lock")
    return {str(path): path.read_bytes() for path in files}


def search_again(results: Path, *arguments: str) -> str:
    """What the same command says while it refuses to go on; asserts that the folder is left as it is."""
    before = content(results)
    file = results.parent / "faces.yaml"
    told = refusal("search", file, "--results", results, "--backend", "serial", *arguments)
    assert content(results) == before
    return told


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("budget.epochs=2", r"results/faces holds another search: budget\.epochs was 1, now 2"),
        ("space.slices=[2]", r"space\.slices was \[1, 2\], now \[2\]"),
        ("dataset.images=210", r"dataset\.images was 140, now 210.* name of its own with --set name=NAME"),
    ],
)
def test_a_folder_with_another_search_is_refused(results: Path, assignment: str, told: str) -> None:
    assert re.search(told, search_again(results, "--set", assignment))


def test_faces_that_changed_are_refused_with_both_fingerprints(results: Path) -> None:
    provenance = results / "faces" / "provenance.json"
    was = re.sub(r'"fingerprint": "\w+"', '"fingerprint": "f00d"', provenance.read_text())
    provenance.write_text(was)
    assert re.search(r"the faces' fingerprint was f00d, now \w{16}\.", search_again(results))


def test_a_locked_folder_is_refused_with_the_process_that_holds_it(results: Path) -> None:
    hold = "import sys; from pathlib import Path; from harness.tuning.folder import SearchFolder\n"
    hold += "with SearchFolder(Path(sys.argv[1])).locked(): print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(results / "faces")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        told = search_again(results, "--trials", "2")
        holder.communicate()
    assert f"faces is in use by process {holder.pid} on host {os.uname().nodename}" in told


def test_a_damaged_journal_is_refused_with_its_line(results: Path) -> None:
    journal = results / "faces" / "journal.log"
    first, _, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([first, b"{torn\n", *rest]))
    told = search_again(results, "--trials", "2")
    assert re.search(r"journal \S*journal\.log is damaged: .*got b'\{torn\\n'; restore it from a copy", told)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("search.yaml", r"faces/search\.yaml is damaged: .*line 1, column 2.*; restore"),
        ("provenance.json", r"faces/provenance\.json is damaged: .*line 1 column 2 .*; restore"),
    ],
)
def test_a_folder_with_a_spoilt_file_is_refused(results: Path, name: str, told: str) -> None:
    (results / "faces" / name).write_text("{")
    assert re.search(told, search_again(results, "--trials", "2"))


def test_results_below_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "faces.yaml").write_text(GOOD)
    told = refusal("search", tmp_path / "faces.yaml", "--results", tmp_path / "file", "--backend", "serial")
    assert f"results folder {tmp_path}/file/faces cannot be made: Not a directory" in told


def test_a_search_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces").touch()
    (tmp_path / "faces.yaml").write_text(GOOD)
    told = refusal("search", tmp_path / "faces.yaml", "--results", tmp_path, "--backend", "serial")
    assert f"results folder {tmp_path}/faces cannot be made: File exists" in told


# --- leaderboards


def test_a_leaderboard_of_a_missing_folder_is_refused(tmp_path: Path) -> None:
    for flags in ([], ["--rebuild"]):
        told = refusal("leaderboard", tmp_path / "nowhere", *flags)
        assert f"expected a folder of searches, got {tmp_path}/nowhere, which is none" in told
    assert not (tmp_path / "nowhere").exists()


def test_a_leaderboard_of_an_unknown_dataset_or_format_is_refused(results: Path) -> None:
    told = refusal("leaderboard", results, "--dataset", "ck")
    assert "no search of dataset 'ck' here; datasets: synthetic-posed" in told
    assert "'pdf' is not one of" in refusal("leaderboard", results, "--format", "pdf")


def test_debug_shows_the_traceback_of_a_refusal(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["search", str(tmp_path / "none.yaml"), "--debug"])
    assert outcome.exit_code == 2
    assert "Traceback" in outcome.stderr
    assert f"error: no search file {tmp_path}/none.yaml" in outcome.stderr


def test_an_address_for_the_serial_backend_is_refused(tmp_path: Path) -> None:
    said = search(tmp_path, GOOD, "--address", "10.0.0.1:6379", "--backend", "serial")
    assert re.search(r"--address 10\.0\.0\.1:6379: the serial backend", said), said
