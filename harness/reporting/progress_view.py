"""How a phase's tally looks: a panel, or a line per trial. It does not know when it is shown."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.records import TrialConfig, TrialResult, TrialState
from harness.reporting.tally import Running, Tally
from harness.reporting.wording import MISSING, duration, margins, percent

_ENDS = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
_COLOURS = {TrialState.COMPLETE: "green", TrialState.PRUNED: "yellow", TrialState.FAIL: "red"}
_ROWS = 4  # running trials shown, so that the panel keeps its height on many slots


def ended_line(tally: Tally, *, number: int, result: TrialResult, now: float) -> str:
    """A trial that has ended, as a line without markup; a failure with its reason in place of the metric.

    Such as `trial 7  complete  val_uar 71.3 %  best 74.0 % (trial 3)  12/24  eta 1m20s`.
    """
    metric = f"{tally.objective} {percent(result.metrics.get(tally.objective))} %"
    told = result.reason.partition("\n")[0] if result.state is TrialState.FAIL else metric
    kind = "trial" if tally.phase == "search" else "run"
    best = f"best {percent(tally.best.value)} % ({kind} {tally.best.number})" if tally.best else "no best yet"
    eta = f"eta {duration(tally.seconds_left(now))}"
    parts = (f"{kind} {number}", _ENDS[result.state], told, best, f"{tally.done}/{tally.total}", eta)
    return "  ".join(parts)


def panel(tally: Tally, *, now: float) -> Panel:
    """The whole phase in one panel of five to nine lines."""
    line = bar(done=tally.done, total=tally.total, elapsed=now - tally.since, left=tally.seconds_left(now))
    rows: list[RenderableType] = [line, _counts(tally, now=now), _best(tally)]
    if tally.running:
        rows.append(_running(tally))
    return Panel(Group(*rows), title=Text(tally.phase, style="bold"), title_align="left", border_style="dim")


def bar(*, done: int, total: int, elapsed: float, left: float | None) -> Table:
    """How far something is, in one line as wide as the screen; seconds left are None or NaN where nobody knows."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=1)
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_row(
        ProgressBar(total=max(total, 1), completed=done),
        Text(f"{done}/{total}", style="bold"),
        Text(f"elapsed {duration(elapsed)}"),
        Text(f"eta {duration(left)}"),
    )
    return grid


def _counts(tally: Tally, *, now: float) -> Table:
    left = Text("   ").join(
        [
            *(
                Text(f"{tally.states[state]} {word}", style=_COLOURS[state] if tally.states[state] else "dim")
                for state, word in _ENDS.items()
            ),
            Text(f"{len(tally.running)} running", style="cyan" if tally.running else "dim"),
        ]
    )
    share = tally.training_share(now)
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, Text(f"{percent(share)} % of the time in training", style="dim"))
    return grid


def _best(tally: Tally) -> Text:
    if tally.best is None:
        return Text(f"no trial complete yet, so no best {tally.objective}", style="dim")
    best = tally.best
    return Text.assemble(
        "best ",
        (f"{tally.objective} {percent(best.value)} %", "bold green"),
        f"  trial {best.number}  {_config(best.config)}",
        (f"  lr {best.config.learning_rate:.1e}  ce {best.config.ce_weight:.2f}", "dim"),
        overflow="ellipsis",
        no_wrap=True,
    )


def _running(tally: Tally) -> Group:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    for _ in range(3):
        grid.add_column(no_wrap=True)
    shown = sorted(tally.running.items())[:_ROWS]
    for number, trial in shown:
        grid.add_row(f"trial {number}", *_newest(trial, objective=tally.objective), _config(trial.config))
    hidden = len(tally.running) - len(shown)
    return Group(grid, *([Text(f"and {hidden} more", style="cyan")] if hidden else []))


def _newest(trial: Running, *, objective: str) -> tuple[str, str]:
    if trial.report is None:
        return f"epoch {MISSING}/{trial.config.epochs}", MISSING
    fold = f"fold {trial.report.fold} " if trial.report.fold else ""
    value = trial.report.metrics.get(objective)
    return f"{fold}epoch {trial.report.epoch}/{trial.config.epochs}", f"{percent(value)} %"


def _config(config: TrialConfig) -> str:
    words = margins(loss=config.loss, slices=config.slices, low=config.margin_min, high=config.margin_max)
    thresholds = "" if words == MISSING else f"  margins {words}"
    return f"N={config.slices}{thresholds}  {config.loss}"
