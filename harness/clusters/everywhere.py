"""What every cluster file must get right, whoever reads it: the token, the dashboard, versions, results. It starts nothing."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import version

from harness.clusters.description import KUBERAY, SLURM, Description, Text
from harness.clusters.finding import Finding

LOCAL = ("~", "$HOME", "/home/", "/root", "/tmp", "/var/tmp", ".")
"""How a path begins that each host has for itself."""
RAY_VERSION = re.compile(
    r"ray(?:\[[^\]]*\])?\"?==([0-9][\w.]*)|rayproject/ray[\w-]*:([0-9]+\.[0-9]+\.[0-9]+)"
)
PYTHON_VERSION = re.compile(r"\bpython[ =]?=?(3\.\d+)|rayproject/ray\S*-py(3)(\d+)")
DASHBOARD = re.compile(r"dashboard-host[= ]+[\"']?([^\s\"']+)")
TOKEN = re.compile(r"\bRAY_AUTH_TOKEN=[\"']?([^\s\"'$]+)")
"""A token itself; `$NAME` stands for one that comes from elsewhere."""
RESULTS = re.compile(r"\bRESULTS=[\"']?([^\s\"']+)")


def dashboard_on_loopback(file: Description) -> Iterator[Finding]:
    """Whoever reaches the dashboard may run code: jobs are submitted there."""
    for text in file.texts:
        for place in DASHBOARD.findall(text.words):
            if place not in ("127.0.0.1", "localhost", "::1"):
                yield Finding(
                    line=text.line,
                    what=f"the dashboard listens on {place}, and runs any code for whoever reaches it",
                    cure="--dashboard-host=127.0.0.1, and `ray dashboard FILE` or a port-forward to see it",
                )
    heads = file.starting("head")
    if file.kind == KUBERAY and not any("dashboard-host" in text.words for text in heads):
        yield Finding(
            line=file.line("spec", "headGroupSpec", "rayStartParams"),
            what="KubeRay puts the dashboard on 0.0.0.0 where nothing is said",
            cure='rayStartParams: {dashboard-host: "127.0.0.1"}',
        )


def token_demanded(file: Description) -> Iterator[Finding]:
    """Without a token whoever reaches a port owns the cluster."""
    if file.get("spec", "authOptions", "mode") == "token":
        return
    for role in ("head", "worker"):
        said = file.starting(role)
        everywhere = [text for text in file.texts if not text.starts]
        if said and not any(
            "RAY_AUTH_MODE=token" in text.words for text in [*said, *_if_slurm(file, everywhere)]
        ):
            yield Finding(
                line=said[-1].line,
                what=f"the {role} is started without RAY_AUTH_MODE=token: anybody who reaches it may run code there",
                cure="RAY_AUTH_MODE=token in front of `ray start` (KubeRay: authOptions: {mode: token})",
            )


def token_unwritten(file: Description) -> Iterator[Finding]:
    """A token that stands in a file is read by all who read the file, and by all who list processes."""
    for text in file.texts:
        if TOKEN.search(text.words):
            yield Finding(
                line=text.line,
                what="the token itself stands in the file",
                cure="ship a token file (file_mounts), name it (RAY_AUTH_TOKEN_PATH), or take a Secret (secretName)",
            )


def usage_unreported(file: Description) -> Iterator[Finding]:
    """Ray reports to its makers unless it is told not to."""
    for role in ("head", "worker"):
        said = file.starting(role)
        everywhere = [text for text in file.texts if not text.starts]
        if said and not any(
            "RAY_USAGE_STATS_ENABLED=0" in text.words for text in [*said, *_if_slurm(file, everywhere)]
        ):
            yield Finding(
                line=said[-1].line,
                what=f"the {role} reports its usage to Ray's makers",
                cure="RAY_USAGE_STATS_ENABLED=0 in front of `ray start`, or in the container's env",
            )


def versions_match(file: Description) -> Iterator[Finding]:
    """A driver and a worker of two versions of Ray or Python do not understand each other."""
    ray, python = version("ray"), ".".join(platform.python_version_tuple()[:2])
    images = list(_images(file))
    named = [
        (text.line, next(filter(None, match.groups())))
        for text in [*file.texts, *images]
        for match in RAY_VERSION.finditer(text.words)
    ]
    if file.get("spec", "rayVersion"):
        named.append((file.line("spec", "rayVersion"), str(file.get("spec", "rayVersion"))))
    for line, found in named:
        if found != ray:
            yield Finding(
                line=line,
                what=f"it names Ray {found}, and this project has {ray}",
                cure=f"write {ray}, or install {found} here",
            )
    if not named:
        yield Finding(
            line=1,
            what="it pins no version of Ray, so hosts may have another than this one",
            cure=f'pip install "ray[tune]=={ray}" where the packages are installed, or an image of that version',
        )
    for text in [*file.texts, *images]:
        for match in PYTHON_VERSION.finditer(text.words):
            found = match[1] or f"{match[2]}.{match[3]}"
            if found != python:
                yield Finding(
                    line=text.line,
                    what=f"it names Python {found}, and this project runs on {python}",
                    cure=f"name {python}, or run the project on {found} here",
                )


def results_shared(file: Description) -> Iterator[Finding]:
    """Every host writes to the results folder, so all must see the same one."""
    found = [(text.line, match[1]) for text in file.texts for match in RESULTS.finditer(text.words)]
    if not found:
        yield Finding(
            line=1,
            what="it names no results folder that all hosts share",
            cure="export RESULTS=/mnt/shared/results, on NFS or the like, and give it to --results",
        )
    for line, place in found:
        if "://" in place:
            yield Finding(
                line=line,
                what=f"results at {place}: the harness writes to folders",
                cure="mount the bucket, or a shared file system, and name its folder",
            )
        elif place.startswith(LOCAL):
            yield Finding(
                line=line,
                what=f"results in {place}: each host has a folder of that name for itself, and is lost with it",
                cure="a folder that all hosts share, such as /mnt/shared/results",
            )


def store_and_ports_fixed(file: Description) -> Iterator[Finding]:
    """What runs without, and is better with."""
    for role in ("head", "worker"):
        said = file.starting(role)
        words = " ".join(text.words for text in (file.texts if file.kind == SLURM else said))
        if said and "object-store-memory" not in words:
            yield Finding(
                line=said[-1].line,
                what=f"the {role} takes a third of the memory for Ray's object store",
                cure="--object-store-memory=BYTES: the faces once per host, and a little more",
                serious=False,
            )
        if said and file.kind != KUBERAY and "--min-worker-port" not in words:
            yield Finding(
                line=said[-1].line,
                what=f"the {role}'s workers take any port, so a firewall cannot be set up",
                cure="--min-worker-port=10100 --max-worker-port=10999",
                serious=False,
            )


def _if_slurm(file: Description, texts: list[Text]) -> list[Text]:
    """A script exports once for all that follows; each of `ray up`'s commands has a shell of its own."""
    return texts if file.kind == SLURM else []


def _images(file: Description) -> Iterator[Text]:
    """Container images, where the file names some."""
    for key, line in file.lines.items():
        if key and key[-1] in ("image", "head_image", "worker_image") and isinstance(file.get(*key), str):
            yield Text(line, file.get(*key))


RULES = (
    dashboard_on_loopback,
    token_demanded,
    token_unwritten,
    usage_unreported,
    versions_match,
    results_shared,
    store_and_ports_fixed,
)
