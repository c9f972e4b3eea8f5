"""`harness embed` and `harness.model`: pictures in, one table out, and every folder or picture that is no good is named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from exported import Place, harness, refusal, run_and_export
from PIL import Image

from harness.datasets.folder import read_folder
from harness.errors import ModelError
from harness.model import load_model


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "faces"))
        return run_and_export(tmp_path_factory.mktemp("embed"))


@pytest.fixture
def model(place: Place, tmp_path: Path) -> Path:
    """A copy, to spoil."""
    return Path(shutil.copytree(place.model, tmp_path / "model"))


@pytest.fixture
def pixels() -> np.ndarray:
    """Ten grey faces of the model's size."""
    return np.random.default_rng(0).integers(256, size=(10, 24, 24), dtype=np.uint8)


@pytest.fixture
def images(tmp_path: Path, pixels: np.ndarray) -> Path:
    """The same as files, in two folders."""
    for number, face in enumerate(pixels):
        path = tmp_path / "images" / ("a" if number < 5 else "b") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(path)
    return tmp_path / "images"


def embed(model: Path, images: Path, *flags: str | int) -> list[dict[str, object]]:
    """The rows of the table that is written beside the pictures."""
    output = model.parent / "features.parquet"
    output.unlink(missing_ok=True)
    harness("embed", model, images, "-o", output, *flags)
    rows: list[dict[str, object]] = pq.read_table(output).to_pylist()
    return rows


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_a_row_holds_what_the_model_says_of_the_picture(
    batch_size: int, model: Path, images: Path, pixels: np.ndarray
) -> None:
    loaded = load_model(model)
    features = loaded.embed(pixels)
    rows = embed(model, images, "--batch-size", batch_size)
    assert [row["path"] for row in rows] == [f"{'a' if n < 5 else 'b'}/{n}.png" for n in range(10)]
    assert np.abs(np.array([row["embedding"] for row in rows]) - features).max() <= 1e-6
    assert np.array([row["distances"] for row in rows]) == pytest.approx(loaded.distances(features), abs=1e-6)
    assert [row["predicted"] for row in rows] == [
        loaded.class_names[label] for label in loaded.predict(pixels)
    ]


def test_columns_have_fixed_lengths_and_the_metadata_name_the_model(model: Path, images: Path) -> None:
    embed(model, images)
    schema = pq.read_schema(model.parent / "features.parquet")
    assert [str(column.type) for column in schema] == [
        "string",
        "string",
        "fixed_size_list<element: float>[7]",
        "fixed_size_list<element: float>[16]",
    ]
    weights = (model / "model.safetensors").read_bytes()
    assert schema.metadata[b"model_fingerprint"].decode() == sha256(weights).hexdigest()[:16]
    assert json.loads(schema.metadata[b"class_names"]) == list(load_model(model).class_names)
    assert schema.metadata[b"images"].decode() == str(images)


def test_what_is_printed_says_how_many_by_which_model_and_where(model: Path, images: Path) -> None:
    output = model.parent / "features.parquet"
    told = harness("embed", model, images, "-o", output)
    assert told == f"10 embeddings of 16 numbers by model {load_model(model).fingerprint}: {output}\n"
    assert harness("embed", model, images, "-o", model.parent / "again.parquet", "--quiet") == ""


def test_pictures_are_cropped_turned_and_resized_as_those_of_a_folder_dataset(
    model: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    for label, shape in (("joy", (48, 96, 3)), ("fear", (60, 40))):
        path = tmp_path / "images" / label / "1.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(rng.integers(256, size=shape, dtype=np.uint8)).save(path)
    faces = read_folder(tmp_path / "images", size=24, color="gray", classes=None, on_bad_image="error")
    rows = embed(model, tmp_path / "images")
    assert [row["path"] for row in rows] == ["fear/1.png", "joy/1.png"]
    expected = load_model(model).embed(faces.images[:])
    assert np.abs(np.array([row["embedding"] for row in rows]) - expected).max() <= 1e-6


def test_one_picture_and_lists_are_embedded_in_their_order(model: Path, images: Path) -> None:
    whole = {row["path"]: row["embedding"] for row in embed(model, images)}
    (one,) = embed(model, images / "a" / "3.png")
    assert one["embedding"] == pytest.approx(whole["a/3.png"], abs=1e-6)
    (images / "list.txt").write_text("b/7.png\n\n  a/1.png \n")
    (images / "labels.csv").write_text("Path,age\nb/7.png,30\na/1.png,\n")
    whole_path = images / "a" / "2.png"
    (images / "b" / "up.csv").write_text(f"path\n7.png\n../a/1.png\n{whole_path}\n")
    for name, paths in (
        ("list.txt", ["b/7.png", "a/1.png"]),
        ("labels.csv", ["b/7.png", "a/1.png"]),
        ("b/up.csv", ["7.png", "../a/1.png", str(whole_path)]),
    ):
        rows = embed(model, images / name)
        assert [row["path"] for row in rows] == paths
        assert rows[0]["embedding"] == pytest.approx(whole["b/7.png"], abs=1e-6)


def test_what_is_hidden_or_no_picture_by_its_name_is_left_alone(model: Path, images: Path) -> None:
    (images / "a" / "notes.txt").write_text("?")
    (images / ".thumbnails").mkdir()
    shutil.copy(images / "a" / "0.png", images / ".thumbnails" / "0.png")
    assert len(embed(model, images)) == 10


def test_pictures_that_cannot_be_read_are_skipped_where_that_is_asked_for(model: Path, images: Path) -> None:
    for number in range(6):
        (images / "b" / f"bad{number}.png").write_text("no picture")
    rows = embed(model, images, "--on-bad-image", "skip", "--batch-size", 4)
    assert len(rows) == 10
    told = harness("embed", model, images, "-o", images / "f.parquet", "--on-bad-image", "skip")
    assert "left out: b/bad0.png: not an image\n" in told
    assert "left out: 1 more\n" in told


def test_no_pictures_at_all_are_an_array_without_rows(model: Path) -> None:
    loaded = load_model(model)
    assert loaded.embed(np.zeros((0, 24, 24), np.uint8)).shape == (0, 16)
    assert loaded.predict(np.zeros((0, 24, 24), np.uint8)).tolist() == []


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (np.zeros((2, 48, 48), np.uint8), r"uint8 \[2, 48, 48\]"),
        (np.zeros((2, 3, 24, 24), np.uint8), r"uint8 \[2, 3, 24, 24\]"),
        (np.zeros((24, 24), np.uint8), r"uint8 \[24, 24\]"),
        (np.zeros((2, 24, 24), np.float32), r"float32 \[2, 24, 24\]"),
    ],
)
def test_images_of_another_size_colour_or_type_are_refused(
    images: np.ndarray, got: str, place: Place
) -> None:
    with pytest.raises(
        ModelError, match=rf"expected images as uint8 \[n, 24, 24\], got {got}; .*decode_images"
    ):
        load_model(place.model).embed(images)


# --- model folders that are no good


def spoil_config(**changes: object) -> Callable[[Path], object]:
    def spoil(model: Path) -> None:
        values = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps(values | changes))

    return spoil


def lose_a_key(model: Path) -> None:
    values = json.loads((model / "config.json").read_text())
    del values["class_names"]
    (model / "config.json").write_text(json.dumps(values))


def tear_weights(model: Path) -> None:
    path = model / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def no_safetensors(model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"no weights")
    spoil_config(fingerprint=sha256(b"no weights").hexdigest()[:16])(model)


def another_config(**changes: object) -> Callable[[Path], object]:
    def spoil(model: Path) -> None:
        config = json.loads((model / "config.json").read_text())["config"]
        spoil_config(config=config | changes)(model)

    return spoil


DAMAGES = [
    # what happened to a model folder, and what is said of it
    ("nothing there", shutil.rmtree, r"model: expected a model folder with config\.json, got nothing there"),
    (
        "no config",
        lambda m: (m / "config.json").unlink(),
        r"got a folder without one; name one that `harness export`",
    ),
    (
        "no weights",
        lambda m: (m / "model.safetensors").unlink(),
        r"model\.safetensors cannot be read: No such file",
    ),
    (
        "torn config",
        lambda m: (m / "config.json").write_text("{"),
        r"config\.json is damaged: JSONDecodeError: .*export",
    ),
    ("another kind", lambda m: (m / "config.json").write_text("[1]"), r"config\.json is damaged: TypeError"),
    (
        "no text",
        lambda m: (m / "config.json").write_bytes(b"\xff\xfe"),
        r"config\.json is damaged: UnicodeDecodeError",
    ),
    ("a key lost", lose_a_key, r"config\.json is damaged: KeyError: 'class_names'"),
    ("an unknown setting", another_config(wings=2), r"is damaged: TypeError: .*'wings'"),
    ("a later version", spoil_config(schema_version=9), r"config\.json has schema version 9, expected 1"),
    (
        "torn weights",
        tear_weights,
        r"expected weights with the hash \w{16} that config\.json names, got \w{16}: .* torn",
    ),
    ("no safetensors", no_safetensors, r"model\.safetensors is no safetensors file: "),
    ("another size of embedding", another_config(embedding_dim=32), r"do not fit the config .*size mismatch"),
    (
        "slices that do not divide",
        another_config(slices=5),
        r"do not fit .*5 does not divide embedding_dim 16",
    ),
    ("another classifier", another_config(classifier="knn"), r"do not fit .*classifier\.train"),
    (
        "a class lost",
        spoil_config(class_names=["joy"]),
        r"7 class means in the weights, and 1 class names in the config",
    ),
    ("an unknown classifier", another_config(classifier="svm"), r"do not fit .*'svm'"),
    ("a word for a number", another_config(embedding_dim="wide"), r"do not fit .*(wide|str)"),
]


@pytest.mark.parametrize(("damage", "told"), [row[1:] for row in DAMAGES], ids=[row[0] for row in DAMAGES])
def test_a_damaged_model_folder_is_refused(
    damage: Callable[[Path], object], told: str, model: Path, images: Path, tmp_path: Path
) -> None:
    damage(model)
    said = refusal("embed", model, images, "-o", tmp_path / "features.parquet")
    assert re.search(told, said), said
    assert not (tmp_path / "features.parquet").exists()


def test_a_file_is_no_model_folder(images: Path, tmp_path: Path) -> None:
    told = refusal("embed", images / "a" / "0.png", images, "-o", tmp_path / "features.parquet")
    assert "0.png: expected a model folder with config.json, got a file" in told


# --- pictures that are no good


def a_text_file(images: Path) -> Path:
    (images / "words.png").write_text("no picture")
    return images / "words.png"


def one_bad_of_many(images: Path) -> Path:
    return a_text_file(images).parent


def a_list(name: str, content: bytes) -> Callable[[Path], Path]:
    def lay_out(images: Path) -> Path:
        (images / name).write_bytes(content)
        return images / name

    return lay_out


def an_empty_folder(images: Path) -> Path:
    (images / "empty").mkdir()
    return images / "empty"


PICTURES = [
    # what IMAGES is, and what is said of it
    (
        "nothing there",
        lambda images: images / "none",
        r"none: expected a folder, a picture or a list of them, got nothing",
    ),
    (
        "an empty folder",
        an_empty_folder,
        r"empty: expected pictures, got none; name a folder with \.bmp, \.gif",
    ),
    (
        "a text file as a picture",
        a_text_file,
        r"words\.png: .*words\.png: not an image\. Mend .*--on-bad-image skip",
    ),
    (
        "one bad picture",
        one_bad_of_many,
        r"images: expected pictures that can be read; 1 in all: words\.png: not an image",
    ),
    ("prose", a_list("l.txt", b"Dear reader\n"), r"l\.txt: .*1 in all: Dear reader: no such file"),
    (
        "an empty list",
        a_list("l.txt", b"\n\n"),
        r"l\.txt: expected pictures, got none; list a path in each line",
    ),
    (
        "a list that is no text",
        a_list("l.txt", b"\xff\xfe"),
        r"l\.txt: expected UTF-8 text with a path a line, got",
    ),
    (
        "a table without paths",
        a_list("l.csv", b"file\na/0.png\n"),
        r"l\.csv: expected the columns path, got file",
    ),
    (
        "a table without rows",
        a_list("l.csv", b"path\n"),
        r"l\.csv: expected pictures, got none; list a path in each row",
    ),
    ("a folder in a list", a_list("l.txt", b"a\n"), r"l\.txt: .*a: .*[Ii]s a directory"),
]


@pytest.mark.parametrize(("lay_out", "told"), [row[1:] for row in PICTURES], ids=[row[0] for row in PICTURES])
def test_pictures_that_are_no_good_are_refused(
    lay_out: Callable[[Path], Path], told: str, model: Path, images: Path, tmp_path: Path
) -> None:
    said = refusal("embed", model, lay_out(images), "-o", tmp_path / "features.parquet")
    assert re.search(told, said), said
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []  # nothing half written, either


def test_a_list_of_which_nothing_can_be_read_is_refused_even_if_such_are_skipped(
    model: Path, images: Path, tmp_path: Path
) -> None:
    list_of_none = a_list("l.txt", b"x.png\ny.png\n")(images)
    told = refusal("embed", model, list_of_none, "-o", tmp_path / "f.parquet", "--on-bad-image", "skip")
    assert (
        "expected pictures that can be read, got none; 2 in all: x.png: no such file; y.png: no such file"
        in told
    )
    assert not (tmp_path / "f.parquet").exists()


def test_an_output_that_is_there_is_not_touched(model: Path, images: Path, tmp_path: Path) -> None:
    (tmp_path / "features.parquet").write_text("mine")
    told = refusal("embed", model, images, "-o", tmp_path / "features.parquet")
    assert "features.parquet is there already; remove it, or name another with -o" in told
    assert (tmp_path / "features.parquet").read_text() == "mine"


def test_an_output_that_is_a_folder_is_refused(model: Path, images: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    told = refusal("embed", model, images, "-o", tmp_path / "out")
    assert "cannot write" in told
    assert "out: Is a directory" in told


def test_a_device_that_is_not_there_is_refused(model: Path, images: Path, tmp_path: Path) -> None:
    told = refusal("embed", model, images, "-o", tmp_path / "features.parquet", "--device", "abacus")
    assert "device: expected cpu, or cuda where there is a GPU, got 'abacus': " in told
