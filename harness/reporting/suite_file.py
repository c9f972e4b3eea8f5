"""What reporting knows of a suite: the folder that is one, and which method is its baseline. It does not run suites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.errors import ResultsError

SUITE_FILE = "suite.yaml"
"""A results folder that holds this file holds the searches of a suite."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A suite, as its report needs it.

    Attributes:
        name: Of the suite.
        baseline: The method that the others are compared with.
        methods: In the order of the file.
    """

    name: str
    baseline: str
    methods: tuple[str, ...]


def is_suite(folder: Path) -> bool:
    """Whether a folder is a results folder of a suite's own."""
    return (folder / SUITE_FILE).is_file()


def read_suite_file(folder: Path) -> Suite | None:
    """The suite whose searches a results folder holds; None if it is no suite's.

    Raises:
        ResultsError: If the file is damaged.
    """
    path = folder / SUITE_FILE
    if not path.is_file():
        return None
    try:
        values = yaml.safe_load(path.read_text())
        return Suite(name=values["name"], baseline=values["baseline"], methods=tuple(values["methods"]))
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ResultsError(
            f"{path} is damaged: {' '.join(str(error).split())}; restore it from a copy, or delete it: "
            "the suite's own command writes it anew"
        ) from error
