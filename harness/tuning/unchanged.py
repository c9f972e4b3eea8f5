"""Refuses to continue a search folder with other settings or other faces. It does not know what the settings mean."""

from __future__ import annotations

from typing import Any

import yaml

from harness.errors import ChangedError, JournalError
from harness.records import Provenance
from harness.reporting.differences import SAME_FACES, flat
from harness.tuning.folder import SearchFolder
from harness.tuning.read import read_provenance
from harness.tuning.search_file import write_search_file
from harness.tuning.spec import SearchSpec

FREE = {
    "budget.trials",
    "budget.time",
    "dataset.path",
    "dataset.strict",
    "protocol.test_on.path",
    "protocol.test_on.strict",
    "method.pretrain.dataset.path",
    "method.pretrain.dataset.strict",
    "checkpoint_every_s",
}
"""Settings that may change between two runs of a search: they change no trial."""
FREE_SECTIONS = ("resources.", "confirm.")


def check_unchanged(folder: SearchFolder, spec: SearchSpec, provenance: Provenance) -> None:
    """Compares a search with what its folder holds; a folder that holds nothing takes any.

    Raises:
        ChangedError: Names each setting that differs, with both values.
        JournalError: If what the folder holds is damaged.
    """
    if folder.spec.exists():
        old, new = flat(_settings(folder)), flat(yaml.safe_load(write_search_file(spec)))
        changed = [
            key
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key) and not is_free(key)
        ]
        _refuse(folder, [f"{key} was {old.get(key)!r}, now {new.get(key)!r}" for key in changed])
    if folder.provenance.exists():
        _refuse(folder, other_faces(read_provenance(folder), provenance))


def other_faces(before: Provenance, now: Provenance) -> list[str]:
    """What says that faces or their split are others than before, with both values."""
    return [
        f"{words} was {getattr(before, name)}, now {getattr(now, name)}"
        for name, words in SAME_FACES.items()
        if getattr(before, name) != getattr(now, name)
    ]


def _settings(folder: SearchFolder) -> Any:
    try:
        return yaml.safe_load(folder.spec.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = " ".join(str(error).split())
        raise JournalError(f"{folder.spec} is damaged: {what}; restore it from a copy") from error


def _refuse(folder: SearchFolder, changes: list[str]) -> None:
    if changes:
        raise ChangedError(
            f"{folder.root} holds another search: {'; '.join(changes)}. Trials of both would not compare: "
            "give this one a name of its own with --set name=NAME, or another --results"
        )


def is_free(key: str) -> bool:
    """Whether a setting, by its dotted key, may change between two runs of a search."""
    return key in FREE or key.startswith(FREE_SECTIONS)
