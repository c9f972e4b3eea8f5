"""A results folder from a stranger can be looked at: nothing of theirs is run, nothing of ours is shown or written over."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from strangers import EVIL, PRIVATE, make_results

from harness.learning.networks.build import build_network
from harness.records import TrialConfig


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_results(tmp_path_factory.mktemp("stranger"))


def harness(*words: str, results: Path) -> subprocess.CompletedProcess[bytes]:
    """A command as one types it, on a terminal that knows colours; it steers no terminal, and leaves no mark."""
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *words],
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        timeout=300,
    )
    told = done.stdout.decode() + done.stderr.decode()
    assert "Traceback" not in told
    for sign in ("\x1b]", "\x07", "\x1b[31m$"):
        assert sign not in told
    assert PRIVATE not in told
    assert sorted(path.name for path in results.parent.iterdir()) == ["results", "secret"]
    assert (results.parent / "secret").read_text() == PRIVATE
    return done


def a_pair(results: Path) -> list[str]:
    """Two searches of the same faces, of which search.yaml can be read."""
    folders = [path for path in sorted(results.iterdir()) if path.name.startswith("spontaneous")]
    return [folder.name for folder in folders[:2]]


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "csv", "json"])
def test_the_leaderboard_shows_their_words_and_obeys_none(results: Path, format: str) -> None:
    done = harness("leaderboard", str(results), "--format", format, results=results)
    shown = done.stdout.decode()
    assert done.returncode == 0
    if format == "csv":
        board = pd.read_csv(io.StringIO(shown))
        assert len(board) == 10
        assert not board["method"].str.startswith(("=", "+", "@")).any()
    if format == "json":
        assert EVIL in json.loads(shown)[0]["method"]
    if format == "markdown":
        assert "<script" not in shown
    if format == "table":
        assert "[red]" in shown.replace("\n", "")


class Parts(HTMLParser):
    """What a browser would act upon in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.handlers, self.addresses = 0, [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_report_holds_no_script_and_no_link_of_theirs(results: Path) -> None:
    done = harness("report", str(results), results=results)
    page = (results / "report.html").read_text()
    parts = Parts()
    parts.feed(page)
    assert done.returncode == 0
    assert parts.scripts == 3
    assert parts.handlers == []
    assert [address for address in parts.addresses if not address.startswith(("#", "data:"))] == []
    assert PRIVATE not in page
    assert "{{ 7*7 }}" in page
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    figures = [each for section in json.loads(data[1])["figures"].values() for each in section]
    drawn = json.dumps([[each["data"], each["layout"]] for each in figures])
    assert "&lt;a href" in drawn
    assert not re.search(r"<(?!/?(extra|b|br)>)", drawn)


def test_a_comparison_shows_their_words_and_obeys_none(results: Path) -> None:
    for format in ("table", "markdown", "json"):
        done = harness(
            "compare", *a_pair(results), "--results", str(results), "--format", format, results=results
        )
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("verb", ["reproduce", "export"])
def test_a_search_file_of_theirs_runs_nothing_when_a_row_is_to_be_trained_again(
    results: Path, verb: str, tmp_path: Path
) -> None:
    tagged = next(path.parent for path in results.glob("*/search.yaml") if "!!python" in path.read_text())
    output = ["-o", str(tmp_path / "model")] if verb == "export" else []
    done = harness(verb, tagged.name, "--results", str(results), *output, results=results)
    assert done.returncode == 2


def test_a_doctor_runs_nothing_of_theirs(results: Path) -> None:
    harness("doctor", str(results), "--dry-run", results=results)


def test_a_rebuild_leaves_out_what_is_no_journal_and_runs_nothing(results: Path) -> None:
    journal = (
        next(path for path in sorted(results.iterdir()) if path.name.startswith("posed")) / "journal.log"
    )
    journal.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.\n")
    done = harness("leaderboard", str(results), "--rebuild", results=results)
    journal.unlink()
    assert b"left out" in done.stderr


def test_tables_whose_columns_are_others_are_told_and_stop_nothing(results: Path) -> None:
    folder = results / "nothing"
    for name in ("trials", "runs"):
        table = pq.read_table(next(results.glob("posed-*")) / f"{name}.parquet")
        pq.write_table(table.drop_columns(["state"]), folder / f"{name}.parquet")
    done = harness("leaderboard", str(results), results=results)
    for path in folder.iterdir():
        path.unlink()
    assert done.returncode == 0
    assert b"its tables are damaged" in done.stderr


@pytest.mark.parametrize("name", ["checkpoints/0000.pt", "pretrained.safetensors"])
def test_weights_of_theirs_are_refused_and_not_unpickled(results: Path, name: str) -> None:
    path = next(results.glob("posed-*")) / name
    config = TrialConfig(seed=0, epochs=1, backbone_checkpoint=str(path))
    with pytest.raises(Exception, match="neither safetensors nor a torch state dict"):
        build_network(config, channels=1, size=48)
    assert not (results.parent / "pwned").exists()
