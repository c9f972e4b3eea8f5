"""Which configs a sweep trains on which seeds, and what an interruption, more levels or more seeds leave to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_search import PROVENANCE, make_spec, make_trial, open_search, play, step, train

from harness.errors import SearchFileError
from harness.records import SweepRun, TrialConfig, TrialRecord, TrialState
from harness.tuning.confirm import Confirmation
from harness.tuning.journal import open_journal
from harness.tuning.levels import parse_fixes, parse_over
from harness.tuning.source import Decision
from harness.tuning.spec import SearchSpec
from harness.tuning.sweep import STUDIES, Sweep, sweep_runs
from harness.tuning.sweep_plan import SweepPlan, level_spec, plan_sweep

SPEC = make_spec()
PARAMS = {"slices": 4, "margin_min": 0.1, "margin_width": 0.3, "ce_weight": 0.25, "learning_rate": 0.003}
CHOSEN = make_trial(7, params=PARAMS)
ONE_SLICE = make_trial(
    7,
    config=TrialConfig(seed=7, epochs=3, slices=1),
    params={"slices": 1, "margin_min": 0.1, "ce_weight": 0.25, "learning_rate": 0.003},
)


def make_plan(
    over: str = "slices=1,2,4,8",
    *fixes: str,
    base: TrialRecord = CHOSEN,
    spec: SearchSpec = SPEC,
    seeds: int = 2,
    tested: bool = False,
) -> SweepPlan:
    levels = parse_over(over)
    held = parse_fixes(fixes, over=levels)
    return plan_sweep(spec, base, over=levels, fixes=held, seeds=seeds, tested=tested)


def configs(plan: SweepPlan) -> list[TrialConfig]:
    return [level.config for level in plan.levels]


def open_sweep(folder: Path, plan: SweepPlan) -> Sweep:
    """The sweep as a new process would open it: nothing but the journal is carried over."""
    return Sweep(plan, open_journal(folder / "journal.log"), provenance=PROVENANCE)


def runs_of(sweep: Sweep) -> list[SweepRun]:
    return sweep_runs(sweep.ledger, name=sweep.plan.name, tested=sweep.plan.tested)


def keys(sweep: Sweep) -> list[tuple[str, int]]:
    return [(run.level, run.run.repeat) for run in runs_of(sweep)]


def content(sweep: Sweep) -> list[Any]:
    return [
        (run.level, run.run.repeat, run.run.config, run.run.result, run.run.reports) for run in runs_of(sweep)
    ]


# --- configs


def test_each_level_is_the_chosen_config_with_one_parameter_changed() -> None:
    own, other = configs(make_plan("learning_rate=0.003,0.01"))
    assert (own.slices, own.margin_min, own.margin_max, own.ce_weight) == (4, 0.1, 0.4, 0.25)
    assert (own.learning_rate, other.learning_rate) == (0.003, 0.01)
    assert replace(other, learning_rate=own.learning_rate) == own


def test_the_level_with_the_chosen_value_is_the_config_that_the_search_trained(tmp_path: Path) -> None:
    search = open_search(tmp_path, SPEC)
    play(search)
    for trial in search.ledger.records():
        plan = make_plan(f"ce_weight={trial.config.ce_weight}", base=trial)
        assert replace(configs(plan)[0], seed=trial.config.seed) == trial.config
        assert plan.own_level == str(trial.config.ce_weight)


def test_one_slice_gets_no_range_as_in_the_search() -> None:
    one, *more = configs(make_plan())
    assert (one.slices, one.margin_min, one.margin_max) == (1, 0.1, 0.1)
    assert {(config.margin_min, config.margin_max) for config in more} == {(0.1, 0.4)}


def test_a_margin_range_ends_exactly_where_it_was_told_to() -> None:
    for config, high in zip(
        configs(make_plan("margin_range=0.05:0.3,0.3:0.9,0.7:0.7")), (0.3, 0.9, 0.7), strict=True
    ):
        assert config.margin_max == high
    one, two = configs(make_plan("slices=1,2", "margin_range=0.05:0.8"))
    assert (one.margin_min, one.margin_max) == (0.05, 0.05)
    assert (two.margin_min, two.margin_max) == (0.05, 0.8)


def test_cross_entropy_gets_no_slices_as_in_the_search() -> None:
    triplet, entropy = configs(make_plan("loss=dual-triplet,cross-entropy"))
    assert (triplet.slices, entropy.slices, entropy.ce_weight) == (4, 1, 1.0)


def test_a_level_is_a_search_of_its_own_for_the_checks_before_the_start() -> None:
    plan = make_plan("batch_size=4,96")
    specs = [level_spec(plan, level) for level in plan.levels]
    assert [spec.method.batch_size for spec in specs] == [4, 96]
    assert {spec.method.slices for spec in specs} == {4}
    assert specs[0].space.domains() == {}


@pytest.mark.parametrize(
    ("over", "fixes", "base", "told"),
    [
        (
            "slices=2,3",
            (),
            CHOSEN,
            "--over slices=2,3: slices=3: 3 slices do not divide embedding_dim 64; it can be 1, 2, 4, 8, 16, 32, 64",
        ),
        ("embedding_dim=64,30", (), CHOSEN, "embedding_dim=30: 4 slices do not divide embedding_dim 30"),
        ("slices=2,4", ("embedding_dim=6",), CHOSEN, "slices=4: 4 slices do not divide embedding_dim 6"),
        (
            "slices=1,2",
            (),
            ONE_SLICE,
            r"slices=2 needs margin_width, which trial 7 \(dual-triplet with 1 slice\) does not have; "
            "add --fix margin_width=VALUE or --fix margin_range=LOW:HIGH",
        ),
        (
            "margin_width=0.1,0.2",
            ("slices=1",),
            CHOSEN,
            "0.1 and 0.2 are the same training, since dual-triplet with 1 slice does not use margin_width",
        ),
        (
            "mining=batch-hard,semi-hard",
            ("loss=cross-entropy",),
            CHOSEN,
            "batch-hard and semi-hard are the same training, since cross-entropy with 1 slice does not use mining",
        ),
    ],
)
def test_levels_that_make_no_config_of_their_own_are_refused(
    over: str, fixes: tuple[str, ...], base: TrialRecord, told: str
) -> None:
    with pytest.raises(SearchFileError, match=told):
        make_plan(over, *fixes, base=base)


def test_a_parameter_that_the_chosen_config_lacks_may_be_fixed() -> None:
    plan = make_plan("slices=1,2", "margin_range=0.1:0.5", base=ONE_SLICE)
    assert [config.margin_max for config in configs(plan)] == [0.1, 0.5]
    assert plan.own_level == "1"


def test_one_that_is_searched_and_was_not_drawn_is_told_without_a_range() -> None:
    spec = make_spec(space={"loss": ["cross-entropy", "triplet"], "slices": [1, 2]})
    entropy = make_trial(3, params={"loss": "cross-entropy"})
    with pytest.raises(SearchFileError, match=r"loss=triplet needs slices, .*; add --fix slices=VALUE$"):
        make_plan("loss=triplet", spec=spec, base=entropy)


def test_thresholds_are_sampled_evenly_where_the_chosen_config_has_one_slice_and_drew_no_sampling() -> None:
    spec = make_spec(space={"slices": [1, 2], "margin_sampling": ["log", "random"]})
    one = make_trial(7, config=TrialConfig(seed=7, epochs=3, slices=1), params={"slices": 1})
    many = replace(one, params={"slices": 2, "margin_sampling": "log"})
    assert [
        make_plan("slices=2", spec=spec, base=base).levels[0].config.margin_sampling for base in (one, many)
    ] == [
        "even",
        "log",
    ]


# --- what is compared with what


def test_levels_are_compared_with_the_chosen_configs_own() -> None:
    assert make_plan("slices=1,2,4,8").reference == "4"
    assert make_plan("slices=1,4", "learning_rate=0.01").reference == "4"  # what is fixed is fixed for both


def test_levels_without_the_chosen_configs_own_are_compared_with_the_first() -> None:
    plan = make_plan("slices=8,2")
    assert (plan.own_level, plan.reference) == (None, "8")
    unknown = make_plan("margin_width=0.1,0.2", "slices=2", base=ONE_SLICE)  # its own has no width
    assert (unknown.own_level, unknown.reference) == (None, "0.1")


def test_a_sweep_is_named_by_what_is_varied_and_fixed_and_not_by_its_levels() -> None:
    assert make_plan("slices=1,2").name == make_plan("slices=8").name == "slices"
    fixed = make_plan("slices=1,2", "mining=semi-hard", "margin_range=.05:.8")
    assert fixed.name == "slices, margin_range=0.05:0.8, mining=semi-hard"


# --- seeds


def test_every_level_runs_on_the_same_seeds() -> None:
    runs = make_plan(seeds=5).runs()
    seeds = {
        level: [runs[7, level, repeat].config.seed for repeat in range(5)] for level in ("1", "2", "4", "8")
    }
    assert len(runs) == 20
    assert len({tuple(each) for each in seeds.values()}) == 1
    assert len(set(seeds["1"])) == 5


def test_the_seeds_are_neither_the_searchs_nor_the_confirmations(tmp_path: Path) -> None:
    search = open_search(tmp_path, SPEC)
    play(search)
    trials = search.ledger.records()
    journal = open_journal(tmp_path / "journal.log")
    confirmed = play(Confirmation(SPEC, journal, trials=trials, provenance=PROVENANCE))
    swept = {run.config.seed for run in make_plan(base=trials[0], seeds=20).runs().values()}
    assert swept.isdisjoint(
        {trial.config.seed for trial in trials} | {each.config.seed for each in confirmed}
    )


def test_no_run_is_ended_by_collapse() -> None:
    assert {run.config.collapse_patience for run in make_plan().runs().values()} == {0}


def test_the_runs_of_all_sweeps_of_a_search_have_names_of_their_own() -> None:
    plans = [
        make_plan("slices=1,2"),
        make_plan("slices=1,2", "dropout=0.1"),
        make_plan("slices=1,2", tested=True),
    ]
    plans += [make_plan("margin_range=0.1:0.2"), make_plan("slices=1,2", base=replace(CHOSEN, number=8))]
    names = [run.name for plan in plans for run in plan.runs().values()]
    assert len(set(names)) == len(names)
    assert not any(set(name) & set(" :") for name in names)
    assert len({name.rpartition("/")[2] for name in names}) == len(names)  # files are named by it


# --- the source


def test_every_level_and_seed_is_handed_out_once_seed_by_seed(tmp_path: Path) -> None:
    sweep = open_sweep(tmp_path, make_plan("slices=1,8", seeds=3))
    played = play(sweep)
    assert [each.config.slices for each in played] == [1, 8, 1, 8, 1, 8]
    assert sweep.finished == sweep.total == 6
    assert sweep.next() is None
    assert keys(sweep) == [(level, repeat) for level in ("1", "8") for repeat in range(3)]


def test_a_sweep_that_has_ended_hands_out_nothing(tmp_path: Path) -> None:
    play(open_sweep(tmp_path, make_plan()))
    again = open_sweep(tmp_path, make_plan())
    assert again.next() is None
    assert again.finished == again.total == len(again.ended_before()) == 8


def test_an_added_level_and_more_seeds_hand_out_the_difference(tmp_path: Path) -> None:
    play(open_sweep(tmp_path, make_plan("slices=2,16", seeds=1)))
    wider = open_sweep(tmp_path, make_plan("slices=2,8,16", seeds=2))
    assert (wider.finished, wider.total) == (2, 6)
    assert len(play(wider)) == 4
    assert keys(wider) == [(level, repeat) for level in ("2", "8", "16") for repeat in range(2)]


def test_a_sweep_in_two_halves_holds_what_one_in_one_go_does(tmp_path: Path) -> None:
    plan = make_plan()
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    whole.mkdir()
    halves.mkdir()
    in_one_go = open_sweep(whole, plan)
    play(in_one_go)
    first = open_sweep(halves, plan)
    for _ in range(3):
        assignment = first.next()
        assert assignment
        train(first, assignment)
    cut_off = first.next()
    second = open_sweep(halves, plan)
    assert play(second)[0] == cut_off
    assert content(second) == content(in_one_go)


def test_two_sweeps_of_one_journal_do_not_mix(tmp_path: Path) -> None:
    search = open_search(tmp_path, SPEC)
    play(search)
    for plan in (
        make_plan("slices=1,2"),
        make_plan("slices=1,2", "dropout=0.1"),
        make_plan("slices=1,2", tested=True),
    ):
        sweep = open_sweep(tmp_path, plan)
        assert (sweep.finished, sweep.total) == (0, 4)
        play(sweep)
        assert [plan.holds(run) for run in runs_of(sweep)] == [True] * 4
    assert search.finished == search.total == 12
    assert not any(make_plan("slices=1,2").holds(run) for run in runs_of(sweep))  # that one was tested


def test_a_search_that_has_chosen_another_config_since_is_swept_anew(tmp_path: Path) -> None:
    play(open_sweep(tmp_path, make_plan("slices=1,2")))
    later = make_plan("slices=1,2", base=replace(CHOSEN, number=9))
    sweep = open_sweep(tmp_path, later)
    assert (sweep.finished, sweep.total) == (0, 4)
    play(sweep)
    assert [run.run.trial for run in runs_of(sweep)] == [7] * 4 + [9] * 4
    assert sum(later.holds(run) for run in runs_of(sweep)) == 4


def test_a_failed_run_counts_and_is_not_repeated(tmp_path: Path) -> None:
    sweep = open_sweep(tmp_path, make_plan("slices=1,2", seeds=1))
    first, second = sweep.next(), sweep.next()
    assert first
    assert second
    sweep.lost(first.number, "the worker process died")
    verdict = sweep.report(second.number, step(1, val_uar=0.1, state=TrialState.FAIL, reason="loss is NaN"))
    assert verdict.decision is Decision.STOP
    again = open_sweep(tmp_path, make_plan("slices=1,2", seeds=1))
    assert again.next() is None
    assert [run.run.result.reason for run in runs_of(again)] == ["the worker process died", "loss is NaN"]


def test_levels_are_kept_by_size_and_words_by_the_alphabet(tmp_path: Path) -> None:
    for over, expected in (
        ("slices=16,2,8", ["2", "8", "16"]),
        ("mining=semi-hard,batch-all", ["batch-all", "semi-hard"]),
        ("margin_range=0.1:0.9,0.1:0.3,0.05:1.0", ["0.05:1.0", "0.1:0.3", "0.1:0.9"]),
    ):
        sweep = open_sweep(tmp_path, make_plan(over, seeds=1))
        play(sweep)
        assert [level for level, _ in keys(sweep)] == expected


def test_a_sweeps_study_says_whether_the_test_split_is_open(tmp_path: Path) -> None:
    for tested in (False, True):
        sweep = open_sweep(tmp_path, make_plan(tested=tested))
        assert sweep.ledger.study.study_name == STUDIES[tested] + "slices"
        play(sweep)
        assert {run.tested for run in runs_of(sweep)} == {tested}
