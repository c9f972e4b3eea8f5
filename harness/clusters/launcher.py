"""What a file for `ray up` must get right beyond what Ray itself looks at. It starts nothing and reaches no cloud."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.clusters.description import Description
from harness.clusters.finding import Finding
from harness.clusters.private import private_file

LOCAL_KEYS = {"type", "head_ip", "worker_ips", "coordinator_address"}
CLOUD_KEYS = {"type", "cache_stopped_nodes", "use_internal_ips", "disable_node_updaters"}
PROVIDER_KEYS = {
    "local": LOCAL_KEYS,
    "aws": CLOUD_KEYS | {"region", "availability_zone", "security_group", "cloudwatch", "aws_credentials"},
    "gcp": CLOUD_KEYS | {"region", "availability_zone", "project_id", "gcp_credentials"},
    "azure": CLOUD_KEYS
    | {
        "location",
        "resource_group",
        "subscription_id",
        "subnet_id",
        "tags",
        "msi_identity_id",
        "msi_identity_principal_id",
    },
}
"""What Ray reads of each provider; its own schema takes any key, and one that is misspelt is passed over in silence."""
TOKEN = "~/.ray/auth_token"
GPU_FAMILIES = ("p3", "p4", "p5", "p6", "g4", "g5", "g6")
"""AWS instances with NVIDIA GPUs."""


def provider_is_known(file: Description) -> Iterator[Finding]:
    """A key that nobody reads is a mistake that nobody sees."""
    provider = file.get("provider")
    kind = provider.get("type") if isinstance(provider, dict) else None
    known = PROVIDER_KEYS.get(str(kind))
    if known is None:
        return
    for key in sorted(map(str, set(provider) - known)):
        near = difflib.get_close_matches(key, known, n=1)
        yield Finding(
            line=file.line("provider", key),
            what=f"provider {kind} has no key '{key}'",
            cure=f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known))}",
        )


def login_is_said(file: Description) -> Iterator[Finding]:
    """Who logs in, and with which key."""
    user, key = file.get("auth", "ssh_user"), file.get("auth", "ssh_private_key")
    if not user:
        yield Finding(
            line=file.line("auth"), what="it does not say who logs in", cure="auth: {ssh_user: NAME}"
        )
    if user == "root":
        yield Finding(
            line=file.line("auth", "ssh_user"),
            what="it logs in as root, so all that runs on the cluster may do anything",
            cure="an account without rights to administer",
            serious=False,
        )
    if not key:
        yield Finding(
            line=file.line("auth"),
            what="it names no ssh key, so Ray would copy a key of yours that opens other machines, too",
            cure="auth: {ssh_private_key: ~/.ssh/expressions}, a key for this cluster alone",
        )
    else:
        line = file.line("auth", "ssh_private_key")
        yield from private_file(Path(str(key)).expanduser(), line=line, what="ssh key", maker="ssh-keygen")


def token_is_shipped(file: Description) -> Iterator[Finding]:
    """The token must lie where Ray looks for it, on every host."""
    mounts = file.get("file_mounts") or {}
    if TOKEN not in mounts:
        yield Finding(
            line=file.line("file_mounts"),
            what=f"no token is copied to {TOKEN}, so hosts cannot join or nobody is asked for one",
            cure=f'file_mounts: {{"{TOKEN}": "./ray-token"}}, made by `harness cluster token`',
        )
        return
    path = Path(str(mounts[TOKEN])).expanduser()
    where = path if path.is_absolute() else Path.cwd() / path
    line = file.line("file_mounts", TOKEN)
    yield from private_file(where, line=line, what="token", maker="harness cluster token")


def ray_starts_cleanly(file: Description) -> Iterator[Finding]:
    """What each list of start commands needs."""
    needed = {"head": ("ray stop", "--head", "--autoscaling-config"), "worker": ("ray stop", "--address")}
    for role, parts in needed.items():
        key = f"{role}_start_ray_commands"
        words = " ".join(text.words for text in file.starting(role))
        if not words and not (role == "worker" and file.get("max_workers") == 0):
            yield Finding(
                line=file.line(key),
                what=f"{key} says nothing, so Ray takes its own: without token, and with usage reports",
                cure=f"{key} as in cluster.yaml",
            )
        for part in parts if words else ():
            if part not in words:
                yield Finding(
                    line=file.line(key),
                    what=f"{key} has no `{part}`",
                    cure={"ray stop": "put `ray stop` first: an older Ray may run there"}.get(
                        part, f"ray start {part}{'=~/ray_bootstrap_config.yaml' if 'config' in part else ''}"
                    ),
                )


def own_machines_are_listed(file: Description) -> Iterator[Finding]:
    """Addresses of provider `local`, and the autoscaler under which they come."""
    if file.get("provider", "type") != "local":
        return
    head, workers = file.get("provider", "head_ip"), file.get("provider", "worker_ips") or []
    line = file.line("provider", "worker_ips")
    if not workers:
        yield Finding(
            line=line, what="there are no worker_ips", cure="worker_ips: [10.0.0.2, ...], an address each"
        )
    if twice := sorted({ip for ip in workers if workers.count(ip) > 1}):
        yield Finding(line=line, what=f"{', '.join(twice)} is there twice", cure="name each machine once")
    if head in workers:
        yield Finding(
            line=line,
            what=f"the head {head} is among the workers",
            cure="leave it out: the head trains as well",
        )
    least = file.get("min_workers")
    if workers and isinstance(least, int) and least < len(workers):
        yield Finding(
            line=file.line("min_workers"),
            what=f"min_workers {least} leaves machines out, of {len(workers)} that are there",
            cure=f"min_workers: {len(workers)}",
            serious=False,
        )
    heads = file.starting("head")
    if heads and not any("RAY_enable_autoscaler_v2=0" in text.words for text in heads):
        yield Finding(
            line=file.line("head_start_ray_commands"),
            what="the second autoscaler, which is the default, brings up no workers on machines of one's own",
            cure="RAY_enable_autoscaler_v2=0 in front of `ray start --head`",
        )


def sizes_add_up(file: Description) -> Iterator[Finding]:
    """How many workers there may be."""
    most, types = file.get("max_workers"), file.get("available_node_types") or {}
    least = sum(int(each.get("min_workers") or 0) for each in types.values() if isinstance(each, dict))
    least = max(least, int(file.get("min_workers") or 0))
    if isinstance(most, int) and most < least:
        yield Finding(
            line=file.line("max_workers"),
            what=f"max_workers {most} is less than the {least} that min_workers asks for",
            cure=f"max_workers: {least} or more",
        )
    if file.get("idle_timeout_minutes") is None:
        yield Finding(
            line=1,
            what="it does not say when an idle machine is given back",
            cure="idle_timeout_minutes: 10",
            serious=False,
        )
    market = ("node_config", "InstanceMarketOptions", "MarketType")
    spot = [name for name in types if file.get("available_node_types", name, *market) == "spot"]
    workers = [name for name in types if name != file.get("head_node_type")]
    if spot and len(spot) == len(workers):
        yield Finding(
            line=file.line("available_node_types", spot[0]),
            what="all workers are spot machines: where there are none to be had, nothing is trained",
            cure="a second worker type without InstanceMarketOptions",
            serious=False,
        )


def has_gpus(file: Description, gpu: float) -> Iterator[Finding]:
    """A search that asks for GPUs needs a worker that has some."""
    types = file.get("available_node_types") or {}
    workers = {name: each for name, each in types.items() if name != file.get("head_node_type")}
    if gpu and workers and not any(_gpus(each) for each in workers.values()):
        yield Finding(
            line=file.line("available_node_types", next(iter(workers))),
            what=f"the search asks for {gpu:g} GPU a training, and no worker type has one",
            cure="an InstanceType with GPUs, such as g5.2xlarge, or resources: {GPU: 1}",
        )


def _gpus(node_type: Any) -> bool:
    resources, config = node_type.get("resources") or {}, node_type.get("node_config") or {}
    azure = (config.get("azureArmParameters") or {}).get("vmSize", "")
    return bool(
        resources.get("GPU")
        or config.get("guestAccelerators")  # Google's
        or str(config.get("InstanceType", "")).startswith(GPU_FAMILIES)
        or str(azure).startswith("Standard_N")
    )


RULES = (
    provider_is_known,
    login_is_said,
    token_is_shipped,
    ray_starts_cleanly,
    own_machines_are_listed,
    sizes_add_up,
)
