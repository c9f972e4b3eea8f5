"""The plan of a sweep: a search's chosen config with one parameter varied, each value on the same seeds. It runs nothing.

Configs come out of the search's own rules, so that a level is what a trial with that value would have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from harness.errors import SearchFileError
from harness.learning.networks.names import valid_slices
from harness.records import SweepRun, TrialConfig, TrialRecord
from harness.reporting.run_name import run_name
from harness.reporting.sweep_tables import file_name
from harness.seeding import derive_seed
from harness.tuning.levels import MARGIN_RANGE, Setting
from harness.tuning.planned import Key, Planned
from harness.tuning.space import config_of
from harness.tuning.spec import Parameters, SearchSpec, SpaceSpec


class SweepKey(NamedTuple):
    """A run of a sweep: which trial's config was varied, the value as text, and which of the seeds."""

    trial: int
    level: str
    repeat: int


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value of the varied parameter, and the config that it makes."""

    setting: Setting
    config: TrialConfig


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """What a sweep is to run.

    Attributes:
        spec: The search.
        base: The trial whose config is varied.
        fixes: Parameters held at another value than that config's.
        levels: In the order in which the user named them.
        seeds: Trainings of each level.
        tested: Whether the test split is opened.
    """

    spec: SearchSpec
    base: TrialRecord
    fixes: tuple[Setting, ...]
    levels: tuple[Level, ...]
    seeds: int
    tested: bool

    @property
    def over(self) -> str:
        """The varied parameter."""
        return self.levels[0].setting.name

    @property
    def name(self) -> str:
        """Such as `slices, margin_range=0.05:0.8`; equal for any levels, so that later ones join the earlier."""
        return ", ".join([self.over, *(f"{fix.name}={fix.text}" for fix in self.fixes)])

    @property
    def own_level(self) -> str | None:
        """The level that is the chosen config, but for what is fixed; None if none is."""
        try:
            own = _config(self.spec, self.base, self.fixes)
        except _UndrawnError:
            return None
        return next((level.setting.text for level in self.levels if level.config == own), None)

    @property
    def reference(self) -> str:
        """The level that the others are compared with: the chosen config's own, else the first."""
        return self.own_level or self.levels[0].setting.text

    def runs(self) -> dict[Key, Planned]:
        """Every run, seed by seed: an interrupted sweep has about equally many of each level.

        A seed is the same for all levels, and for all sweeps of that config: runs are compared in pairs.
        """
        return {
            SweepKey(self.base.number, level.setting.text, repeat): self._plan(level, repeat)
            for repeat in range(self.seeds)
            for level in self.levels
        }

    def holds(self, run: SweepRun) -> bool:
        """Whether a run that has ended is one of these."""
        of_this = (run.sweep, run.tested, run.run.trial) == (self.name, self.tested, self.base.number)
        levels = {level.setting.text for level in self.levels}
        return of_this and run.level in levels and run.run.repeat < self.seeds

    def _plan(self, level: Level, repeat: int) -> Planned:
        seed = derive_seed(self.spec.seed, "sweep", self.base.number, repeat)
        what = f"{file_name(self.name)}-{file_name(level.setting.text)}{'-test' if self.tested else ''}"
        return Planned(
            f"{run_name(self.base.number, self.base.provenance)}-{what}-{repeat}",
            replace(level.config, seed=seed, collapse_patience=0),  # a run that collapses counts as it is
        )


def plan_sweep(
    spec: SearchSpec,
    base: TrialRecord,
    *,
    over: Sequence[Setting],
    fixes: tuple[Setting, ...],
    seeds: int,
    tested: bool,
) -> SweepPlan:
    """The plan of a sweep.

    Args:
        spec: The search.
        base: The trial whose config is varied.
        over: The levels.
        fixes: Parameters held at another value than that config's.
        seeds: Trainings of each level.
        tested: Whether the test split is opened.

    Raises:
        SearchFileError: If a level makes no config, one that cannot be trained, or the same as another level.
    """
    levels = tuple(
        Level(setting=setting, config=_checked_config(spec, base, setting, fixes=fixes)) for setting in over
    )
    for index, level in enumerate(levels):
        for other in levels[:index]:
            if level.config == other.config:
                raise SearchFileError(
                    f"{level.setting.flag}: {other.setting.text} and {level.setting.text} are the same training, since "
                    f"{_words(level.config)} does not use {level.setting.name}; vary one that it uses"
                )
    return SweepPlan(spec=spec, base=base, fixes=fixes, levels=levels, seeds=seeds, tested=tested)


def level_spec(plan: SweepPlan, level: Level) -> SearchSpec:
    """A level as a search that fixes everything, for the checks that a search passes before it starts."""
    values = {name: getattr(level.config, name, None) for name in Parameters.model_fields}
    known = {name: value for name, value in values.items() if value is not None}
    method = plan.spec.method.model_copy(update=known)
    return plan.spec.model_copy(update={"method": method, "space": SpaceSpec()})


class _UndrawnError(Exception):
    """A parameter that the chosen config did not use, so that nobody knows its value."""


def _checked_config(
    spec: SearchSpec, base: TrialRecord, setting: Setting, *, fixes: tuple[Setting, ...]
) -> TrialConfig:
    where = f"{setting.flag}: {setting.name}={setting.text}"
    try:
        config = _config(spec, base, (*fixes, setting))
    except _UndrawnError as undrawn:
        either = (
            f" or --fix {MARGIN_RANGE}=LOW:HIGH" if str(undrawn) in ("margin_min", "margin_width") else ""
        )
        raise SearchFileError(
            f"{where} needs {undrawn}, which trial {base.number} ({_words(base.config)}) does not have; "
            f"add --fix {undrawn}=VALUE{either}"
        ) from None
    if config.slices not in (valid := valid_slices(config.embedding_dim)):
        raise SearchFileError(
            f"{where}: {config.slices} slices do not divide embedding_dim {config.embedding_dim}; "
            f"it can be {', '.join(map(str, valid))}"
        )
    return config


def _config(spec: SearchSpec, base: TrialRecord, settings: Sequence[Setting]) -> TrialConfig:
    """The chosen config with other values, by the search's own rules: what one slice has no use for, it does not get."""
    searched = spec.space.domains()
    values = {name: getattr(spec.method, name) for name in Parameters.model_fields if name not in searched}
    values.setdefault("margin_sampling", base.config.margin_sampling)  # one slice draws none, and is `even`
    values |= base.params
    for setting in settings:
        values |= setting.parameters

    def draw(name: str) -> Any:
        if name not in values:
            raise _UndrawnError(name)
        return values[name]

    config = config_of(draw, spec, seed=0)
    ends = [setting.value for setting in settings if setting.name == MARGIN_RANGE]
    # low + (high - low) is not always high
    return replace(config, margin_max=ends[0][1]) if ends and config.slices > 1 else config


def _words(config: TrialConfig) -> str:
    return f"{config.loss} with {config.slices} {'slice' if config.slices == 1 else 'slices'}"
