"""What a Slurm script must get right beyond what every cluster file must. It asks no Slurm."""

from __future__ import annotations

from collections.abc import Iterator

from harness.clusters.description import Description
from harness.clusters.finding import Finding


def ray_is_started(file: Description) -> Iterator[Finding]:
    """Without a head there is no cluster in the allocation."""
    if not file.starting("head"):
        yield Finding(
            line=1,
            what="the script starts no head of Ray",
            cure="srun --nodes=1 --ntasks=1 ray start --head --block, as clusters/slurm.sh does",
        )


def has_gpus(file: Description, gpu: float) -> Iterator[Finding]:
    """A search that asks for GPUs needs an allocation that has some."""
    if gpu and not any("#SBATCH" in text.words and "gpu" in text.words.lower() for text in file.texts):
        yield Finding(
            line=1,
            what=f"the search asks for {gpu:g} GPU a training, and the allocation has none",
            cure="#SBATCH --gpus-per-node=1",
        )


RULES = (ray_is_started,)
