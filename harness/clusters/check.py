"""`harness cluster check FILE`: all that is wrong with a cluster file, before a machine is paid for. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.clusters import everywhere, kuberay, launcher, slurm
from harness.clusters.description import KUBERAY, LAUNCHER, SLURM, Description, describe
from harness.clusters.finding import Finding
from harness.tuning.search_file import read_searches

Engine = Callable[[Path], tuple[tuple[str | int, ...], str] | None]
"""Where and why Ray itself would refuse a file for `ray up`; None if it would not."""


def check_cluster(path: Path, *, engine: Engine, search: Path | None = None) -> list[Finding]:
    """Everything that is wrong, by line.

    Args:
        path: A file for `ray up`, a RayCluster for KubeRay, or a Slurm script.
        engine: Ray's own check.
        search: A search that is to run there.

    Raises:
        SearchFileError: If one of them cannot be read.
    """
    file = describe(path)
    if file.misshapen:  # no rule could read it, and Ray would say less
        return sorted(_misshapen(file), key=lambda finding: finding.line)
    gpu = max((spec.resources.gpu for spec in read_searches(search)), default=0) if search else 0
    found = [*_findings(file, engine), *_gpus(file, gpu)]
    return sorted(found, key=lambda finding: (finding.line, not finding.serious))


def _misshapen(file: Description) -> Iterator[Finding]:
    for key, what in file.misshapen:
        yield Finding(
            line=file.line(*key), what=what, cure="the repository's own files show what stands there"
        )


def _findings(file: Description, engine: Engine) -> Iterator[Finding]:
    own = {LAUNCHER: launcher.RULES, KUBERAY: kuberay.RULES, SLURM: slurm.RULES}[file.kind]
    for rule in (*everywhere.RULES, *own):
        yield from rule(file)
    if file.kind == LAUNCHER and (said := engine(file.path)):
        key, what = said
        yield Finding(
            line=file.line(*key), what=f"Ray refuses it: {what}", cure="see Ray's cluster reference"
        )


def _gpus(file: Description, gpu: float) -> Iterator[Finding]:
    if file.kind == LAUNCHER:
        yield from launcher.has_gpus(file, gpu)
    elif file.kind == KUBERAY:
        yield from kuberay.has_gpus(file, gpu)
    else:
        yield from slurm.has_gpus(file, gpu)
