"""What a search shows of its confirmation, read by TensorBoard's own reader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from toy_search import PROVENANCE, make_result, make_spec, make_trial

from harness.records import HONEST, RunRecord, SearchRecord, TrialState
from harness.tuning.folder import SearchFolder
from harness.tuning.showcase import show_confirmed, show_experiment

RUN = "tensorboard/synthetic-posed/multi-threshold"


def make_run(
    repeat: int, *, test_uar: float, rule: str = HONEST, state: TrialState = TrialState.COMPLETE
) -> RunRecord:
    return RunRecord(
        trial=7,
        repeat=repeat,
        config=replace(make_trial(7).config, seed=repeat, rule=rule),
        result=make_result(metrics={"val_uar": 0.5, "test_uar": test_uar}, state=state),
        reports=(),
        provenance=PROVENANCE,
    )


def confirmed(run: Path) -> list[tuple[int, float]]:
    events = EventAccumulator(str(run)).Reload().Scalars("confirmed/test_uar")
    return [(event.step, event.value) for event in events]


def test_the_mean_is_over_honest_runs_that_ran_to_their_end(tmp_path: Path) -> None:
    runs = (
        make_run(0, test_uar=0.25),
        make_run(1, test_uar=0.75),
        make_run(2, test_uar=1.0, state=TrialState.FAIL),
        make_run(0, test_uar=1.0, rule="oracle-best-epoch"),
    )
    search = SearchRecord(trials=(make_trial(7), make_trial(8)), runs=runs)
    show_confirmed(SearchFolder(tmp_path), search)
    assert confirmed(tmp_path / RUN / "0007") == [(2, 0.5)]
    assert not (tmp_path / RUN / "0008").exists()


@pytest.mark.parametrize(("top", "first"), [(2, "confirmed/test_uar"), (0, "hparams/val_uar")])
def test_the_confirmed_column_is_there_where_configs_are_confirmed(
    tmp_path: Path, top: int, first: str
) -> None:
    show_experiment(SearchFolder(tmp_path), make_spec(confirm={"top": top, "seeds": 2}))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    content = events.SummaryMetadata(metadata.EXPERIMENT_TAG).plugin_data.content
    assert metadata.parse_experiment_plugin_data(content).metric_infos[0].name.tag == first
