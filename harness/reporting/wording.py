"""How numbers and configs are put into words, everywhere the same. It knows no table and no screen."""

from __future__ import annotations

import math

MISSING = "–"


def percent(share: float | None) -> str:
    """A share in [0, 1] as percent, without the sign: 0.843 is `84.3`; a dash where there is none."""
    return MISSING if share is None or math.isnan(share) else f"{100 * share:.1f}"


def duration(seconds: float | None) -> str:
    """Seconds in two units at most: `45s`, `1m20s`, `2h05m`, `3d04h`; a dash where there is no number."""
    if seconds is None or math.isnan(seconds):
        return MISSING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02d}h"
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def margins(*, loss: str, slices: int, low: float, high: float, dash: str = "–") -> str:
    """The thresholds of a config: `0.10–0.60`, a single `0.30`, or a dash where the loss has none.

    Args:
        loss: Name of the loss, as in `TrialConfig`.
        slices: N; a single slice uses `low` alone.
        low: tau_min.
        high: tau_max.
        dash: What stands between the two.
    """
    if loss == "cross-entropy":
        return MISSING
    return f"{low:.2f}" if slices == 1 or low == high else f"{low:.2f}{dash}{high:.2f}"
