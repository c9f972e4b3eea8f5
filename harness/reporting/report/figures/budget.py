"""Score against budget: what the best of k trials is expected to be, of each search of a dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.reporting.report.collect import Searched
from harness.reporting.report.figures.theme import empty, faint
from harness.reporting.report.section import Figure
from harness.reporting.statistics import budgets, expected_best, expected_best_band
from harness.reporting.wording import metric_words

SEED = 0


def budget(group: str, searches: Sequence[Searched], *, colours: Mapping[str, str]) -> Figure | None:
    """A curve with its band per search; None where no trial gave anything."""
    figure, ends = empty(height=420), []
    for each in searches:
        values = trial_values(each)
        if all(map(math.isnan, values)):
            continue
        at = budgets(len(values))
        curve = 100 * expected_best(values, at=at)
        low, high = expected_best_band(values, at=at, seed=SEED)
        colour = colours[each.short]
        name = each.short
        known = [place for place, value in enumerate(low) if not math.isnan(value)]
        x = [at[place] for place in known]
        bounds = [100 * high[place] for place in known] + [100 * low[place] for place in reversed(known)]
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=bounds,
            fill="toself",
            fillcolor=faint(colour),
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=each.name,
        )
        figure.add_scatter(
            x=at,
            y=curve.tolist(),
            mode="lines",
            name=name,
            legendgroup=each.name,
            line={"color": colour, "width": 2.5},
            hovertemplate="best of %{x} trials: %{y:.1f} %",
        )
        ends.append(f"{name} {curve[-1]:.1f} % after {len(values)}")
    if not ends:
        return None
    objective = searches[0].objective
    figure.update_xaxes(title="trials", type="log", dtick="D2")
    figure.update_yaxes(title=f"best {metric_words(objective)}, %")
    caption = (
        f"{group}: the expected best {metric_words(objective)} after k trials, over all orders in which they could have come; "
        f"bands by bootstrap over the trials. {', '.join(ends)}."
    )
    return Figure(name=group, figure=figure, caption=caption)


def trial_values(search: Searched) -> list[float]:
    """The objective of each ended trial; NaN for one that failed. Those stopped early count with what they had reached."""
    ended = search.trials[search.trials["state"].isin(["COMPLETE", "PRUNED", "FAIL"])]
    values = ended[search.objective].astype(float).where(ended["state"] != "FAIL")
    return [float(value) for value in values]
