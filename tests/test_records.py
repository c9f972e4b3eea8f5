"""Records: frozen, of plain values, and the same after JSON or pickle."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import records
from harness.records import EpochReport, Provenance, SliceReport, TrialConfig, TrialResult, TrialState

numbers = st.floats(allow_nan=False)
metrics = st.dictionaries(st.sampled_from(["val_uar", "val_accuracy", "test_uar"]), numbers)
counts = st.integers(0, 10**6)
words = st.text(max_size=20)

slice_reports = st.builds(
    SliceReport,
    margin=numbers,
    active_share=numbers,
    distance_ap=numbers,
    distance_an=numbers,
    spread=numbers,
    val_accuracy=numbers,
)
epoch_reports = st.builds(
    EpochReport,
    fold=counts,
    epoch=counts,
    loss=numbers,
    metrics=metrics,
    slices=st.lists(slice_reports, max_size=3).map(tuple),
    collapsed=st.booleans(),
    seconds=numbers,
    train_seconds=numbers,
)
results = st.builds(
    TrialResult,
    state=st.sampled_from(TrialState),
    reason=words,
    chosen_epochs=st.lists(counts, max_size=3).map(tuple),
    metrics=metrics,
    last_metrics=metrics,
    confusion=st.lists(st.tuples(counts, counts), max_size=3).map(tuple),
    seconds=numbers,
    train_seconds=numbers,
    device=words,
    host=words,
)
provenances = st.builds(
    Provenance,
    dataset=words,
    protocol=words,
    method=words,
    search=words,
    objective=words,
    class_names=st.lists(words, max_size=3).map(tuple),
    fingerprint=words,
    split_hash=words,
    skipped_images=counts,
    faces=st.dictionaries(words, counts, max_size=3),
    git_commit=words,
    git_dirty=st.none() | st.booleans(),
    packages=st.dictionaries(words, words, max_size=3),
    hardware=st.dictionaries(words, words, max_size=3),
)

EVERY_RECORD = [
    each for each in vars(records).values() if isinstance(each, type) and dataclasses.is_dataclass(each)
]


def through_json(values: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(values))


@settings(deadline=None)
@given(record=st.one_of(epoch_reports, results, provenances))
def test_a_record_is_the_same_after_json(record: EpochReport | TrialResult | Provenance) -> None:
    assert type(record).from_dict(through_json(record.to_dict())) == record


@settings(deadline=None)
@given(record=st.one_of(epoch_reports, results, provenances))
def test_a_record_is_the_same_after_pickle(record: EpochReport | TrialResult | Provenance) -> None:
    assert pickle.loads(pickle.dumps(record)) == record


def test_a_config_is_the_same_after_json() -> None:
    config = TrialConfig(seed=3, epochs=20, backbone_checkpoint="weights.safetensors", margin_max=1 / 3)
    assert TrialConfig(**through_json(dataclasses.asdict(config))) == config


def test_an_unknown_threshold_is_still_unknown_after_json() -> None:
    part = SliceReport(
        margin=math.nan, active_share=math.nan, distance_ap=1, distance_an=1, spread=1, val_accuracy=1
    )
    report = EpochReport(
        fold=0, epoch=1, loss=1, metrics={}, slices=(part,), collapsed=False, seconds=1, train_seconds=1
    )
    found = EpochReport.from_dict(through_json(report.to_dict()))
    assert math.isnan(found.slices[0].margin)


def test_states_are_written_as_optunas_words() -> None:
    assert TrialResult(state=TrialState.PRUNED).to_dict()["state"] == "PRUNED"
    assert json.dumps([*TrialState]) == '["RUNNING", "COMPLETE", "PRUNED", "FAIL"]'


def test_an_unknown_state_is_not_taken() -> None:
    values = {**TrialResult(state=TrialState.FAIL).to_dict(), "state": "LOST"}
    with pytest.raises(ValueError, match="'LOST' is not a valid TrialState"):
        TrialResult.from_dict(values)


@pytest.mark.parametrize("record", EVERY_RECORD, ids=lambda record: record.__name__)
def test_every_record_is_frozen_and_says_what_each_of_its_fields_is(record: type) -> None:
    assert record.__dataclass_params__.frozen
    for field in dataclasses.fields(record):
        assert field.kw_only
        assert field.name in record.__doc__
