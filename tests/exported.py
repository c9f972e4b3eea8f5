"""A small search that was run, and the model of one of its runs, for the tests of `harness export` and `harness embed`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from harness.cli import app

SEARCH = """\
dataset: {name: synthetic-posed, images: 280, size: 24}
method: {embedding_dim: 16, batch_size: 56, ce_weight: 0.5}
space: {slices: [2, 4]}
protocol: {split: kfold, folds: 3}
budget: {trials: 2, epochs: 2}
confirm: {top: 1, seeds: 2}
"""
FOLD = 1


class Place(NamedTuple):
    """Where they lie: the results folder with the search `faces`, and the model of its fold 1."""

    results: Path
    model: Path


def run_and_export(place: Path) -> Place:
    """Both, made below an empty folder. The caller says where faces are cached."""
    results, model = run_search(place, SEARCH), place / "model"
    harness("export", "faces", "--results", results, "--fold", FOLD, "-o", model, "--quiet")
    return Place(results, model)


def run_search(place: Path, text: str, *flags: str) -> Path:
    """Runs a search file under the name `faces` and gives the results folder."""
    file, results = place / "faces.yaml", place / "results"
    file.write_text(text)
    harness("search", file, "--results", results, "--backend", "serial", "--quiet", *flags)
    return results


def harness(*arguments: object) -> str:
    """What a command prints that ends well."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def refusal(*arguments: object) -> str:
    """What a command says, on one line, while it refuses its arguments."""
    outcome = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert outcome.exit_code == 2, f"exit code {outcome.exit_code}: {outcome.output} {outcome.exception!r}"
    assert "Traceback" not in outcome.output
    return " ".join(outcome.stderr.split())
