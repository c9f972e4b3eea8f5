"""`harness sweep SEARCH.yaml --over slices=1,2,4`: one parameter of a search's chosen config varied, readable from top to bottom.

It does not know how anything is printed. The same command goes on where it stopped, and runs the difference if it has more
levels or seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.datasets.distribution import no_progress
from harness.datasets.faceset import FaceSet
from harness.datasets.pack.shards import Progress as PackProgress
from harness.errors import HarnessError
from harness.records import SweepRun
from harness.reporting.progress import Listener
from harness.reporting.sweep_tables import level_table, sweep_path, write_sweeps
from harness.search import Backend, Prepared, prepare, run_source, search_folder
from harness.tuning.chosen import chosen_trial
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import open_journal
from harness.tuning.levels import Setting
from harness.tuning.preflight import check_before_start
from harness.tuning.read import read_sweeps
from harness.tuning.spec import SearchSpec
from harness.tuning.sweep import Sweep
from harness.tuning.sweep_plan import Level, SweepPlan, level_spec, plan_sweep
from harness.tuning.unchanged import check_unchanged


@dataclass(frozen=True, kw_only=True)
class PreparedSweep:
    """A sweep of which all is known that can be known before it starts.

    Attributes:
        prepared: The search with its faces.
        plan: What is to be run.
        done: Runs of the plan that have ended.
    """

    prepared: Prepared
    plan: SweepPlan
    done: int


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """How a sweep stands when it returns.

    Attributes:
        path: Its table.
        levels: A row per level, as `level_table` gives it.
        metric: What is compared: the search's objective, or the same on the test split.
        ran: Trainings that ended in this run.
    """

    path: Path
    levels: pd.DataFrame
    metric: str
    ran: int

    @property
    def whole(self) -> bool:
        """Whether each level has a run that is complete."""
        return bool((self.levels["n"] > 0).all())


def prepare_sweep(
    spec: SearchSpec,
    *,
    over: Sequence[Setting],
    fixes: tuple[Setting, ...],
    seeds: int,
    tested: bool,
    results: Path,
    command: str,
    progress: PackProgress = no_progress,
) -> PreparedSweep:
    """Finds the chosen config, makes every level's, and checks all that can be checked.

    Args:
        spec: The search.
        over: The levels.
        fixes: Parameters held at another value than the chosen config's.
        seeds: Trainings of each level.
        tested: Whether the test split is opened.
        results: Parent of the search folder.
        command: What finishes the search, for messages.
        progress: Told of a distribution that is being packed.

    Raises:
        HarnessError: If the search is not finished or has changed, or a level cannot be trained.
    """
    folder = search_folder(results, spec)
    base = chosen_trial(folder, spec, command=command)
    prepared = prepare(spec, progress=progress)
    check_unchanged(folder, spec, prepared.provenance)
    plan = plan_sweep(spec, base, over=over, fixes=fixes, seeds=seeds, tested=tested)
    for level in plan.levels:
        _check(plan, level, prepared.faces)
    return PreparedSweep(prepared=prepared, plan=plan, done=len(_ended(plan, folder)))


def _check(plan: SweepPlan, level: Level, faces: FaceSet) -> None:
    try:
        check_before_start(level_spec(plan, level), faces)
    except HarnessError as error:  # its advice is for a search file
        where = f"{level.setting.flag}: {level.setting.name}={level.setting.text}"
        raise type(error)(f"{where}: {error}") from error


def run_sweep(sweep: PreparedSweep, backend: Backend, *, results: Path, progress: Listener) -> SweepOutcome:
    """Runs what is missing of a sweep, and writes its table.

    Args:
        sweep: The plan and the faces.
        backend: Runs the trainings.
        results: Parent of the search folder.
        progress: Is told how it goes on, such as the live view.

    Raises:
        HarnessError: If the search folder has changed, is in use, or cannot be written.
        KeyboardInterrupt: On Ctrl-C, after the table is written.
    """
    prepared, plan = sweep.prepared, sweep.plan
    folder = search_folder(results, prepared.spec)
    with folder.locked(tell=progress.waiting) as lease:
        check_unchanged(folder, prepared.spec, prepared.provenance)
        source = Sweep(plan, open_journal(folder.journal, fence=lease.check), provenance=prepared.provenance)
        try:
            ran = _run(source, sweep, backend, folder=folder, progress=progress)
        finally:
            progress.close()
            write_sweeps(read_sweeps(folder), folder.root)
    return SweepOutcome(
        path=sweep_path(folder.root, plan.name),
        levels=_levels(plan, _ended(plan, folder)),
        metric=_metric(plan),
        ran=ran,
    )


def _run(
    source: Sweep, sweep: PreparedSweep, backend: Backend, *, folder: SearchFolder, progress: Listener
) -> int:
    if source.finished == source.total:  # nothing is missing, so there is no test split to open, either
        return 0
    trained, test = source.faces(sweep.prepared.faces, sweep.prepared.division)
    try:
        return run_source(source, backend, trained, folder=folder, progress=progress, test=test)
    finally:
        for run in source.planned.values():  # only the search's best trial is shown with its embedding
            folder.embedding(run.name).unlink(missing_ok=True)


def _ended(plan: SweepPlan, folder: SearchFolder) -> list[SweepRun]:
    """The runs of a plan that have ended."""
    return [run for run in read_sweeps(folder) if plan.holds(run)]


def _levels(plan: SweepPlan, runs: list[SweepRun]) -> pd.DataFrame:
    levels = [level.setting.text for level in plan.levels]
    return level_table(runs, levels=levels, reference=plan.reference, metric=_metric(plan))


def _metric(plan: SweepPlan) -> str:
    objective = plan.spec.protocol.objective
    return "test_" + objective.removeprefix("val_") if plan.tested else objective
