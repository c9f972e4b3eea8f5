"""A cluster file as it is checked: its kind, its values, and the commands that it runs, each with its line. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.clusters.shape import Launcher, RayCluster, misshapen
from harness.errors import SearchFileError
from harness.tuning.yaml_file import Key, read_yaml

LAUNCHER, KUBERAY, SLURM = "launcher", "kuberay", "slurm"


@dataclass(frozen=True)
class Text:
    """Something that a shell or a container is given.

    Attributes:
        line: Of the file.
        words: A command, or `NAME=value`.
        starts: `head` or `worker` if it starts Ray there; else empty.
    """

    line: int
    words: str
    starts: str = ""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A file that describes a cluster.

    Attributes:
        path: Of the file.
        kind: `launcher` (Ray's `ray up`), `kuberay` or `slurm`.
        values: Of a YAML file.
        lines: Of its keys.
        texts: Commands and environment; none if the file is misshapen.
        misshapen: Keys whose values are of another type than expected, and what is said of them.
    """

    path: Path
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Key, int] = field(default_factory=dict)
    texts: tuple[Text, ...] = ()
    misshapen: tuple[tuple[Key, str], ...] = ()

    def line(self, *key: str | int) -> int:
        """The line of a key, or of the nearest section around it that is there."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def get(self, *key: str | int) -> Any:
        """The value at a key; None if there is none."""
        value: Any = self.values
        for part in key:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def starting(self, role: str) -> list[Text]:
        """The commands that start Ray on the head or on the workers."""
        return [text for text in self.texts if text.starts == role]


def describe(path: Path) -> Description:
    """Reads a file: YAML for `ray up` or KubeRay, or a shell script for Slurm.

    Raises:
        SearchFileError: If it cannot be read, or is none of the three.
    """
    if path.suffix in (".sh", ".sbatch", ".slurm"):
        return _slurm(path)
    lines, values = read_yaml(path, what="cluster file")
    if values.get("kind") == "RayCluster":
        wrong = tuple(misshapen(RayCluster, values))
        texts = () if wrong else tuple(_container_texts(values, lines))
        return Description(path=path, kind=KUBERAY, values=values, lines=lines, texts=texts, misshapen=wrong)
    if "provider" not in values:
        raise SearchFileError(
            f"{path}: expected a file for `ray up` (with provider), a KubeRay RayCluster (kind: RayCluster) or a "
            f"Slurm script (.sh), got keys {', '.join(list(values)[:5])}"
        )
    wrong = tuple(misshapen(Launcher, values))
    texts = () if wrong else tuple(_launcher_texts(values, lines))
    return Description(path=path, kind=LAUNCHER, values=values, lines=lines, texts=texts, misshapen=wrong)


def _launcher_texts(values: Mapping[str, Any], lines: Mapping[Key, int]) -> Iterator[Text]:
    roles = {"head_start_ray_commands": "head", "worker_start_ray_commands": "worker"}
    for key, commands in values.items():
        if key.endswith("_commands") and isinstance(commands, list):
            for number, command in enumerate(commands):
                yield Text(lines.get((key, number), 1), str(command), roles.get(key, ""))


def groups(values: Mapping[str, Any]) -> Iterator[tuple[Key, str, Any]]:
    """The groups of a RayCluster: key, `head` or `worker`, values."""
    spec = values.get("spec")
    if not isinstance(spec, dict):
        return
    if isinstance(spec.get("headGroupSpec"), dict):
        yield ("spec", "headGroupSpec"), "head", spec["headGroupSpec"]
    workers = spec.get("workerGroupSpecs")
    for number, group in enumerate(workers if isinstance(workers, list) else ()):
        yield ("spec", "workerGroupSpecs", number), "worker", group if isinstance(group, dict) else {}


def containers(group: Mapping[str, Any]) -> list[tuple[Key, Any]]:
    """The containers of a group, with their keys in it."""
    pod = (group.get("template") or {}).get("spec") or {}
    return [
        (("template", "spec", "containers", number), each)
        for number, each in enumerate(pod.get("containers") or ())
    ]


def _container_texts(values: Mapping[str, Any], lines: Mapping[Key, int]) -> Iterator[Text]:
    """Start parameters as flags, the environment as assignments, and what a container runs."""
    for place, role, group in groups(values):
        for name, value in (group.get("rayStartParams") or {}).items():
            yield Text(lines.get((*place, "rayStartParams", name), 1), f"--{name}={value}", role)
        for inner, container in containers(group):
            for key in ("command", "args"):
                for number, words in enumerate(container.get(key) or ()):
                    yield Text(lines.get((*place, *inner, key, number), 1), words, role)
            for number, each in enumerate(container.get("env") or ()):
                line = lines.get((*place, *inner, "env", number), 1)
                yield Text(line, f"{each.get('name')}={each.get('value') or '$SECRET'}", role)


def _slurm(path: Path) -> Description:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SearchFileError(f"cluster file {path} cannot be read: {error}") from None
    texts = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip()
        if words.startswith("#") and not words.startswith("#SBATCH"):
            continue
        role = "head" if "ray start --head" in words else "worker" if "ray start" in words else ""
        texts.append(Text(number, words, role))
    return Description(path=path, kind=SLURM, texts=tuple(texts))
