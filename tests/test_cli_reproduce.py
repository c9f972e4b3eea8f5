"""What `harness reproduce` says of a stored row: equal, not equal and why, or refused before anything is trained."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from harness.cli import app

SEARCH = """\
dataset: {name: folder, path: faces, size: 24}
method: {embedding_dim: 16, batch_size: 16}
space: {slices: [1, 2, 4], margin_min: {low: 0.05, high: 0.5}}
early_stopping: {name: none}
budget: {trials: 2, epochs: 1}
confirm: {top: 2, seeds: 2, leaky: [oracle-best-epoch, leaky-random-images]}
"""
HASH = "[0-9a-f]{16}"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room with faces and a confirmed search, without its journal."""
    room = tmp_path_factory.mktemp("searched")
    for number in range(60):
        face = room / "faces" / ("anger", "fear")[number % 2] / f"{number:02}.png"
        face.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (24, 24), dtype=np.uint8)
        Image.fromarray(pixels).save(face)
    (room / "noise.yaml").write_text(SEARCH)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(room)
        patch.setenv("XDG_CACHE_HOME", str(room / "cache"))
        done = CliRunner().invoke(app, ["search", "noise.yaml", "--backend", "serial"])
    assert done.exit_code == 0, done.output
    (room / "results" / "noise" / "journal.log").unlink()
    return room


@pytest.fixture
def room(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of that room to stand in; at the end no scratch folder is left."""
    copy, scratch = tmp_path / "room", tmp_path / "scratch"
    shutil.copytree(searched, copy)
    scratch.mkdir()
    monkeypatch.chdir(copy)
    monkeypatch.setenv("XDG_CACHE_HOME", str(copy / "cache"))
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)  # what it remembers of TMPDIR
    yield copy
    assert list(scratch.iterdir()) == []


def reproduce(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["reproduce", *arguments])


def refusal(*arguments: str) -> str:
    """What is said, on one line, while nothing is trained."""
    outcome = reproduce(*arguments)
    assert outcome.exit_code == 2, f"exit code {outcome.exit_code}: {outcome.output} {outcome.exception!r}"
    assert "Traceback" not in outcome.output
    assert "complete" not in outcome.stdout
    return " ".join(outcome.stderr.split())


def change_runs(room: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Writes runs.parquet anew, each row changed."""
    path = room / "results" / "noise" / "runs.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in rows:
        change(row)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_row_comes_out_equal_to_the_last_digit_and_nothing_is_written_into_the_results(room: Path) -> None:
    before = contents(room / "results")
    outcome = reproduce("noise")
    assert outcome.exit_code == 0, outcome.output
    first = outcome.stdout.splitlines()[0]
    assert re.fullmatch(rf"noise  trial \d, 2 runs of the rule honest; faces {HASH}, split {HASH}", first)
    assert "noise: equal to the last digit, in all of 2 runs" in outcome.stdout
    rows = re.findall(r"^ *([01]) +\d+ +([\d.]+) +([\d.]+)  yes *$", outcome.stdout, flags=re.MULTILINE)
    assert [row[0] for row in rows] == ["0", "1"]
    assert all(stored == found for _, stored, found in rows)
    assert contents(room / "results") == before


@pytest.mark.parametrize("rule", ["oracle-best-epoch", "leaky-random-images"])
def test_a_row_of_a_leaky_rule_comes_out_equal_too(room: Path, rule: str) -> None:
    outcome = reproduce("noise", "--rule", rule)
    assert outcome.exit_code == 0, outcome.output
    assert f"2 runs of the rule {rule};" in outcome.stdout


def test_faces_that_have_moved_are_named(room: Path) -> None:
    (room / "faces").rename(room / "elsewhere")
    assert "faces: expected a folder" in refusal("noise")
    assert reproduce("noise", "--set", "dataset.path=elsewhere").exit_code == 0


def test_one_changed_pixel_is_refused_with_both_fingerprints(room: Path) -> None:
    face = room / "faces" / "anger" / "00.png"
    pixels = np.array(Image.open(face))
    pixels[3, 5] ^= 1
    Image.fromarray(pixels).save(face)
    stored = json.loads((room / "results" / "noise" / "provenance.json").read_text())["fingerprint"]
    told = refusal("noise")
    assert re.search(rf"other faces: the faces' fingerprint was {stored}, now {HASH}\. Nothing", told), told
    assert f"found {stored}" not in told


def test_another_split_is_refused_with_both_hashes(room: Path) -> None:
    spec = room / "results" / "noise" / "search.yaml"
    before, protocol, after = spec.read_text().partition("protocol:\n")
    spec.write_text(before + protocol + after.replace("  seed: 0", "  seed: 1", 1))
    stored = json.loads((room / "results" / "noise" / "provenance.json").read_text())["split_hash"]
    told = refusal("noise")
    assert re.search(rf"measured on other faces: the split's hash was {stored}, now {HASH}\.", told), told


def test_a_changed_number_is_not_equal_and_the_provenance_is_told(room: Path) -> None:
    def change(row: dict[str, Any]) -> None:
        if row["repeat"] == 1:
            row["test_uar"] = float(np.nextafter(row["test_uar"], 2))  # the last digit
        row["packages"] = json.dumps({**json.loads(row["packages"]), "torch": "1.13"})
        row["device"] = "cuda: NVIDIA H100"

    change_runs(room, change)
    outcome = reproduce("noise")
    assert outcome.exit_code == 1, outcome.output
    assert "noise: not equal, in 1 of 2 runs" in outcome.stdout
    assert re.search(r"^ +0 .* yes *$", outcome.stdout, flags=re.MULTILINE)
    assert re.search(r"^ +1 .* no: test_uar *$", outcome.stdout, flags=re.MULTILINE)
    said = outcome.stdout.partition("The provenance differs:\n")[2]
    assert re.search(r"^torch +1\.13 +\d", said, flags=re.MULTILINE), said
    assert re.search(r"^device +cuda: NVIDIA H100 +cpu *$", said, flags=re.MULTILINE), said
    assert not re.search(r"^(processor|threads|numpy) ", said, flags=re.MULTILINE), said


def test_numbers_that_are_equal_although_the_provenance_differs_say_so(room: Path) -> None:
    change_runs(room, lambda row: row.update(git_commit="73c1e42"))
    outcome = reproduce("noise", "--set", "resources.cpu=2")
    said = outcome.stdout.partition("rovenance differs:\n")[2]
    assert re.search(r"^git commit +73c1e42 ", said, flags=re.MULTILINE), outcome.output
    assert re.search(r"^threads +1 +2 *$", said, flags=re.MULTILINE), outcome.output


UNKNOWN = [
    # arguments, and what is said
    (["nosie"], r"got 'nosie'; the nearest one there is 'noise'"),
    (["xyzzy"], r"results or a folder, got 'xyzzy'; searches there: noise"),
    (
        ["noise", "--results", "nowhere"],
        r"search of nowhere or a folder, got 'noise'; there is no search there",
    ),
    (["quick"], r"got the suite results/quick; name its searches with --results results/quick: posed"),
    (["posed"], r"got 'posed'; the nearest one there is 'quick/posed'"),
    (
        ["noise", "--rule", "oracle"],
        r"runs\.parquet: expected runs under the rule 'oracle' that ran to their end, got some under honest, "
        r"leaky-random-images, oracle-best-epoch alone; .*confirm\.top above 0",
    ),
    (
        ["noise", "--set", "method.batch_size=20"],
        r"--set method\.batch_size=20: a reproduction trains what is stored; expected one of dataset\.path, .*"
        r"got method\.batch_size",
    ),
    (["noise", "--set", "resources.cpu=0"], r"resources\.cpu: input should be greater than 0, got 0"),
]


@pytest.mark.parametrize(("arguments", "told"), UNKNOWN, ids=[" ".join(row[0]) for row in UNKNOWN])
def test_what_cannot_be_reproduced_is_refused(room: Path, arguments: list[str], told: str) -> None:
    (room / "results" / "quick" / "posed").mkdir(parents=True)
    (room / "results" / "quick" / "suite.yaml").write_text("name: quick")
    said = refusal(*arguments)
    assert re.search(told, said), said


def test_a_search_without_a_confirmed_run_is_refused(room: Path) -> None:
    change_runs(room, lambda row: row.update(state="FAIL"))
    assert "expected runs under the rule 'honest' that ran to their end, got none; " in refusal("noise")


DAMAGES = [
    # which file, what is in it (None: it is gone), and what is said of it
    ("search.yaml", None, r"noise is no whole search folder: it has no search\.yaml"),
    ("search.yaml", b"dataset: [", r"search\.yaml, line 1: this is not YAML"),
    ("search.yaml", b"sede: 1", r"search\.yaml, line 1: sede: unknown key; the nearest known one is 'seed'"),
    ("provenance.json", None, r"noise is no whole search folder: it has no provenance\.json"),
    ("provenance.json", b"{", r"provenance\.json is damaged: .*restore it from a copy"),
    ("provenance.json", b"\xff", r"provenance\.json is damaged: .*0xff"),
    ("provenance.json", b"{}", r"provenance\.json is damaged: 'class_names'"),
    ("runs.parquet", None, r"runs\.parquet is missing"),
    ("runs.parquet", b"no table", r"runs\.parquet cannot be read as Parquet"),
]


@pytest.mark.parametrize(("name", "content", "told"), DAMAGES)
def test_a_damaged_file_is_refused(room: Path, name: str, content: bytes | None, told: str) -> None:
    path = room / "results" / "noise" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    said = refusal("noise")
    assert re.search(told, said), said


def test_a_stopped_reproduction_returns_130_and_says_that_nothing_was_written(room: Path) -> None:
    path = room / "results" / "noise" / "runs.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table] * 100), path)
    command = [sys.executable, "-c", "from harness.cli import main; main()", "reproduce", "noise"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        while not running.stdout.readline().startswith("run 0"):
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        told, problems = running.communicate()
    assert (running.returncode, problems) == (130, "")
    assert "Stopped; nothing was written. This begins anew:" in told
