"""What a search tells the cluster that it is running on, so that anybody there can ask. Nothing depends on it.

It lies in Ray's own key-value store, under the search's folder, and is renewed while trainings report.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from ray.experimental.internal_kv import (
    _internal_kv_del,
    _internal_kv_get,
    _internal_kv_list,
    _internal_kv_put,
)

from harness.tuning.cluster_status import Bulletin, Training

PREFIX = b"multi-threshold-harness/"
EVERY_S = 1.0
"""Least seconds between two renewals."""


def post(bulletin: Bulletin) -> None:
    """Renews what a search tells; a cluster that cannot be reached has other troubles."""
    with suppress(Exception):
        _internal_kv_put(_key(bulletin.search), json.dumps(asdict(bulletin)).encode(), overwrite=True)


def take_down(search: str) -> None:
    """A search has ended."""
    with suppress(Exception):
        _internal_kv_del(_key(search))


def read_bulletins() -> list[Bulletin]:
    """What all searches of the cluster tell, by folder."""
    found = [_parsed(_internal_kv_get(key)) for key in sorted(_internal_kv_list(PREFIX))]
    return [bulletin for bulletin in found if bulletin is not None]


def _parsed(content: bytes | None) -> Bulletin | None:
    if content is None:  # it has ended since it was listed
        return None
    values: dict[str, Any] = json.loads(content)
    return Bulletin(**{**values, "trainings": tuple(Training(**each) for each in values["trainings"])})


def _key(search: str) -> bytes:
    return PREFIX + search.encode()
