"""Ray, started once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def two_cpus() -> Iterator[None]:
    """Ray on this machine. A backend that finds it running uses it, and leaves it running."""
    import ray

    import harness.tuning.ray_tune.backend  # noqa: F401  sets what Ray reads when it starts

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()
