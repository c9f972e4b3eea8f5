"""The address with pinned cards; that TensorBoard reads it is seen in a browser."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from harness.reporting.pinned import pinned_address, pinned_tags


def test_the_address_holds_a_card_for_each_tag_and_nothing_that_a_terminal_breaks_at() -> None:
    address = pinned_address(pinned_tags("val_uar"), port=6007)
    assert not set(" \"'()[]{}<>") & set(address)
    parts = urlsplit(address)
    assert (parts.netloc, parts.fragment) == ("localhost:6007", "timeseries")
    (cards,) = parse_qs(parts.query)["pinnedCards"]
    assert json.loads(cards) == [
        {"plugin": "scalars", "tag": "curves/val_uar"},
        {"plugin": "scalars", "tag": "curves/loss"},
        {"plugin": "scalars", "tag": "slices_active_share/00"},
    ]
