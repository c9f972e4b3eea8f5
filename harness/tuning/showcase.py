"""What TensorBoard shows of a search beside its curves: space, confirmation, best trial. It does not know how that is drawn."""

from __future__ import annotations

import numpy as np

from harness.datasets.protocols import TrialFaces
from harness.records import HONEST, SearchRecord, TrialRecord, TrialState
from harness.reporting.best_trial import BestTrial, write_best
from harness.reporting.hparams import Domain
from harness.reporting.run_name import run_name
from harness.reporting.tensorboard import write_confirmed, write_experiment
from harness.tuning.confirm import best_trials
from harness.tuning.domains import Choice, Range
from harness.tuning.folder import SearchFolder
from harness.tuning.spec import SearchSpec

METRICS = ("val_uar", "val_accuracy", "val_macro_f1", "val_p_at_1", "val_map_at_r")


def show_experiment(folder: SearchFolder, spec: SearchSpec) -> None:
    """Writes the searched parameters with their domains, under the names that a config has."""
    domains: dict[str, Domain] = {}
    for name, domain in spec.space.domains().items():
        domains[name] = list(domain.values) if isinstance(domain, Choice) else (domain.low, domain.high)
    if domains.pop("margin_width", None):  # a config says where the range ends, not how wide it is
        (low, high), (_, widest) = _bounds(spec, "margin_min"), _bounds(spec, "margin_width")
        domains["margin_max"] = (low, high + widest)  # one slice has no width
    objective = spec.protocol.objective
    write_experiment(
        folder.tensorboard,
        domains,
        [objective, *(name for name in METRICS if name != objective)],
        confirmed=_tested(objective) if spec.confirm.top else None,
    )


def show_confirmed(folder: SearchFolder, search: SearchRecord) -> None:
    """Writes to the row of each trial whose config was confirmed what its fresh seeds gave; failed runs are no result."""
    for trial in search.trials:
        metric = _tested(trial.config.objective)
        values = [
            run.result.metrics[metric]
            for run in search.runs
            if (run.trial, run.config.rule, run.result.state) == (trial.number, HONEST, TrialState.COMPLETE)
        ]
        if values:
            name = run_name(trial.number, trial.provenance)
            write_confirmed(folder.tensorboard, name, metric=metric, values=values)


def _tested(objective: str) -> str:
    """The objective as it is measured on the test split."""
    return "test_" + objective.removeprefix("val_")


def _bounds(spec: SearchSpec, name: str) -> tuple[float, float]:
    """The smallest and the largest value that a number can take."""
    domain = spec.space.domains().get(name)
    if isinstance(domain, Range):
        return domain.low, domain.high
    values = domain.values if domain else (getattr(spec.method, name),)
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return min(numbers), max(numbers)


def show_best(folder: SearchFolder, trials: list[TrialRecord], faces: TrialFaces) -> None:
    """Writes the best trial's figures and its embedding of the first fold's validation faces, and clears the others' away."""
    if not trials or not (best := best_trials(trials, count=1, objective=trials[0].config.objective)):
        return
    name = run_name(best[0].number, best[0].provenance)
    path = folder.embedding(name)
    if path.exists():
        validation = faces.faces.take(faces.folds[0].validation)
        write_best(
            folder.tensorboard,
            BestTrial(
                run=name,
                config=best[0].config,
                result=best[0].result,
                report=next(
                    r for r in best[0].reports if (r.fold, r.epoch) == (0, best[0].result.chosen_epochs[0])
                ),
                class_names=validation.class_names,
                embedding=np.load(path),
                labels=validation.labels,
                images=validation.images[:],
            ),
        )
    for other in path.parent.glob("*.npy"):
        if other != path:
            other.unlink()
