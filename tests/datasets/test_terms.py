"""Terms and crops: every dataset has a sentence on each, and names where one asks."""

from __future__ import annotations

import pytest

from harness.datasets.settings import DATASETS
from harness.datasets.sources import NAMES, source_named
from harness.datasets.terms import cropping, licence


@pytest.mark.parametrize("name", NAMES)
def test_weights_inherit_the_terms_of_a_dataset_of_the_field(name: str) -> None:
    assert f"<{source_named(name).page}>. Weights that were trained on it inherit them" in licence(name)
    assert cropping(name).startswith(f"cropped and aligned as `harness data prepare {name}` does it; ")


def test_own_faces_and_drawn_ones_have_terms_and_crops_of_their_own() -> None:
    assert "somebody's own" in licence("folder")
    assert cropping("folder").startswith("the centre square of each picture")
    assert licence("synthetic-posed").startswith("The faces were drawn by this code")
    assert cropping("synthetic-posed") == "drawn as a square"


@pytest.mark.parametrize("name", DATASETS)
def test_no_dataset_is_left_out(name: str) -> None:
    assert licence(name).endswith(".")
    assert cropping(name)
