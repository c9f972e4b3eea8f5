"""What a sampler promises here: a suggestion depends on the study's history and (seed, trial number) alone."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from toy_search import PROVENANCE, content, entries, make_spec, open_search, play

from harness.tuning.journal import open_journal
from harness.tuning.samplers import HistorySampler, build_sampler
from harness.tuning.sections import SamplerSpec
from harness.tuning.spec import SearchSpec
from harness.tuning.study import Search

SAMPLERS = ("tpe", "random", "gp", "cma-es", "qmc")
TRIALS, HALF = 12, 6


def spec_of(sampler: str, *, trials: int = TRIALS, seed: int = 0) -> SearchSpec:
    return make_spec(
        sampler={"name": sampler, "startup_trials": 4}, budget={"trials": trials, "epochs": 2}, seed=seed
    )


@pytest.fixture(scope="module", params=SAMPLERS)
def in_one_go(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Search:
    search = open_search(tmp_path_factory.mktemp(request.param), spec_of(request.param))
    play(search)
    return search


def test_twelve_trials_have_twelve_different_configs(in_one_go: Search) -> None:
    configs = {trial.config for trial in in_one_go.ledger.records()}
    assert len(configs) == in_one_go.finished == TRIALS


def test_six_trials_and_six_after_a_restart_equal_twelve(in_one_go: Search, tmp_path: Path) -> None:
    sampler = in_one_go.spec.sampler.name
    play(open_search(tmp_path, spec_of(sampler, trials=HALF)))
    extended = open_search(tmp_path, spec_of(sampler))
    assert len(play(extended)) == TRIALS - HALF
    assert content(extended) == content(in_one_go)


@pytest.mark.parametrize("kept", [1, 3])
def test_a_trial_that_is_killed_while_it_is_drawn_goes_on_to_the_same_config(
    in_one_go: Search, tmp_path: Path, kept: int
) -> None:
    """The journal ends within the suggestion of the seventh trial, as a kill may leave it."""
    search = open_search(tmp_path, spec_of(in_one_go.spec.sampler.name, trials=HALF))
    play(search)
    journal = tmp_path / "journal.log"
    before = len(entries(journal))
    open_search(tmp_path, in_one_go.spec).next()
    journal.write_bytes(b"".join(entries(journal)[: before + kept]))
    resumed = open_search(tmp_path, in_one_go.spec)
    play(resumed)
    assert content(resumed) == content(in_one_go)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_seed_suggests_other_configs(sampler: str, tmp_path: Path) -> None:
    searches = [open_search(tmp_path / str(seed), spec_of(sampler, trials=2, seed=seed)) for seed in (0, 1)]
    first, second = ({assignment.config for assignment in play(search)} for search in searches)
    assert first.isdisjoint(second)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tpe", optuna.samplers.TPESampler),
        ("random", optuna.samplers.RandomSampler),
        ("gp", optuna.samplers.GPSampler),
        ("cma-es", optuna.samplers.CmaEsSampler),
        ("qmc", optuna.samplers.QMCSampler),
    ],
)
def test_each_name_is_optunas_sampler_of_that_name(name: str, kind: type) -> None:
    assert isinstance(build_sampler(SamplerSpec(name=name), seed=0), kind)


def test_draws_do_not_depend_on_what_the_process_drew_before(tmp_path: Path) -> None:
    spec = spec_of("random", trials=1)
    journal = open_journal(tmp_path / "journal.log")
    sampler = HistorySampler(spec.sampler, seed=spec.seed)
    other = optuna.create_study(storage=journal.storage, study_name="other", sampler=sampler)
    other.ask().suggest_float("x", 0, 1)
    there = play(Search(spec, journal, provenance=PROVENANCE))
    here = play(open_search(tmp_path / "here", spec))
    assert [assignment.config for assignment in there] == [assignment.config for assignment in here]
