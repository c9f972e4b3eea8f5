"""`harness reproduce SEARCH`: a leaderboard row trained again from its stored configs; readable from top to bottom.

It does not know how anything is printed, and writes nothing into the results folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.datasets.distribution import no_progress
from harness.datasets.pack.shards import Progress as PackProgress
from harness.errors import ChangedError, ResultsError, SearchFileError
from harness.reporting.equality import Difference, RunComparison, compare_run, differences, origin
from harness.reporting.named import find_search
from harness.reporting.progress import Listener
from harness.reporting.stored_runs import StoredRun, read_runs_of_row
from harness.search import Backend, Prepared, prepare, search_folder, training_threads
from harness.tuning.confirm import open_under_rule
from harness.tuning.folder import SearchFolder
from harness.tuning.observed import Observed
from harness.tuning.read import read_provenance
from harness.tuning.rerun import Rerun
from harness.tuning.search_file import read_search_file
from harness.tuning.spec import SearchSpec
from harness.tuning.unchanged import other_faces
from harness.tuning.yaml_file import Override

ELSEWHERE = ("dataset.path", "protocol.test_on.path", "protocol.fold_list", "resources.")
"""Keys that may be said otherwise than stored: where things lie here, and what a run may take."""


@dataclass(frozen=True, kw_only=True)
class StoredSearch:
    """A leaderboard row, as its search folder tells it.

    Attributes:
        folder: `results/<search>`.
        stored: Its search file.
        spec: The same, with what is said otherwise here.
        rule: `honest`, or the leaky rule of a row that does not rank.
        runs: The row's confirmation runs that ran to their end.
    """

    folder: SearchFolder
    stored: SearchSpec
    spec: SearchSpec
    rule: str
    runs: tuple[StoredRun, ...]


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What came of it.

    Attributes:
        search: Name of the search folder.
        metric: The leaderboard's, such as `test_uar`.
        runs: Each run, stored and made again.
        differences: In the provenance: of the runs that differ, or of all where none does.
    """

    search: str
    metric: str
    runs: tuple[RunComparison, ...]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether every number of every run is, to the last digit."""
        return not any(run.differing for run in self.runs)


def read_stored(results: Path, name: str, *, rule: str, overrides: Sequence[Override] = ()) -> StoredSearch:
    """Reads what a search folder stores of its leaderboard row; its journal is not needed.

    Args:
        results: The results folder.
        name: Of the search folder, as the leaderboard's column `search` names it.
        rule: `honest`, or a leaky rule.
        overrides: Of keys in `ELSEWHERE` alone.

    Raises:
        HarnessError: If there is no such search, a file of it is missing or damaged, or it has no such run.
    """
    _check_overrides(overrides)
    folder = SearchFolder(find_search(name, results=results))
    for path in (folder.spec, folder.provenance):
        if not path.is_file():
            raise ResultsError(
                f"{folder.root} is no whole search folder: it has no {path.name}; restore it from a copy"
            )
    objective = read_provenance(folder).objective
    return StoredSearch(
        folder=folder,
        stored=read_search_file(folder.spec),
        spec=read_search_file(folder.spec, overrides=overrides),
        rule=rule,
        runs=read_runs_of_row(folder.root / "runs.parquet", objective=objective, rule=rule),
    )


def prepare_again(search: StoredSearch, *, progress: PackProgress = no_progress) -> Prepared:
    """Loads and divides the faces as the search did, and refuses others before anything is trained.

    Args:
        search: The row.
        progress: Told of a distribution that is being packed.

    Raises:
        ChangedError: If they are other faces or another split; the message has both hashes, stored and found.
        HarnessError: If the faces cannot be loaded.
    """
    prepared = prepare(search.spec, progress=progress)
    changes = [each for run in search.runs for each in other_faces(run.provenance, prepared.provenance)]
    if told := "; ".join(dict.fromkeys(changes)):
        raise ChangedError(
            f"{search.folder.root} was measured on other faces: {told}. Nothing was trained: restore "
            "the faces, or say with --set dataset.path=DIR where they lie"
        )
    return prepared


def reproduce(
    search: StoredSearch, prepared: Prepared, backend: Backend, *, scratch: Path, progress: Listener
) -> Reproduction:
    """Trains the row's runs again, the test split opened as in its confirmation, and compares.

    Args:
        search: The row.
        prepared: Its faces.
        backend: Runs the trainings; it was built for `scratch`.
        scratch: A results folder that is thrown away.
        progress: Is told how it goes on.
    """
    rerun = Rerun(search.runs, provenance=prepared.provenance)
    faces, test = open_under_rule(prepared.faces, prepared.division, rule=search.rule, spec=search.stored)
    folder = search_folder(scratch, prepared.spec)
    _copy_pretrained(search.folder, folder)
    try:
        progress.start(rerun.phase, total=rerun.total, slots=backend.slots)
        backend.run(Observed(rerun, folder=folder, progress=progress), faces, test=test)
    finally:
        progress.close()
    return _compared(search, rerun)


def _copy_pretrained(stored: SearchFolder, scratch: SearchFolder) -> None:
    """The runs begin with the weights that the stored ones began with."""
    if stored.pretrained.exists():
        scratch.create()
        shutil.copyfile(stored.pretrained, scratch.pretrained)


def _compared(search: StoredSearch, rerun: Rerun) -> Reproduction:
    pairs = list(zip(search.runs, rerun.records(), strict=True))
    compared = tuple(compare_run(stored, found) for stored, found in pairs)
    concerned = [pair for pair, run in zip(pairs, compared, strict=True) if run.differing] or pairs
    before, now = training_threads(search.stored), training_threads(search.spec)
    return Reproduction(
        search=search.folder.root.name,
        metric="test_" + search.runs[0].provenance.objective.removeprefix("val_"),
        runs=compared,
        differences=differences(
            [origin(run.provenance, device=run.row.get("device"), threads=before) for run, _ in concerned],
            [origin(run.provenance, device=run.result.device, threads=now) for _, run in concerned],
        ),
    )


def _check_overrides(overrides: Sequence[Override]) -> None:
    for each in overrides:
        if not each.key.startswith(ELSEWHERE):
            known = ", ".join(key + "..." if key.endswith(".") else key for key in ELSEWHERE)
            raise SearchFileError(
                f"{each.flag}: a reproduction trains what is stored; expected one of {known}, got {each.key}"
            )
