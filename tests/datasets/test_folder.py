"""Anybody's own faces: what is read from a tree, a table and a Parquet file, and what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from harness.datasets.faceset import FaceSet
from harness.datasets.folder import read_folder
from harness.errors import DatasetError, HarnessError, ImageError, LabelError, SplitError


def read(
    path: Path,
    *,
    size: int = 8,
    color: str = "gray",
    classes: tuple[str, ...] | None = None,
    on_bad_image: str = "error",
) -> FaceSet:
    return read_folder(path, size=size, color=color, classes=classes, on_bad_image=on_bad_image)


def draw(path: Path, *, shade: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (10, 12), shade).save(path)


def png(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (10, 12), shade).save(stream, "png")
    return stream.getvalue()


def write_csv(root: Path, *lines: str) -> None:
    """A labels.csv, with every .png that it names drawn."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for shade, line in enumerate(lines[1:]):
        if (name := line.split(",")[0]).endswith(".png"):
            draw(root / name, shade=shade)


def subjects_of(faces: FaceSet) -> list[str]:
    assert faces.subjects is not None
    return list(faces.subjects.tolist())


def splits_of(faces: FaceSet) -> list[str]:
    assert faces.splits is not None
    return list(faces.splits.tolist())


# --- what is read


def test_a_folder_per_class_gives_sorted_classes_and_no_subjects(tmp_path: Path) -> None:
    for name, shade in (("joy/b.png", 20), ("anger/deep/a.JPG", 40), ("anger/z.png", 60)):
        draw(tmp_path / "mine" / name, shade=shade)
    (tmp_path / "mine" / "joy" / "notes.txt").write_text("not an image")
    draw(tmp_path / "mine" / "joy" / "._b.png")
    draw(tmp_path / "mine" / ".trash" / "c.png")
    faces = read(tmp_path / "mine")
    assert faces.name == "mine"
    assert faces.class_names == ("anger", "joy")
    assert faces.labels.tolist() == [0, 0, 1]
    assert faces.images[:, 0, 0].tolist() == [40, 60, 20]
    assert faces.images.shape == (3, 8, 8)
    assert faces.subjects is faces.splits is None


def test_split_folders_above_the_classes_give_official_splits(tmp_path: Path) -> None:
    for name in ("Train/joy/a.png", "train/../Train/anger/b.png", "validation/joy/c.png", "test/anger/d.png"):
        draw(tmp_path / name)
    faces = read(tmp_path)
    assert splits_of(faces) == ["train", "train", "test", "val"]
    assert faces.labels.tolist() == [0, 1, 0, 1]


def test_a_labels_csv_wins_over_the_tree_and_over_parquet(tmp_path: Path) -> None:
    draw(tmp_path / "anger" / "a.png")
    (tmp_path / "old.parquet").write_bytes(b"")
    write_csv(tmp_path, "Path, Label", "x/1.png,joy", "x/2.png,sad")
    assert read(tmp_path).class_names == ("joy", "sad")


def test_a_labels_csv_gives_subjects_and_splits_in_its_own_order(tmp_path: Path) -> None:
    write_csv(
        tmp_path, "\ufefflabel,path,split,subject,note", "joy,2.png,valid,ben,", "sad,1.png,TRAIN,ann,late"
    )
    for name in ("1.png", "2.png"):
        draw(tmp_path / name)
    faces = read(tmp_path / "labels.csv")
    assert faces.name == tmp_path.name
    assert subjects_of(faces) == ["ben", "ann"]
    assert splits_of(faces) == ["val", "train"]


def test_columns_of_subjects_and_splits_may_be_empty(tmp_path: Path) -> None:
    write_csv(tmp_path, "path,label,subject,split", "1.png,joy,,", "2.png,sad,,")
    faces = read(tmp_path)
    assert faces.subjects is faces.splits is None


def test_a_parquet_file_with_bytes_is_read_by_its_folder_or_by_its_name(tmp_path: Path) -> None:
    columns = {
        "image": [png(9), png(7)],
        "label": ["joy", "sad"],
        "subject": ["a", "b"],
        "split": ["val", "train"],
    }
    pq.write_table(pa.table(columns), tmp_path / "faces.parquet")
    by_folder, by_name = read(tmp_path), read(tmp_path / "faces.parquet")
    assert by_folder.fingerprint == by_name.fingerprint
    assert (by_folder.name, by_name.name) == (tmp_path.name, "faces")
    assert by_name.images[:, 0, 0].tolist() == [9, 7]
    assert splits_of(by_name) == ["val", "train"]


def test_a_parquet_file_of_hugging_face_gives_its_class_names(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["sad", "joy"], "_type": "ClassLabel"}}}}
    table = pa.table(
        {"image": [{"bytes": png(9), "path": "a.png"}, {"bytes": png(7), "path": None}], "label": [1, 0]}
    )
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, tmp_path / "train.parquet")
    faces = read(tmp_path / "train.parquet")
    assert [faces.class_names[label] for label in faces.labels] == ["joy", "sad"]


def test_whole_numbers_as_labels_become_names_in_numeric_order(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [png(1)] * 3, "label": [10, 9, 0]}), tmp_path / "faces.parquet")
    assert read(tmp_path).class_names == ("0", "9", "10")


def test_chosen_classes_keep_their_order_and_drop_all_others(tmp_path: Path) -> None:
    write_csv(tmp_path, "path,label", "1.png,joy", "2.png,sad", "3.png,anger")
    faces = read(tmp_path, classes=("sad", "anger"))
    assert faces.class_names == ("sad", "anger")
    assert faces.images[:, 0, 0].tolist() == [1, 2]
    assert faces.labels.tolist() == [0, 1]
    assert faces.skipped == 0


def test_faults_of_classes_that_nobody_wants_do_not_matter(tmp_path: Path) -> None:
    write_csv(tmp_path, "path,label,subject,split", "1.png,joy,a,val", "2.png,sad,b,val", "gone,fear,a,test")
    assert len(read(tmp_path, classes=("joy", "sad"))) == 2


def test_tree_table_and_parquet_of_the_same_images_give_the_same_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 30, 3), dtype=np.uint8)
    names = ("joy/1.png", "sad/2.png")
    for name, image in zip(names, pixels, strict=True):
        (tmp_path / "tree" / name).parent.mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "tree" / name)
    tree = read(tmp_path / "tree", color="rgb")
    encoded = [(tmp_path / "tree" / name).read_bytes() for name in names]
    pq.write_table(pa.table({"image": encoded, "label": ["joy", "sad"]}), tmp_path / "faces.parquet")
    lines = ["path,label", *(f"{name},{name[:3]}" for name in names)]
    (tmp_path / "tree" / "labels.csv").write_text("\n".join(lines))
    assert tree.images.shape == (2, 3, 8, 8)
    for path in (tmp_path / "faces.parquet", tmp_path / "tree"):
        assert read(path, color="rgb").fingerprint == tree.fingerprint


# --- decoding


def two_classes_with(tmp_path: Path, image: Image.Image, **options: object) -> Path:
    draw(tmp_path / "joy" / "plain.png")
    (tmp_path / "anger").mkdir()
    image.save(tmp_path / "anger" / "special.png", **options)
    return tmp_path


def test_the_centre_square_is_kept(tmp_path: Path) -> None:
    pixels = np.zeros((10, 30), np.uint8)
    pixels[:, 10:20] = 255
    faces = read(two_classes_with(tmp_path, Image.fromarray(pixels)), size=10)
    assert (faces.images[0] == 255).all()


def test_shrinking_averages_instead_of_skipping_pixels(tmp_path: Path) -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    inner = read(two_classes_with(tmp_path, Image.fromarray(stripes)), size=8).images[0][1:-1, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 3


def test_an_image_is_turned_upright_by_its_exif_orientation(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8), np.uint8)
    pixels[:4] = 200  # bright above; orientation 3 says that the camera was upside down
    exif = Image.Exif()
    exif[0x0112] = 3
    faces = read(two_classes_with(tmp_path, Image.fromarray(pixels), exif=exif))
    assert (faces.images[0][:4] == 0).all()
    assert (faces.images[0][4:] == 200).all()


def test_odd_metadata_in_a_sound_image_warns_nobody(tmp_path: Path) -> None:
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([50, 50, 50, 90, 90, 90])
    faces = read(two_classes_with(tmp_path, palette, transparency=bytes([10, 200])))
    assert (faces.images[0] == 50).all()


def test_sixteen_bit_grey_keeps_its_shades(tmp_path: Path) -> None:
    pixels = np.full((8, 8), 0x40FF, np.uint16)
    faces = read(two_classes_with(tmp_path, Image.fromarray(pixels)))
    assert (faces.images[0] == 0x40).all()


def test_a_colour_image_becomes_grey_or_three_channels(tmp_path: Path) -> None:
    root = two_classes_with(tmp_path, Image.new("RGB", (9, 9), (255, 0, 10)))
    assert read(root, color="rgb").images[0, :, 4, 4].tolist() == [255, 0, 10]
    assert read(root).images[0, 4, 4] == pytest.approx(77, abs=1)


# --- what is refused


def nothing_there(root: Path) -> None:
    root.rmdir()


def empty_folder(root: Path) -> None:
    pass


def loose_images(root: Path) -> None:
    draw(root / "a.png")
    draw(root / "b.png")


def two_parquet_files(root: Path) -> None:
    (root / "one.parquet").touch()
    (root / "two.parquet").touch()


def torn_parquet(root: Path) -> None:
    (root / "faces.parquet").write_bytes(b"PAR1 torn")


def parquet_without_label(root: Path) -> None:
    pq.write_table(pa.table({"image": [png(1)], "labels": ["joy"]}), root / "faces.parquet")


def parquet_of_paths(root: Path) -> None:
    pq.write_table(pa.table({"image": ["a.png"], "label": ["joy"]}), root / "faces.parquet")


def parquet_without_rows(root: Path) -> None:
    table = pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.string())})
    pq.write_table(table, root / "faces.parquet")


def parquet_with_an_image_missing(root: Path) -> None:
    pq.write_table(pa.table({"image": [png(1), None], "label": ["joy", "sad"]}), root / "faces.parquet")


def classes_beside_splits(root: Path) -> None:
    draw(root / "train" / "joy" / "a.png")
    draw(root / "anger" / "b.png")


def empty_class(root: Path) -> None:
    draw(root / "joy" / "a.png")
    draw(root / "sad" / "a.png")
    (root / "fear").mkdir()


def one_class(root: Path) -> None:
    draw(root / "images" / "joy" / "a.png")


def torn_image(root: Path) -> None:
    draw(root / "joy" / "a.png")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    (root / "sad").mkdir()
    Image.fromarray(pixels).save(root / "sad" / "b.jpg")
    whole = (root / "sad" / "b.jpg").read_bytes()
    (root / "sad" / "b.jpg").write_bytes(whole[: len(whole) // 2])


def seven_texts(root: Path) -> None:
    draw(root / "joy" / "a.png")
    (root / "sad").mkdir()
    for number in range(7):
        (root / "sad" / f"{number}.png").write_text("text")


def csv(*lines: str) -> Callable[[Path], None]:
    return lambda root: write_csv(root, *lines)


def latin_csv(root: Path) -> None:
    (root / "labels.csv").write_bytes("path,label\nä.png,joy\n".encode("latin-1"))


BAD_FOLDERS = [
    (
        nothing_there,
        DatasetError,
        "expected a folder, a .csv or a .parquet file, got nothing there; correct dataset.path",
    ),
    (empty_folder, DatasetError, "got no images in folders and 0 beside them"),
    (loose_images, DatasetError, "2 beside them. Sort the images into a folder per class"),
    (
        two_parquet_files,
        DatasetError,
        "expected one Parquet file; 2 in all: one.parquet; two.parquet. Set dataset.path",
    ),
    (torn_parquet, DatasetError, "faces.parquet: expected a Parquet file, got"),
    (
        parquet_without_label,
        DatasetError,
        "expected the columns image, label, got image, labels .*; rename 'labels'",
    ),
    (parquet_of_paths, DatasetError, "faces.parquet: expected the column image as bytes .*, got string"),
    (parquet_without_rows, DatasetError, "faces.parquet: expected a row per face, got none"),
    (parquet_with_an_image_missing, ImageError, "1 in all: faces.parquet row 1: not an image"),
    (classes_beside_splits, DatasetError, r"got split folders \(train\) beside others \(anger\)"),
    (empty_class, LabelError, "empty: 1 in all: fear. Mend them, .*--set dataset.on_bad_image=skip"),
    (one_class, LabelError, "expected two classes or more, got 1: images"),
    (torn_image, ImageError, "1 in all: sad/b.jpg: .*truncated"),
    (
        seven_texts,
        ImageError,
        "7 in all: sad/0.png: not an image; .*; sad/4.png: not an image and 2 more. Mend",
    ),
    (latin_csv, DatasetError, "labels.csv: expected UTF-8 text with commas, got .*0xe4"),
    (csv(""), DatasetError, "expected the columns path, label, got none"),
    (csv("path,label"), DatasetError, "labels.csv: expected a row per face, got none; list"),
    (csv("path,emotion", "a.png,joy"), DatasetError, "got path, emotion .*; add 'label'"),
    (csv("path;label", "a.png;joy"), DatasetError, "expected the columns path, label, got path;label"),
    (
        csv("path,label", "a.png,joy", "b.png,sad, very"),
        DatasetError,
        r"labels.csv line 3: expected 2 cells .* \( very\)",
    ),
    (csv("path,label", "a.png,joy", "gone,sad"), ImageError, r"labels.csv line 3 \(gone\): no such file"),
    (csv("path,label", "a.png,joy", "b.png,"), LabelError, r"expected a label .*line 3 \(b.png\): no label"),
    (csv("path,label", "a.png,joy", "b.png,sad", "a.png,sad"), LabelError, "line 4 .*: listed 2 times"),
    (csv("path,label,split", "a.png,joy,dev", "b.png,sad,val"), SplitError, "line 2 .*: split 'dev'"),
    (csv("path,label,split", "a.png,joy,", "b.png,sad,val"), SplitError, "line 2 .*: no split"),
    (csv("path,label,subject", "a.png,joy,ann", "b.png,sad"), SplitError, "line 3 .*: no subject"),
    (
        csv("path,label,subject,split", "a.png,joy,ann,train", "b.png,sad,ann,test", "c.png,sad,ben,test"),
        SplitError,
        r"subject in one split; 2 in all: labels.csv line 2 \(a.png\): subject 'ann' is in test and train",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD_FOLDERS)
def test_a_bad_folder_is_refused_with_what_where_and_what_to_do(
    tmp_path: Path, build: Callable[[Path], None], error: type[HarnessError], message: str
) -> None:
    root = tmp_path / "faces"
    root.mkdir()
    build(root)
    with pytest.raises(error, match=message) as caught:
        read(root)
    assert type(caught.value) is error
    assert str(caught.value).startswith(str(root))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.zip").touch()
    with pytest.raises(DatasetError, match=r"faces.zip: expected a folder, .* got another file"):
        read(tmp_path / "faces.zip")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (("joy", "saad"), "class 'saad' has no face; did you mean 'sad'. The labels that exist: joy, sad"),
        (("joy", "JOY"), "class 'JOY' has no face; did you mean 'joy'"),
        (("joy", "contempt"), "class 'contempt' has no face; The labels that exist: joy, sad. Correct"),
        (("joy", "joy"), "class 'joy' is named twice"),
        (("joy",), "expected two classes or more, got 1: joy"),
    ],
)
def test_classes_that_cannot_be_chosen_are_refused(
    tmp_path: Path, classes: tuple[str, ...], message: str
) -> None:
    write_csv(tmp_path, "path,label", "1.png,joy", "2.png,sad")
    with pytest.raises(LabelError, match=message):
        read(tmp_path, classes=classes)


# --- what is left out on request


@pytest.mark.parametrize(
    ("lines", "skipped"),
    [
        (("path,label", "gone,joy"), 1),
        (("path,label", "x.png,"), 1),
        (("path,label,split", "x.png,joy,dev", "y.png,joy,train"), 1),
        (("path,label,subject,split", "x.png,joy,ann,val", "y.png,sad,ann,test", "z.png,sad,ben,test"), 2),
    ],
)
def test_faulty_rows_are_left_out_and_counted_on_request(
    tmp_path: Path, lines: tuple[str, ...], skipped: int
) -> None:
    rest = [f"{label}{number}.png,{label}" for label in ("joy", "sad") for number in range(2)]
    tail = {2: "", 3: ",train", 4: ",cem,train"}[len(lines[0].split(","))]
    write_csv(tmp_path, *lines, *(row + tail for row in rest))
    faces = read(tmp_path, on_bad_image="skip")
    assert faces.skipped == skipped
    assert len(faces) == len(lines) - 1 + len(rest) - skipped


def test_unreadable_images_are_left_out_with_their_labels_on_request(tmp_path: Path) -> None:
    seven_texts(tmp_path)
    draw(tmp_path / "sad" / "6b.png", shade=33)
    faces = read(tmp_path, on_bad_image="skip")
    assert faces.skipped == 7
    assert faces.labels.tolist() == [0, 1]
    assert faces.images[:, 0, 0].tolist() == [100, 33]


def test_an_empty_class_folder_is_no_class_on_request(tmp_path: Path) -> None:
    empty_class(tmp_path)
    assert read(tmp_path, on_bad_image="skip").class_names == ("joy", "sad")


def test_a_wanted_class_without_one_readable_face_is_refused_even_then(tmp_path: Path) -> None:
    seven_texts(tmp_path)
    draw(tmp_path / "fear" / "a.png")
    with pytest.raises(LabelError, match="class 'sad' has no face; The labels that exist: fear, joy"):
        read(tmp_path, classes=("fear", "joy", "sad"), on_bad_image="skip")
