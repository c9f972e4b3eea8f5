"""How numbers and configs are put into words, everywhere the same. It knows no table and no screen."""

from __future__ import annotations

import math

MISSING = "–"


def percent(share: float | None) -> str:
    """A share in [0, 1] as percent, without the sign: 0.843 is `84.3`; a dash where there is none."""
    return MISSING if share is None or math.isnan(share) else f"{100 * share:.1f}"


def metric_words(metric: str) -> str:
    """A metric's name as a reader knows it: `val_uar` is `validation UAR`."""
    split, _, name = metric.partition("_")
    words = {"uar": "UAR", "macro_f1": "macro F1", "p_at_1": "P@1", "map_at_r": "MAP@R"}.get(
        name, name.replace("_", " ")
    )
    return f"{'validation' if split == 'val' else split} {words}"


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
    if loss not in ("triplet", "dual-triplet"):
        return MISSING
    return f"{low:.2f}" if slices == 1 or low == high else f"{low:.2f}{dash}{high:.2f}"


def bounds(low: float, high: float) -> str:
    """An interval of shares as percent, `[57.0, 76.3]`; nothing where there is none."""
    return "" if math.isnan(low) else f"[{100 * low:.1f}, {100 * high:.1f}]"


def points(interval: tuple[float, float, float]) -> str:
    """A difference of shares with its bounds: `-7.4 points [-12.7, -1.7]`.

    Args:
        interval: The difference, its lower and its upper bound, which may be NaN.
    """
    mean, low, high = interval
    words = MISSING if math.isnan(mean) else f"{100 * mean + 0.0:+.1f} points"
    return words if math.isnan(low) else f"{words} [{100 * low:+.1f}, {100 * high:+.1f}]"


def probability(p_value: float) -> str:
    """A p-value to three places: `0.012`, `< 0.001`; a dash where there is none."""
    if math.isnan(p_value):
        return MISSING
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"
