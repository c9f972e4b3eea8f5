"""`harness cluster`: the files that describe a cluster, and its token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import printing
from harness.cli.common import UNFINISHED, Debug, errors_told, silence_engines

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="When one machine is not enough: files, token, status."
)


@app.command()
def token(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="Where to write it.")] = Path("ray-token"),
    debug: Debug = False,
) -> None:
    """Make the token that opens a cluster, in a file that you alone can read."""
    with errors_told(debug=debug):
        from harness.tuning.token import make_token

        make_token(path)
        printing.token_made(printing.console(), path)


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="For `ray up`, a RayCluster for KubeRay, or a Slurm script."),
    ],
    search: Annotated[
        Path | None, typer.Option(metavar="SEARCH.yaml", help="What is to run there: does it find its GPUs?")
    ] = None,
    debug: Debug = False,
) -> None:
    """Say what is wrong with a cluster file, with line and cure, before a machine is paid for."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.clusters.check import check_cluster
        from harness.tuning.ray_tune.launcher import complaint

        findings = check_cluster(file, engine=complaint, search=search)
        printing.cluster_findings(printing.console(), file, findings)
    if any(finding.serious for finding in findings):
        raise SystemExit(UNFINISHED)


@app.command()
def status(
    address: Annotated[str, typer.Option(help="Of the cluster; auto finds the one of this host.")] = "auto",
    debug: Debug = False,
) -> None:
    """Say what a cluster is doing: hosts, searches, what waits and why."""
    with errors_told(debug=debug):
        silence_engines(debug=debug)
        from harness.tuning.ray_tune.backend import connected

        with connected(address):
            from harness.tuning.ray_tune.status import cluster_status

            printing.cluster_status(printing.console(), cluster_status())
