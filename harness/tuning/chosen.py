"""Which config a finished search has chosen: its row of the leaderboard, as the trial behind it. It runs nothing."""

from __future__ import annotations

from harness.errors import StudyError
from harness.records import HONEST, SearchRecord, TrialRecord, TrialState
from harness.reporting.parquet import to_frame
from harness.reporting.rank import choose_config
from harness.reporting.tables import runs_table
from harness.tuning.confirm import Run, best_trials
from harness.tuning.folder import SearchFolder
from harness.tuning.read import read_search
from harness.tuning.spec import SearchSpec


def chosen_trial(folder: SearchFolder, spec: SearchSpec, *, command: str) -> TrialRecord:
    """The trial whose config the search has chosen: the confirmed one, or the best where nothing is to be confirmed.

    Args:
        folder: Of the search.
        spec: The search.
        command: What finishes the search, for messages.

    Raises:
        StudyError: If the search was not run, or not to its end.
        JournalError: If its folder is damaged.
    """
    if not folder.journal.exists():
        raise _unfinished(folder, "expected a finished search, got none", command)
    record = read_search(folder)
    objective = spec.protocol.objective
    best = best_trials(list(record.trials), count=max(1, spec.confirm.top), objective=objective)
    if not best:
        raise _unfinished(folder, "expected a complete trial, got none", command)
    if not spec.confirm.top:
        _require_all_trials(folder, record, spec, command=command)
        return best[0]
    honest = tuple(run for run in record.runs if run.config.rule == HONEST)
    _require_confirmed(folder, {Run(run.trial, run.repeat) for run in honest}, best, spec, command=command)
    complete = tuple(run for run in honest if run.result.state is TrialState.COMPLETE)
    frame = to_frame(runs_table(SearchRecord(trials=(), runs=complete)))
    number = choose_config(frame, objective=objective)
    if number is None:
        raise _unfinished(folder, "expected a confirmed config, got none: every run of it failed", command)
    return next(trial for trial in record.trials if trial.number == number)


def _require_all_trials(
    folder: SearchFolder, record: SearchRecord, spec: SearchSpec, *, command: str
) -> None:
    """Without a confirmation nothing else tells that a search has ended; one that ends by time may end anywhere."""
    ended = sum(trial.result.state is not TrialState.RUNNING for trial in record.trials)
    if ended < spec.budget.trials and spec.budget.time is None:
        what = f"expected a finished search, got {ended} of {spec.budget.trials} trials"
        raise _unfinished(folder, what, command)


def _require_confirmed(
    folder: SearchFolder, ended: set[Run], best: list[TrialRecord], spec: SearchSpec, *, command: str
) -> None:
    planned = {Run(trial.number, repeat) for trial in best for repeat in range(spec.confirm.seeds)}
    if missing := planned - ended:
        done = len(planned) - len(missing)
        what = f"expected a confirmed search, got {done} of {len(planned)} confirmation runs"
        raise _unfinished(folder, what, command)


def _unfinished(folder: SearchFolder, what: str, command: str) -> StudyError:
    return StudyError(f"{folder.root}: {what}; run this first: {command}")
