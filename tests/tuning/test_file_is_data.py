"""A search file, from whomever it is, is data: what is in it names things, and runs none."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DatasetError, NetworkError, SearchFileError
from harness.learning.networks.build import build_network
from harness.records import TrialConfig
from harness.search import prepare
from harness.tuning.search_file import read_search_file
from harness.tuning.yaml_file import parse_set

SMALL = "dataset: {name: synthetic-posed}\n"


class Mark:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))


def read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faces.yaml"
    path.write_text(text)
    read_search_file(path)


@pytest.mark.parametrize(
    "tag", ["object/apply:os.mkdir [{mark}]", "object/new:os.mkdir [{mark}]", "name:os.mkdir"]
)
def test_a_tag_that_asks_for_python_is_refused(tmp_path: Path, tag: str) -> None:
    value = f"!!python/{tag.format(mark=tmp_path / 'mark')}"
    with pytest.raises(SearchFileError, match=r"faces\.yaml, line 2: this is not YAML: could not determine"):
        read(tmp_path, f"{SMALL}seed: {value}\n")
    with pytest.raises(SearchFileError, match="is not a YAML value"):
        parse_set(f"seed={value}")
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/b", ".hidden", "a b", "x\n", ""])
def test_a_name_that_leads_out_of_the_results_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SearchFileError, match=r"faces\.yaml, line 2: name: .*pattern"):
        read(tmp_path, f"{SMALL}name: {name!r}\n".replace("'x\\n'", '"x\\n"'))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("seed: &own {a: *own}", id="an alias within its anchor"),
        pytest.param("seed: &own [*own]", id="the same in a list"),
        pytest.param(
            "\n".join([f"a{n}: &a{n} {{x: *a{n - 1}}}" for n in range(1, 20)]).replace("*a0", "1"), id="deep"
        ),
    ],
)
def test_values_that_lie_in_each_other_without_end_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SearchFileError, match=r"line \d+: expected at most 12 keys in each other"):
        read(tmp_path, f"{SMALL}{text}\n")


def test_aliases_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(SearchFileError, match=r"line \d+: expected at most 10,000 keys"):
        read(tmp_path, SMALL + text)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/faces", "s3://bucket/faces", "file:///etc"])
def test_faces_are_looked_for_on_this_machines_disks_alone(tmp_path: Path, address: str) -> None:
    path = tmp_path / "faces.yaml"
    path.write_text(f"dataset: {{name: folder, path: '{address}'}}\n")
    with pytest.raises(DatasetError, match=r"expected|no "):
        prepare(read_search_file(path))


@pytest.mark.parametrize("name", ["hf-hub:stranger/model", "local-dir:/tmp/model", "hf_hub:stranger/model"])
def test_a_backbone_comes_out_of_timm_and_from_nowhere_else(name: str) -> None:
    config = TrialConfig(seed=0, epochs=1, backbone=f"timm:{name}")
    with pytest.raises(NetworkError, match="has no model"):
        build_network(config, channels=1, size=48)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".pth"])
def test_a_checkpoint_is_weights_and_is_not_unpickled(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(pickle.dumps(Mark(tmp_path / "mark")))
    config = TrialConfig(seed=0, epochs=1, backbone_checkpoint=str(path))
    with pytest.raises(NetworkError, match="neither safetensors nor a torch state dict"):
        build_network(config, channels=1, size=48)
    assert not (tmp_path / "mark").exists()
