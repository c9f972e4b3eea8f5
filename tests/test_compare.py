"""How `harness compare` calls two searches that it finds."""

from __future__ import annotations

import shutil
from pathlib import Path

import harness
from harness.compare import compare

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"


def test_searches_of_one_name_are_called_by_their_paths(tmp_path: Path) -> None:
    one, two = (tmp_path / place / "s" for place in ("one", "two"))
    for folder in (one, two):
        shutil.copytree(QUICK / "posed-single-dual", folder)
    comparison = compare(str(one), "s", results=two.parent)
    assert (comparison.a.label, comparison.b.label) == (str(one), str(two))
    assert (comparison.a.folder, comparison.b.folder) == (one, two)
