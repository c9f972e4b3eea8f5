"""YAML files that a pydantic model checks: a mistake is told with file, line, key, and the nearest key that exists.

It knows no model by name.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from harness.errors import SearchFileError
from harness.tuning.fields import complaint

Key = tuple[str | int, ...]
DEEPEST, MOST = 12, 10_000
"""Keys in each other, and keys in all; no search file needs half as many. Aliases of aliases make more than memory holds."""
Model = TypeVar("Model", bound=BaseModel)


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


def validated(
    model: type[Model],
    values: dict[str, Any],
    *,
    path: Path,
    lines: Mapping[Key, int],
    overrides: Sequence[Override] = (),
) -> Model:
    """The values as a model.

    Args:
        model: What they should be.
        values: As `read_yaml` gave them; overrides are written into them.
        path: The file, for messages. Its stem is the name unless the file says another.
        lines: As `read_yaml` gave them.
        overrides: Win over the file, in this order.

    Raises:
        SearchFileError: With every mistake, one a line.
    """
    flags = {_apply(values, override): override.flag for override in overrides}
    values.setdefault("name", path.stem)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        mistakes = [
            _explain(mistake, model=model, path=path, lines=lines, flags=flags) for mistake in error.errors()
        ]
        raise SearchFileError("\n".join(mistakes)) from None


def read_yaml(path: Path, *, what: str = "search file") -> tuple[Mapping[Key, int], dict[str, Any]]:
    """The line of each key, and the values.

    Raises:
        SearchFileError: If there is no such file, or it is no YAML with keys.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*.y*ml")], n=1)
        hint = f"; did you mean {path.parent / near[0]}?" if near else ""
        raise SearchFileError(f"no {what} {path}{hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SearchFileError(f"{what} {path} cannot be read: {error}") from None
    try:
        lines, values = _line_numbers(yaml.compose(text)), yaml.safe_load(text)
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
        SearchFileError: If a key is there twice: YAML would take the last one in silence; or if values lie in each other without
            end, as an alias within its own anchor does.
    """
    if node and len(key) > DEEPEST:
        line = node.start_mark.line + 1
        raise SearchFileError(
            f"line {line}: expected at most {DEEPEST} keys in each other, got more; an alias (*name) may stand within its anchor"
        )
    lines: dict[Key, int] = {}
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner, line = (*key, name.value), name.start_mark.line + 1
            if inner in lines:
                raise SearchFileError(
                    f"line {line}: {'.'.join(map(str, inner))} is there twice, first in line {lines[inner]}"
                )
            lines |= {inner: line} | _line_numbers(value, inner)
            _check_count(lines, value)
    if isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            lines |= {(*key, number): entry.start_mark.line + 1} | _line_numbers(entry, (*key, number))
            _check_count(lines, entry)
    return lines


def _check_count(lines: Mapping[Key, int], node: yaml.Node) -> None:
    if len(lines) > MOST:
        line = node.start_mark.line + 1
        raise SearchFileError(
            f"line {line}: expected at most {MOST:,} keys, got more; aliases (*name) multiply what is anchored"
        )


def _explain(
    mistake: Any, *, model: type[BaseModel], path: Path, lines: Mapping[Key, int], flags: Mapping[Key, str]
) -> str:
    key: Key = mistake["loc"]
    name = ".".join(map(str, key))
    match mistake["type"]:
        case "extra_forbidden":
            what = _unknown_key(key, model=model)
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


def _unknown_key(key: Key, *, model: type[BaseModel]) -> str:
    known = list(_section(key[:-1], model=model).model_fields)
    near = difflib.get_close_matches(str(key[-1]), known, n=1)
    hint = f"the nearest known one is '{near[0]}'" if near else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"


def _section(key: Key, *, model: type[BaseModel]) -> type[BaseModel]:
    """The section in which a key stands; the keys of a mapping lead to what the mapping holds."""
    section = model
    for name in key:
        if str(name) in section.model_fields:
            section = _model_in(section.model_fields[str(name)].annotation)
    return section


def _model_in(annotation: Any) -> type[BaseModel]:
    parts = [annotation, *get_args(annotation)]
    return next(part for part in parts if isinstance(part, type) and issubclass(part, BaseModel))
