"""The Arrow file: what is in it, that it loads the same from memory and from the file, and what is told of a damaged one."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pack_toys import pictures, prepared, settings, table_rows

from harness.datasets.images import MappedImages
from harness.datasets.pack.arrow import load_pack
from harness.errors import DatasetError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty distribution."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize("color", ["gray", "rgb"])
def test_faces_are_the_same_in_memory_and_in_their_file(root: Path, color: str) -> None:
    pack = prepared(table_rows(300), root, settings(color=color))
    loaded, mapped = load_pack(pack), load_pack(pack, memory_bytes=0)
    assert isinstance(loaded.images, np.ndarray)
    assert isinstance(mapped.images, MappedImages)
    assert loaded.images.shape == mapped.images.shape == (300, *settings(color=color).shape)
    assert (mapped.images[:] == loaded.images).all()
    assert loaded.fingerprint == mapped.fingerprint


def test_faces_in_their_file_travel_to_a_process_as_a_path(root: Path) -> None:
    mapped = load_pack(prepared(table_rows(300), root), memory_bytes=0)
    assert len(pickle.dumps(mapped.images)) < 1000
    again = pickle.loads(pickle.dumps(mapped))
    assert (again.images[[7, 3]] == mapped.images[[7, 3]]).all()


def test_who_is_seen_is_loaded_and_what_nobody_knows_is_none(root: Path) -> None:
    plain = load_pack(prepared(table_rows(3), root))
    assert (plain.subjects, plain.groups, plain.sequences, plain.splits) == (None, None, None, None)
    samples = [
        replace(sample, subject=f"S{row}", group="film", sequence=f"S{row}/1", split=("train", "test")[row])
        for row, sample in enumerate(table_rows(2))
    ]
    faces = load_pack(prepared(samples, root))
    parts = (faces.subjects, faces.groups, faces.sequences, faces.splits)
    assert [None if part is None else part.tolist() for part in parts] == [
        ["S0", "S1"], ["film", "film"], ["S0/1", "S1/1"], ["train", "test"],
    ]  # fmt: skip


def test_classes_are_in_the_order_of_the_field_whatever_comes_first(root: Path) -> None:
    labels = ("contempt", "neutral", "anger", "neutral")
    samples = [replace(sample, label=label) for sample, label in zip(table_rows(4), labels, strict=True)]
    faces = load_pack(prepared(samples, root))
    assert faces.class_names == ("anger", "neutral", "contempt")
    assert faces.labels.tolist() == [2, 1, 0, 1]


def test_any_arrow_library_reads_a_row_per_face_and_how_it_was_made(root: Path) -> None:
    samples = [replace(sample, code="7", role="apex", release="2") for sample in pictures(root, 3)]
    with pa.memory_map(str(prepared(samples, root))) as source:
        table = pa.ipc.open_file(source).read_all()
    row = table.slice(2, 1).to_pylist()[0]
    assert row == {
        "image": bytes([20] * 64), "label": "fear", "code": "7", "subject": "", "sequence": "", "role": "apex",
        "group": "", "split": "", "release": "2", "path": "2.png", "detected": True,
    }  # fmt: skip
    metadata = json.loads(table.schema.metadata[b"pack"])
    assert metadata["settings"] == settings().to_dict()
    assert metadata["shape"] == [3, 8, 8]


def test_a_pack_names_what_it_left_out(root: Path) -> None:
    samples = pictures(root, 3)
    (root / "1.png").unlink()
    with pa.memory_map(str(prepared(samples, root, settings(on_bad_image="skip")))) as source:
        metadata = json.loads(pa.ipc.open_file(source).schema.metadata[b"pack"])
    assert metadata["faults"] == ["1.png: no such file"]


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_pack_is_told_with_a_cure(root: Path, share: float) -> None:
    pack = prepared(table_rows(300), root)
    whole = pack.read_bytes()
    pack.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(
        DatasetError, match=rf"{pack.name}: expected a pack of faces, .*; delete it, and it is made again"
    ):
        load_pack(pack)


def test_another_arrow_file_is_no_pack(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict({"a": [1]})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    with pytest.raises(DatasetError, match=r"a\.arrow: expected a pack of faces"):
        load_pack(tmp_path / "a.arrow")


def test_a_pack_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.arrow: expected a pack of faces"):
        load_pack(tmp_path / "none.arrow")
