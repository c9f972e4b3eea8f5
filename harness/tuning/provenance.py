"""Where numbers come from: code, packages, hardware, faces and split. It measures nothing."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from harness.datasets.faceset import FaceSet
from harness.datasets.protocols import Division, Protocol
from harness.datasets.registry import variant
from harness.datasets.settings import FOLDER, DatasetSettings
from harness.records import Provenance
from harness.tuning.sections import DatasetSpec
from harness.tuning.spec import SearchSpec

PACKAGES = (
    "torch",
    "numpy",
    "optuna",
    "ray",
    "scikit-learn",
    "timm",
    "pytorch-metric-learning",
    "multi-threshold-harness",
)
"""Those that can change a number."""


def collect_provenance(spec: SearchSpec, faces: FaceSet, division: Division) -> Provenance:
    """The provenance of a search that starts now, here."""
    commit, dirty = _git_state()
    return Provenance(
        dataset=_dataset_name(spec),
        protocol=_protocol_name(spec, faces, division),
        method=spec.method.name,
        search=spec.name,
        objective=spec.protocol.objective,
        class_names=faces.class_names,
        fingerprint=faces.fingerprint,
        split_hash=division.split_hash,
        skipped_images=faces.skipped,
        faces=dict(division.counts),
        git_commit=commit,
        git_dirty=dirty,
        packages={"python": platform.python_version(), **_installed()},
        hardware=_hardware(),
    )


def environment() -> dict[str, str]:
    """What two hosts must have in common for their numbers to compare: Python, the packages, and a hash of our own code."""
    return {"python": platform.python_version(), **_installed(), "harness code": _code_hash()}


def to_dataset(section: DatasetSpec) -> DatasetSettings:
    """A file's section as the settings of a face set."""
    return DatasetSettings(
        name=section.name,
        path=Path(section.path) if section.path else None,
        size=section.size,
        color=section.color,
        classes=section.classes,
        on_bad_image=section.on_bad_image,
        options=section.options,
        strict=section.strict,
        undetected=section.undetected,
        images=section.images,
        seed=section.seed,
    )


def to_protocol(spec: SearchSpec) -> Protocol:
    """The part of a search's protocol that divides faces."""
    given = spec.protocol
    return Protocol(
        split=spec.split,
        validation=given.validation,
        test=given.test,
        folds=spec.folds,
        search_folds=given.search_folds,
        outer=given.outer,
        fold_list=Path(given.fold_list) if given.fold_list else None,
        seed=given.seed,
    )


def _dataset_name(spec: SearchSpec) -> str:
    def name(section: DatasetSpec) -> str:
        return Path(section.path).stem if section.name == FOLDER and section.path else section.name

    other = spec.protocol.test_on
    return name(spec.dataset) if other is None else f"{name(spec.dataset)} to {name(other)}"


def _protocol_name(spec: SearchSpec, faces: FaceSet, division: Division) -> str:
    """All that makes two rows of a leaderboard incomparable, in words."""
    sections = [spec.dataset] if spec.protocol.test_on is None else [spec.dataset, spec.protocol.test_on]
    sample = [words for section in sections if (words := variant(to_dataset(section)))]
    sequences = [] if faces.sequences is None else [f"sequences by {spec.protocol.sequence}"]
    return ", ".join([*sample, division.words, spec.protocol.classifier, *sequences])


@cache
def _code_hash() -> str:
    """Of every source file of the package, by its place in it."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _installed() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git_state() -> tuple[str, bool | None]:
    """Commit of the harness's own code, and whether it has changes; nothing where it is no checkout."""
    source = Path(__file__).parent
    commit = _git("rev-parse", "HEAD", folder=source)
    return commit or "", bool(_git("status", "--porcelain", "--", "..", folder=source)) if commit else None


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _hardware() -> dict[str, str]:
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory_gib": f"{psutil.virtual_memory().total / 2**30:.0f}",
        "system": platform.platform(),
    }


def _processor() -> str:
    """The processor's name; Linux keeps it in a file, other systems in `platform`."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
