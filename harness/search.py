"""`python -m harness.search SEARCH.yaml`: from a search file to a leaderboard, readable from top to bottom.

It does not know how anything is printed, and starts nothing until everything that can be checked has been.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.atomic import whole_file
from harness.datasets.distribution import no_progress
from harness.datasets.faceset import FaceSet
from harness.datasets.pack.shards import Progress as PackProgress
from harness.datasets.protocols import Division, TestFaces, TrialFaces, divide, divide_across, search_faces
from harness.datasets.registry import load_faces
from harness.records import HONEST, Provenance, TrialState
from harness.reporting.leaderboard import write_leaderboard
from harness.reporting.progress import Listener
from harness.reporting.tables import write_search
from harness.tuning.confirm import Confirmation
from harness.tuning.folder import SearchFolder
from harness.tuning.journal import Journal, open_journal
from harness.tuning.observed import Observed
from harness.tuning.preflight import check_before_start
from harness.tuning.pretrain import Pretraining, pretraining_faces
from harness.tuning.provenance import collect_provenance, to_dataset, to_protocol
from harness.tuning.read import read_search
from harness.tuning.search_file import write_search_file
from harness.tuning.sections import DatasetSpec
from harness.tuning.showcase import show_best, show_confirmed, show_experiment
from harness.tuning.source import TrialSource
from harness.tuning.spec import SearchSpec
from harness.tuning.study import Search
from harness.tuning.unchanged import check_unchanged
from harness.tuning.worker import WorkerSettings


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A search whose faces are loaded and divided: all that can be known before it starts.

    Attributes:
        spec: The search.
        faces: Of its dataset, and of `protocol.test_on`.
        division: Into parts.
        provenance: Of the trainings that are run now.
        pretraining: Other faces, where the backbone is to learn them before.
    """

    spec: SearchSpec
    faces: FaceSet
    division: Division
    provenance: Provenance
    pretraining: TrialFaces | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a search stands when it returns.

    Attributes:
        folder: `results/<search>`.
        objective: The metric that was maximised, such as `val_uar`.
        finished: Trials that have ended, of all runs of this search.
        total: Trials asked for.
        complete: Trials among them that ran to their end.
        runs: Confirmation runs that were planned.
        runs_complete: Confirmation runs among them that ran to their end.
        ran: Trainings that ended in this run, confirmation included.
    """

    folder: Path
    objective: str
    finished: int
    total: int
    complete: int
    runs: int
    runs_complete: int
    ran: int

    @property
    def confirmed(self) -> bool:
        """Whether a confirmation run ran to its end, or none was planned."""
        return self.runs_complete > 0 or not self.runs

    @property
    def whole(self) -> bool:
        """Whether all trials are done, and one was completed and confirmed."""
        return self.finished >= self.total and self.complete > 0 and self.confirmed


class Backend(Protocol):
    """Where trials run: `SerialBackend` or `RayBackend`."""

    @property
    def slots(self) -> int:
        """Trainings side by side."""

    def run(self, source: TrialSource, faces: TrialFaces, *, test: TestFaces | None = None) -> None:
        """Runs a source to its end, or until its time is over."""


def prepare(
    spec: SearchSpec, *, faces: FaceSet | None = None, progress: PackProgress = no_progress
) -> Prepared:
    """Loads the faces and divides them.

    Args:
        spec: The search.
        faces: Of the search's dataset, where they are loaded already.
        progress: Told of a distribution that is being packed.

    Raises:
        HarnessError: If the faces are not what the search file says.
    """
    if faces is None:
        faces = _load(spec.dataset, progress)
    check_before_start(spec, faces)
    others = {key: _load(section, progress) for key, section in spec.other_datasets().items()}
    tested, learned = others.get("protocol.test_on"), others.get("method.pretrain.dataset")
    apart = [each for each in (faces, tested) if each is not None]
    pretraining = None if learned is None else pretraining_faces(learned, apart_from=apart, seed=spec.seed)
    if tested is None:
        division = divide(faces, to_protocol(spec))
    else:  # reduced to the classes that both have
        faces, division = divide_across(faces, tested, to_protocol(spec))
    return Prepared(
        spec=spec,
        faces=faces,
        division=division,
        provenance=collect_provenance(spec, faces, division),
        pretraining=pretraining,
    )


def _load(section: DatasetSpec, progress: PackProgress) -> FaceSet:
    return load_faces(to_dataset(section), cache=cache_folder(), progress=progress)


def run_search(prepared: Prepared, backend: Backend, *, results: Path, progress: Listener) -> Outcome:
    """Runs what is missing of a search, confirms its best configs, and writes the tables.

    Args:
        prepared: The search and its faces.
        backend: Runs the trials.
        results: Parent of the search folder.
        progress: Is told how it goes on, such as the live view.

    Raises:
        HarnessError: If the folder holds another search, is in use, or cannot be written.
        KeyboardInterrupt: On Ctrl-C, after the tables are written.
    """
    spec = prepared.spec
    folder = search_folder(results, spec)
    folder.create()
    with folder.locked(tell=progress.waiting) as lease:
        check_unchanged(folder, spec, prepared.provenance)
        journal = open_journal(folder.journal, fence=lease.check)
        _describe(folder, prepared)
        search = Search(spec, journal, provenance=prepared.provenance)
        try:
            seen = search_faces(prepared.faces, prepared.division)
            ran = _pretrain(prepared, journal, backend, folder=folder, progress=progress)
            ran += run_source(search, backend, seen, folder=folder, progress=progress)
            trials = search.ledger.records()
            runs: list[TrialState] = []
            for rule in (HONEST, *spec.confirm.leaky):
                confirmation = Confirmation(
                    spec, journal, trials=trials, provenance=prepared.provenance, rule=rule
                )
                if confirmation.finished < confirmation.total:
                    trained, test = confirmation.open_test_split(prepared.faces, prepared.division)
                    ran += run_source(
                        confirmation, backend, trained, folder=folder, progress=progress, test=test
                    )
                runs += [record.result.state for record in confirmation.ended_before()]
        finally:
            progress.close()
            known = read_search(folder)
            write_search(known, folder.root)
            write_leaderboard(results)
        with suppress(OSError):  # a full disk: the tables are whole, this only shows them
            show_confirmed(folder, known)
            show_best(folder, trials, seen)
        return Outcome(
            folder=folder.root,
            objective=spec.protocol.objective,
            finished=search.finished,
            total=search.total,
            complete=sum(trial.result.state is TrialState.COMPLETE for trial in trials),
            runs=len(runs),
            runs_complete=runs.count(TrialState.COMPLETE),
            ran=ran,
        )


def _pretrain(
    prepared: Prepared, journal: Journal, backend: Backend, *, folder: SearchFolder, progress: Listener
) -> int:
    """Makes the weights that every trial begins with, where the search wants some and has none yet."""
    if prepared.pretraining is None or folder.pretrained.exists():
        return 0
    source = Pretraining(prepared.spec, journal, provenance=prepared.provenance)
    ran = run_source(source, backend, prepared.pretraining, folder=folder, progress=progress)
    source.require_weights(folder)
    return ran


def search_folder(results: Path, spec: SearchSpec) -> SearchFolder:
    """Where a search lies."""
    return SearchFolder(results / spec.name)


def cache_folder() -> Path:
    """Where drawn faces are kept between searches: `$XDG_CACHE_HOME/multi-threshold-harness`, by default in `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "multi-threshold-harness"


def worker_settings(prepared: Prepared, *, results: Path) -> WorkerSettings:
    """What workers need to know of a search."""
    spec = prepared.spec
    return WorkerSettings(
        folder=search_folder(results, spec).root.resolve(),
        threads=training_threads(spec),
        checkpoint_every_s=spec.checkpoint_every_s,
        gpu=spec.resources.gpu,
        hung_after_s=spec.resources.hung_after,
    )


def training_threads(spec: SearchSpec) -> int:
    """Threads of torch for one training: as many as it takes CPUs, one at least."""
    return max(1, int(spec.resources.cpu))


def run_source(
    source: TrialSource,
    backend: Backend,
    faces: TrialFaces,
    *,
    folder: SearchFolder,
    progress: Listener,
    test: TestFaces | None = None,
) -> int:
    """Runs what is missing of a source, told as it goes, and gives the number of trainings that ended."""
    before = source.finished
    if before < source.total:
        progress.start(source.phase, total=source.total, slots=backend.slots)
        for record in source.ended_before():
            progress.trial_found(record.number, record.config, record.result)
        backend.run(Observed(source, folder=folder, progress=progress), faces, test=test)
    return source.finished - before


def _describe(folder: SearchFolder, prepared: Prepared) -> None:
    """Writes what the folder is, before the first trial."""
    with whole_file(folder.spec) as path:
        path.write_text(write_search_file(prepared.spec))
    with whole_file(folder.provenance) as path:
        path.write_text(json.dumps(prepared.provenance.to_dict(), indent=2))
    show_experiment(folder, prepared.spec)


if __name__ == "__main__":
    from harness.cli import search_alone

    search_alone()
