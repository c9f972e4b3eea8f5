"""The address at which TensorBoard opens with cards pinned for comparison. It does not know whether one is running."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

PORT = 6006
"""Where TensorBoard listens, unless it is told otherwise or finds the port taken."""


def pinned_tags(objective: str) -> tuple[str, ...]:
    """What a search is judged by at first sight: its objective, its loss, and whether its first slice has collapsed."""
    return f"curves/{objective}", "curves/loss", "slices_active_share/00"


def pinned_address(tags: Sequence[str], *, port: int = PORT) -> str:
    """The address of the time series page with a card for each tag; a tag that no run has makes no card."""
    cards = json.dumps([{"plugin": "scalars", "tag": tag} for tag in tags], separators=(",", ":"))
    return f"http://localhost:{port}/?pinnedCards={quote(cards, safe='/:,')}#timeseries"
