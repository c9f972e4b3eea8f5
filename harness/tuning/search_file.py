"""Reads a search file, one search or one per dataset, and writes a resolved one. It starts nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.errors import SearchFileError
from harness.tuning.spec import SearchSpec
from harness.tuning.yaml_file import Key, Override, read_yaml, validated


def read_searches(path: Path, *, overrides: Sequence[Override] = ()) -> tuple[SearchSpec, ...]:
    """The searches that a file describes: one, or one per dataset where `dataset` is a list.

    Args:
        path: A YAML file; its stem is the search's name unless it says another. Of several, each has its dataset's name
            behind that.
        overrides: Win over the file, in this order; in a file of several they count for each.

    Raises:
        SearchFileError: With every mistake, one a line.
    """
    lines, values = read_yaml(path)
    datasets = values.get("dataset")
    if not isinstance(datasets, list):
        return (validated(SearchSpec, values, path=path, lines=lines, overrides=overrides),)
    chosen = _chosen_datasets(path, datasets, overrides=overrides)
    return tuple(
        validated(
            SearchSpec,
            _of_one_dataset(values, datasets[number], stem=path.stem),
            path=path,
            lines=_lines_of_one(lines, number),
            overrides=overrides,
        )
        for number in chosen
    )


def read_search_file(path: Path, *, overrides: Sequence[Override] = ()) -> SearchSpec:
    """The one search that a file describes.

    Raises:
        SearchFileError: With every mistake, one a line; or if the file describes several searches.
    """
    searches = read_searches(path, overrides=overrides)
    if len(searches) > 1:
        names = ", ".join(search.dataset.name for search in searches)
        raise SearchFileError(
            f"{path}: expected one dataset, got {names}; choose one with --set dataset.name={searches[0].dataset.name}"
        )
    return searches[0]


def _chosen_datasets(path: Path, datasets: list[Any], *, overrides: Sequence[Override]) -> list[int]:
    """Which entries of the list are searched: all, or the one that `--set dataset.name=NAME` names."""
    names = [str(entry.get("name", "")) if isinstance(entry, dict) else "" for entry in datasets]
    wanted = [override for override in overrides if override.key == "dataset.name"]
    chosen = [i for i, name in enumerate(names) if not wanted or name == wanted[-1].value]
    if not chosen:
        if not wanted:
            raise SearchFileError(f"{path}: dataset: the list is empty; name a dataset")
        raise SearchFileError(
            f"{wanted[-1].flag}: expected a dataset of {path}, got none of {', '.join(names)}"
        )
    return chosen


def _of_one_dataset(values: dict[str, Any], dataset: Any, *, stem: str) -> dict[str, Any]:
    """The values of one search out of several, under a name of its own."""
    own = str(dataset.get("name", "")) if isinstance(dataset, dict) else ""
    return {**copy.deepcopy(values), "dataset": dataset, "name": f"{values.get('name', stem)}-{own}"}


def _lines_of_one(lines: Mapping[Key, int], number: int) -> dict[Key, int]:
    """The lines as if the list's entry of that number were the only dataset."""
    others = {key: line for key, line in lines.items() if key[:1] != ("dataset",) or key == ("dataset",)}
    own = {("dataset", *key[2:]): line for key, line in lines.items() if key[:2] == ("dataset", number)}
    return {**others, **own}


def write_search_file(spec: SearchSpec) -> str:
    """The resolved search as YAML that `read_search_file` reads back to an equal one."""
    values = spec.model_dump(mode="json")
    values["method"] = {key: value for key, value in values["method"].items() if key not in values["space"]}
    return yaml.safe_dump(values, sort_keys=False)
