"""What trainings are called, whatever their dataset and method are called."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.run_name import run_name, safe


def test_a_trial_is_named_by_dataset_method_and_number(build) -> None:
    assert run_name(7, build.provenance()) == "synthetic-posed/multi-threshold/0007"


def test_a_confirmation_run_is_named_by_its_trial_and_repeat(build) -> None:
    assert run_name(7, build.provenance(), repeat=1) == "synthetic-posed/multi-threshold/0007-confirmed-1"


def test_a_leaky_rule_stands_at_the_end(build) -> None:
    name = run_name(7, build.provenance(), repeat=0, rule="oracle-best-epoch")
    assert name == "synthetic-posed/multi-threshold/0007-confirmed-0-oracle-best-epoch"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ckplus to rafdb", "ckplus-to-rafdb"),
        ("../../etc", "etc"),
        ("pml:CircleLoss", "pml-CircleLoss"),
        (".hidden", "hidden"),
        ("顔 (2)", "顔-2"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_a_name_becomes_one_part_of_a_path(name: str, shown: str) -> None:
    assert safe(name) == shown


@given(st.text(), st.text())
def test_no_name_climbs_out_of_the_folder(dataset: str, method: str) -> None:
    parts = PurePosixPath(f"{safe(dataset)}/{safe(method)}").parts
    assert len(parts) == 2
    assert not {"..", "/"} & set(parts)
    assert all(len(part.encode(errors="surrogateescape")) <= 255 for part in parts)
