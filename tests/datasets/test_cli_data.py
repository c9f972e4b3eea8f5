"""Every dataset from the command line, on a small copy in its distributed layout: check, prepare, show, search."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from harness.cli import app
from harness.datasets.sources import NAMES

SEARCHES = Path(__file__).parents[2] / "searches"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where small copies, packs and results of this file lie."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", params=NAMES)
def dataset(request: pytest.FixtureRequest, home: Path) -> tuple[str, Path]:
    """A dataset's name, and a small copy of it."""
    name: str = request.param
    root = home / "data" / name
    importlib.import_module(f"{name.replace('-', '_')}_tree").write_tree(root)
    return name, root


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


def harness(*arguments: str, code: int = 0) -> str:
    """What the command line prints, once it has ended with that code."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_dataset_is_checked_prepared_shown_and_searched(dataset: tuple[str, Path], home: Path) -> None:
    name, root = dataset
    of_it = (name, "--root", str(root))
    certain = name != "mmi"  # no count of MMI is certain, since no list of its sequences is distributed
    told = harness("data", "check", *of_it, code=1 if certain else 0)
    assert ("differ" in told.splitlines()[-1]) is True
    harness("data", "check", *of_it, "--no-strict")

    packed = harness("data", "prepare", *of_it, "--no-strict")
    assert "faces of 64 x 64 pixels" in packed

    sheet = home / "sheets" / f"{name}.png"  # its folder is made
    harness("data", "show", *of_it, "-o", str(sheet))
    with Image.open(sheet) as picture:
        assert min(picture.size) > 300

    root.rename(root.with_name(f"{name}-moved"))  # a search on a prepared pack never touches the source
    trials = _search(name, root, home)
    assert len(trials) == 3
    chance = 1 / len(trials["class_names"][0])
    assert trials["val_uar"].max() > 1.7 * chance


def _search(name: str, root: Path, home: Path) -> pd.DataFrame:
    """Three short trials of the dataset's own search file."""
    settings = {
        "dataset.path": root,
        "dataset.strict": "false",
        "dataset.size": 64,
        "dataset.color": "gray",
        "protocol.search_folds": 1,
        "method.batch_size": 32,
        "method.augmentation": "flip",
        "space.learning_rate": "[0.003]",
        "space.ce_weight": "[0.7]",
        "space.dropout": "[0.0]",
        "early_stopping.name": "none",
        "budget.epochs": 15 if name == "jaffe" else 5,  # a seventh of the pictures of the others
        "confirm.top": 0,
    }
    flags = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    place = ["--backend", "serial", "--trials", "3", "--quiet", "--results", str(home / "results")]
    harness("search", str(SEARCHES / f"{name}.yaml"), *place, *flags)
    return pd.read_parquet(home / "results" / name / "trials.parquet")
