"""Reads a search file, and tells where it is wrong: file, line, key, and the nearest key that exists. It starts nothing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import SearchFileError
from harness.tuning.spec import SearchSpec, complaint

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


def read_search_file(path: Path, *, overrides: Sequence[Override] = ()) -> SearchSpec:
    """The search that a file describes.

    Args:
        path: A YAML file; its stem is the search's name unless it says another.
        overrides: Win over the file, in this order.

    Raises:
        SearchFileError: With every mistake, one a line.
    """
    lines, values = _load(path)
    flags = {_apply(values, override): override.flag for override in overrides}
    values.setdefault("name", path.stem)
    try:
        return SearchSpec.model_validate(values)
    except ValidationError as error:
        mistakes = [_explain(mistake, path=path, lines=lines, flags=flags) for mistake in error.errors()]
        raise SearchFileError("\n".join(mistakes)) from None


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
