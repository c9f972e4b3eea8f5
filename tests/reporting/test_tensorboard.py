"""What TensorBoard's own reader finds in what we write."""

from __future__ import annotations

import io
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import metadata as custom_scalar
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from harness.errors import ResultsError
from harness.records import TrialConfig, TrialState
from harness.reporting.best_trial import BestTrial, title, write_best
from harness.reporting.projector import contact_sheet, write_projector
from harness.reporting.tensorboard import RunLog, epoch_scalars, write_confirmed, write_experiment

CONFIG = TrialConfig(seed=0, epochs=3)


def loaded(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder)).Reload()


def curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(event.step, round(event.value, 4)) for event in loaded(folder).Scalars(tag)]


def plugin_data(folder: Path, tag: str) -> bytes:
    return loaded(folder).SummaryMetadata(tag).plugin_data.content


def test_curves_can_be_read_while_the_trial_still_trains(build, tmp_path: Path) -> None:
    log = RunLog(tmp_path, "trial-0000")
    log.epoch(build.report(1, val_uar=0.25))
    run = tmp_path / "trial-0000"
    assert curve(run, "curves/val_uar") == [(1, 0.25)]
    assert curve(run, "curves/loss") == [(1, 1.0)]
    assert curve(run, "slices_active_share/01") == [(1, 0.5)]
    log.close()


def test_a_trial_that_goes_on_after_a_kill_has_every_step_once(build, tmp_path: Path) -> None:
    killed = RunLog(tmp_path, "trial-0000")
    for epoch in (1, 2, 3):
        killed.epoch(build.report(epoch, val_uar=0.1))
    resumed = RunLog(tmp_path, "trial-0000")
    for epoch in (3, 4):
        resumed.epoch(build.report(epoch, val_uar=0.9))
    assert curve(tmp_path / "trial-0000", "curves/val_uar") == [(1, 0.1), (2, 0.1), (3, 0.9), (4, 0.9)]
    killed.close()
    resumed.close()


def test_each_fold_has_its_own_curve(build, tmp_path: Path) -> None:
    log = RunLog(tmp_path, "trial-0000")
    log.epoch(build.report(1, fold=0, val_uar=0.25))
    log.epoch(build.report(1, fold=1, val_uar=0.75))
    log.close()
    assert curve(tmp_path / "trial-0000", "curves/val_uar") == [(1, 0.25)]
    assert curve(tmp_path / "trial-0000" / "fold-1", "curves/val_uar") == [(1, 0.75)]


def test_a_slice_without_a_threshold_leaves_no_nan_behind(build) -> None:
    report = build.report(1)
    parts = tuple(replace(part, active_share=math.nan) for part in report.slices)
    tags = epoch_scalars(replace(report, slices=parts))
    assert not any(map(math.isnan, tags.values()))
    assert "slices_spread/00" in tags


def test_a_finished_trial_is_a_row_of_the_hparams_page(build, tmp_path: Path) -> None:
    log = RunLog(tmp_path / "quickstart" / "tensorboard", "posed/multi/0000")
    log.epoch(build.report(2))
    log.finish(CONFIG, build.result(0.75))
    run = tmp_path / "quickstart" / "tensorboard" / "posed" / "multi" / "0000"
    content = plugin_data(run, metadata.SESSION_START_INFO_TAG)
    told = metadata.parse_session_start_info_plugin_data(content)
    assert told.group_name == "0000 quickstart"  # the search's name keeps rows of several searches apart
    assert told.hparams["slices"].number_value == 8
    assert told.hparams["loss"].string_value == "dual-triplet"
    assert told.hparams["backbone_checkpoint"].string_value == "none"
    assert curve(run, "hparams/val_uar") == [(2, 0.75)]


def test_a_confirmed_mean_joins_its_trials_run_and_is_replaced_when_seeds_are_added(
    build, tmp_path: Path
) -> None:
    RunLog(tmp_path, "posed/multi/0007").finish(CONFIG, build.result(0.75))
    for values in ([0.5, 0.7], [0.5, 0.7, 0.3]):
        write_confirmed(tmp_path, "posed/multi/0007", metric="test_uar", values=values)
    run = tmp_path / "posed" / "multi" / "0007"
    assert curve(run, "confirmed/test_uar") == [(3, 0.5)]  # the step is the number of seeds
    assert curve(run, "hparams/val_uar") == [(0, 0.75)]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (TrialState.COMPLETE, api_pb2.STATUS_SUCCESS),
        (TrialState.PRUNED, api_pb2.STATUS_SUCCESS),
        (TrialState.FAIL, api_pb2.STATUS_FAILURE),
    ],
)
def test_only_a_failed_trial_is_a_failure(build, tmp_path: Path, state: TrialState, status: int) -> None:
    RunLog(tmp_path, "t").finish(CONFIG, build.result(state=state))
    content = plugin_data(tmp_path / "t", metadata.SESSION_END_INFO_TAG)
    assert metadata.parse_session_end_info_plugin_data(content).status == status


def test_the_experiment_has_ranges_choices_and_metrics(tmp_path: Path) -> None:
    domains = {"learning_rate": (1e-4, 1e-2), "slices": [1, 2, 8], "backbone_checkpoint": [None, "a.pt"]}
    for _ in range(2):
        write_experiment(tmp_path, domains, ["val_uar", "test_uar"])
    assert len(list(tmp_path.iterdir())) == 1
    told = metadata.parse_experiment_plugin_data(plugin_data(tmp_path, metadata.EXPERIMENT_TAG))
    rate, slices, checkpoint = told.hparam_infos
    assert (rate.domain_interval.min_value, rate.domain_interval.max_value) == (1e-4, 1e-2)
    assert [value.number_value for value in slices.domain_discrete.values] == [1, 2, 8]
    assert [value.string_value for value in checkpoint.domain_discrete.values] == ["a.pt", "none"]
    assert [info.name.tag for info in told.metric_infos] == ["hparams/val_uar", "hparams/test_uar"]


def test_what_fresh_seeds_confirm_is_the_first_metric(tmp_path: Path) -> None:
    write_experiment(tmp_path, {"slices": [1, 2]}, ["val_uar"], confirmed="test_uar")
    told = metadata.parse_experiment_plugin_data(plugin_data(tmp_path, metadata.EXPERIMENT_TAG))
    shown = [(info.name.tag, info.display_name) for info in told.metric_infos]
    assert shown == [("confirmed/test_uar", "confirmed test_uar"), ("hparams/val_uar", "val_uar")]


def test_the_experiment_lays_out_charts_whose_lines_are_written(build, tmp_path: Path) -> None:
    write_experiment(tmp_path, {"slices": [1, 2]}, ["val_uar"])
    (content,) = loaded(tmp_path).Tensors(custom_scalar.CONFIG_SUMMARY_TAG)
    laid_out = Layout.FromString(content.tensor_proto.string_val[0])
    charts = [chart for category in laid_out.category for chart in category.chart]
    written = epoch_scalars(build.report(1))
    for chart in charts:
        for pattern in chart.multiline.tag:
            assert any(re.match(pattern, tag) for tag in written), (chart.title, pattern)
    assert {chart.title for chart in charts} == {
        "Validation metrics",
        "Loss",
        "Active share per slice",
        "Distances",
        "Spread per slice",
    }


def test_a_choice_between_a_whole_and_a_broken_number_is_one_of_numbers(tmp_path: Path) -> None:
    write_experiment(tmp_path, {"ce_weight": [0, 0.5]}, ["val_uar"])
    told = metadata.parse_experiment_plugin_data(plugin_data(tmp_path, metadata.EXPERIMENT_TAG))
    assert [value.number_value for value in told.hparam_infos[0].domain_discrete.values] == [0, 0.5]


def test_an_empty_choice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"domain of slices: expected at least one choice, got \[\]"):
        write_experiment(tmp_path, {"slices": []}, [])


def test_a_range_upside_down_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"domain of learning_rate: .* got \(1, 0\.1\)"):
        write_experiment(tmp_path, {"learning_rate": (1, 0.1)}, [])


@pytest.fixture
def best(build) -> BestTrial:
    rng = np.random.default_rng(0)
    return BestTrial(
        run="posed/multi/0003",
        config=CONFIG,
        result=build.result(confusion=((5, 1), (2, 4))),
        report=build.report(2, slices=8),
        class_names=("anger", "fear"),
        embedding=rng.normal(size=(12, 4)),
        labels=np.arange(12) % 2,
        images=rng.integers(0, 256, size=(12, 3, 20, 20)).astype(np.uint8),
    )


def test_the_best_trial_has_its_two_figures(best: BestTrial, tmp_path: Path) -> None:
    for _ in range(2):
        write_best(tmp_path, best)
    events = loaded(tmp_path / "posed" / "multi" / "best")
    assert events.Tags()["images"] == ["figures/confusion", "figures/threshold_against_accuracy"]
    (image,) = events.Images("figures/confusion")
    assert Image.open(io.BytesIO(image.encoded_image_string)).size == (image.width, image.height)


def test_the_best_run_lies_beside_the_trials_and_replaces_none_of_them(
    best: BestTrial, tmp_path: Path
) -> None:
    for dataset in ("posed", "best"):  # a folder of faces can be called `best`
        write_best(tmp_path, replace(best, run=f"{dataset}/multi/0003"))
    assert (tmp_path / "posed" / "multi" / "best" / "sprite.png").exists()
    assert (tmp_path / "best" / "multi" / "best" / "sprite.png").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "N = 8, margins 0.10–0.60, dual-triplet"),
        ({"slices": 1}, "N = 1, margins 0.10, dual-triplet"),
        ({"loss": "cross-entropy"}, "N = 8, cross-entropy"),
    ],
)
def test_a_figures_title_says_slices_margins_and_loss(
    best: BestTrial, changes: dict[str, object], words: str
) -> None:
    shown = title(replace(best, config=replace(CONFIG, **changes)))
    assert shown == f"posed/multi/0003\n{words}"


def test_without_thresholds_there_is_no_threshold_figure(best: BestTrial, tmp_path: Path) -> None:
    slices = tuple(replace(part, margin=math.nan) for part in best.report.slices)
    write_best(tmp_path, replace(best, report=replace(best.report, slices=slices)))
    assert loaded(tmp_path / "posed" / "multi" / "best").Tags()["images"] == ["figures/confusion"]


def test_the_projector_files_tell_of_the_same_faces(best: BestTrial, tmp_path: Path) -> None:
    write_best(tmp_path, best)
    run = tmp_path / "posed" / "multi" / "best"
    (part,) = text_format.Parse((run / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    assert np.loadtxt(run / part.tensor_path) == pytest.approx(best.embedding, rel=1e-4)
    lines = (run / part.metadata_path).read_text().splitlines()
    assert (len(lines), lines[0], lines[2]) == (13, "class\tface", "fear\t1")
    assert list(part.sprite.single_image_dim) == [48, 48]
    with Image.open(run / part.sprite.image_path) as sprite:
        assert sprite.size == (4 * 48, 4 * 48)


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 1, 8, 8), (2, 3, 8, 8)])
def test_grey_and_colour_faces_lie_row_by_row_on_the_sheet(shape: tuple[int, ...]) -> None:
    images = np.zeros(shape, dtype=np.uint8)
    images[1] = 200
    sheet = contact_sheet(images, side=8)
    assert [sheet.getpixel(place) for place in ((4, 4), (12, 4), (4, 12))] == [
        (v,) * 3 for v in (0, 200, 255)
    ]


def test_a_projector_with_a_label_missing_is_refused(best: BestTrial, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="got 12 embeddings, 11 labels, 12 images"):
        write_projector(
            tmp_path,
            embedding=best.embedding,
            labels=best.labels[:11],
            class_names=best.class_names,
            images=best.images,
        )


def test_writing_needs_neither_torch_nor_tensorflow_nor_pyplot() -> None:
    blocked = "{'torch', 'tensorflow', 'matplotlib.pyplot'}"
    code = f"import sys, harness.reporting.best_trial; print({blocked} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
