"""Reads a search file, and tells where it is wrong: file, line, key, and the nearest key that exists. It starts nothing."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import SearchFileError
from harness.tuning.fields import complaint
from harness.tuning.spec import SearchSpec

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Override:
    """A value that wins over the file's.

    Attributes:
        flag: As the user gave it, for messages, such as `--set budget.trials=50`.
        key: With dots, such as `budget.trials`.
        value: What stands at that key.
    """

    flag: str
    key: str
    value: Any


def parse_set(text: str) -> Override:
    """Reads `key=value`, the value as YAML.

    Raises:
        SearchFileError: If it is not that.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SearchFileError(f"--set {text}: expected key=value, such as budget.trials=50")
    try:
        return Override(f"--set {text}", key, yaml.safe_load(value))
    except yaml.YAMLError:
        raise SearchFileError(f"--set {text}: {value!r} is not a YAML value") from None


def read_searches(path: Path, *, overrides: Sequence[Override] = ()) -> tuple[SearchSpec, ...]:
    """The searches that a file describes: one, or one per dataset where `dataset` is a list.

    Args:
        path: A YAML file; its stem is the search's name unless it says another. Of several, each has its dataset's name
            behind that.
        overrides: Win over the file, in this order; in a file of several they count for each.

    Raises:
        SearchFileError: With every mistake, one a line.
    """
    lines, values = _load(path)
    datasets = values.get("dataset")
    if not isinstance(datasets, list):
        return (_search(path, values, lines=lines, overrides=overrides),)
    chosen = _chosen_datasets(path, datasets, overrides=overrides)
    return tuple(
        _search(
            path,
            _of_one_dataset(values, datasets[number], stem=path.stem),
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


def _search(
    path: Path, values: dict[str, Any], *, lines: Mapping[Key, int], overrides: Sequence[Override]
) -> SearchSpec:
    flags = {_apply(values, override): override.flag for override in overrides}
    values.setdefault("name", path.stem)
    try:
        return SearchSpec.model_validate(values)
    except ValidationError as error:
        mistakes = [_explain(mistake, path=path, lines=lines, flags=flags) for mistake in error.errors()]
        raise SearchFileError("\n".join(mistakes)) from None


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


def _load(path: Path) -> tuple[Mapping[Key, int], dict[str, Any]]:
    """The line of each key, and the values."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*.y*ml")], n=1)
        hint = f"; did you mean {path.parent / near[0]}?" if near else ""
        raise SearchFileError(f"no search file {path}{hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SearchFileError(f"search file {path} cannot be read: {error}") from None
    try:
        values, lines = yaml.safe_load(text), _line_numbers(yaml.compose(text))
    except SearchFileError as error:
        raise SearchFileError(f"{path}, {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SearchFileError(f"{path}, line {line}: this is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SearchFileError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise SearchFileError(f"{path}: expected keys such as 'dataset' and 'space', got {values!r}")
    return lines, values


def _apply(values: dict[str, Any], override: Override) -> Key:
    """Writes an override into the values, and gives its key. Fixing a parameter ends its search, and the other way round."""
    *parents, last = override.key.split(".")
    place = values
    for parent in parents:
        inner = place.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise SearchFileError(f"{override.flag}: '{parent}' holds {inner!r}, so it has no '{last}'")
        place = inner
    place[last] = override.value
    for section, other in (("method", "space"), ("space", "method")):
        if parents == [section] and isinstance(values.get(other), dict):
            values[other].pop(last, None)
    return (*parents, last)


def _line_numbers(node: yaml.Node | None, key: Key = ()) -> dict[Key, int]:
    """The line of every key in the file, from 1.

    Raises:
        SearchFileError: If a key is there twice: YAML would take the last one in silence.
    """
    lines: dict[Key, int] = {}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner, line = (*key, name.value), name.start_mark.line + 1
            if inner in lines:
                raise SearchFileError(
                    f"line {line}: {'.'.join(map(str, inner))} is there twice, first in line {lines[inner]}"
                )
            lines |= {inner: line} | _line_numbers(value, inner)
    if isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            lines |= {(*key, number): entry.start_mark.line + 1} | _line_numbers(entry, (*key, number))
    return lines


def _explain(mistake: Any, *, path: Path, lines: Mapping[Key, int], flags: Mapping[Key, str]) -> str:
    key: Key = mistake["loc"]
    name = ".".join(map(str, key))
    match mistake["type"]:
        case "extra_forbidden":
            what = _unknown_key(key)
        case "missing":
            what = "this key is missing"
        case _:
            what = complaint(mistake)
    return f"{_where(key, path=path, lines=lines, flags=flags)}: {name + ': ' if name else ''}{what}"


def _where(key: Key, *, path: Path, lines: Mapping[Key, int], flags: Mapping[Key, str]) -> str:
    for length in range(len(key), 0, -1):
        if key[:length] in flags:
            return flags[key[:length]]
        if key[:length] in lines:
            return f"{path}, line {lines[key[:length]]}"
    return str(path)


def _unknown_key(key: Key) -> str:
    known = list(_section(key[:-1]).model_fields)
    near = difflib.get_close_matches(str(key[-1]), known, n=1)
    hint = f"the nearest known one is '{near[0]}'" if near else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"


def _section(key: Key) -> type[BaseModel]:
    section: type[BaseModel] = SearchSpec
    for name in key:
        annotation = section.model_fields[str(name)].annotation
        section = next(
            c for c in (annotation, *get_args(annotation)) if isinstance(c, type) and issubclass(c, BaseModel)
        )
    return section
