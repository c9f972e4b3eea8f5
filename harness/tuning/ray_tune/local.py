"""Ray on this machine alone: nothing of it listens to other machines. It starts no Ray.

Ray listens on every interface unless the address of its machine is 127.0.0.1, and replaces that address by one that others can
reach, except on a machine that is in no cluster, for which it takes macOS and Windows. Its variable for that,
RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER, is read when Ray is imported, before it is known whether a run is on this machine alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ray._private import ray_constants


@contextmanager
def on_loopback() -> Iterator[None]:
    """Within the block a Ray that is started takes 127.0.0.1 as its address, and all of its processes listen there alone."""
    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
