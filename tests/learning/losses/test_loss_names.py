"""The names that search files use, apart from torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.errors import LossError
from harness.learning.losses import mining, names, triplet


def test_names_are_importable_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import harness.learning.losses.names, harness.learning.metrics.names\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_registries_hold_what_the_names_promise() -> None:
    assert tuple(mining.MINERS) == names.MINERS
    assert set(triplet.TRIPLET_LOSSES) == set(names.TRIPLETS)
    assert {*names.TRIPLETS, "cross-entropy", "center"} == set(names.LOSSES)


@pytest.mark.parametrize("name", [*names.LOSSES, *(f"pml:{each}" for each in names.PML_LOSSES)])
def test_every_listed_loss_is_accepted(name: str) -> None:
    names.check_loss(name)


@pytest.mark.parametrize("name", names.PML_REFUSED)
def test_every_refused_loss_says_why(name: str) -> None:
    with pytest.raises(LossError, match=f"'pml:{name}' cannot be used: {names.PML_REFUSED[name]}"):
        names.check_loss(f"pml:{name}")
