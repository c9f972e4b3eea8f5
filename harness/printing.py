"""What the command line says: faces, plan, outcome, leaderboard, errors. With `harness.cli` the only module that prints.

It does not know how anything came about.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from harness.errors import ResultsError

if TYPE_CHECKING:
    import pandas as pd

    from harness.benchmark import CellOutcome, Estimate, PreparedCell
    from harness.datasets.check import CheckReport
    from harness.datasets.faceset import FaceSet
    from harness.datasets.settings import DatasetSettings
    from harness.datasets.source import Listing, Source
    from harness.embed import Embedded
    from harness.export import Exported, Order
    from harness.model import Model
    from harness.report import Report
    from harness.reporting.comparison import Comparison
    from harness.reproduce import Reproduction, StoredSearch
    from harness.search import Outcome, Prepared
    from harness.sweep import PreparedSweep, SweepOutcome
    from harness.tuning.spec import SearchSpec
    from harness.tuning.suite import SuiteSpec

PIPE_WIDTH = 100
"""Characters of a line where there is no terminal."""


def console(*, quiet: bool = False) -> Console:
    """Standard output, as wide as the terminal is."""
    return Console(quiet=quiet, width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def error(message: str) -> None:
    """Each line of an error message, to standard error."""
    stderr = Console(stderr=True, highlight=False)
    for line in message.splitlines():
        stderr.print(f"[bold red]error:[/] {escape(line)}", soft_wrap=True)


def left_out(message: str) -> None:
    """A folder that could not be read, to standard error."""
    Console(stderr=True, highlight=False).print(f"[yellow]left out:[/] {escape(message)}", soft_wrap=True)


def faces(out: Console, prepared: Prepared) -> None:
    """How many faces of which classes, and how they are divided."""
    skipped = f", {prepared.faces.skipped:,} skipped" if prepared.faces.skipped else ""
    out.print(f"{len(prepared.faces):,} faces{skipped}: {_parts(prepared)}; {prepared.provenance.protocol}")
    out.print(f"{len(prepared.faces.class_names)} classes: {escape(', '.join(prepared.faces.class_names))}")


def _parts(prepared: Prepared) -> str:
    return ", ".join(f"{count:,} {part}" for part, count in prepared.division.counts.items())


@contextmanager
def preparing(out: Console, name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over the faces of a distribution that is being packed; it is not there where nothing is left to do."""
    with counting(out, f"preparing {name}") as show:
        yield show


@contextmanager
def counting(out: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told what is done and how much there is in all; it is not there before the first time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Bars(*columns, console=out, transient=True, disable=not out.is_terminal)
    tasks: list[TaskID] = []

    def show(done: int, total: int) -> None:
        if not tasks:
            bars.start()
            tasks.append(bars.add_task(what, total=total))
        bars.update(tasks[0], completed=done)

    try:
        yield show
    finally:
        if tasks:
            bars.stop()


def packed(out: Console, faces: FaceSet, pack: Path, *, undetected: Sequence[str]) -> None:
    """What a pack holds, and in which pictures no face was found."""
    pixels = " x ".join(map(str, faces.images.shape[1:]))
    skipped = f", {faces.skipped:,} left out" if faces.skipped else ""
    out.print(f"{len(faces):,} faces of {pixels} pixels{skipped}: {escape(str(pack))}", soft_wrap=True)
    if undetected:
        shown = "".join(f"\n  {escape(path)}" for path in undetected[:5])
        more = (
            f"\n  and {len(undetected) - 5:,} more; the pack's column `detected` has all"
            if len(undetected) > 5
            else ""
        )
        out.print(
            f"no face found in {len(undetected):,}, whose centre was taken:{shown}{more}", soft_wrap=True
        )


def drawn_sets(out: Console, kinds: Mapping[str, str], *, folder: str) -> None:
    """The sets that need no distribution."""
    for name, kind in kinds.items():
        out.print(f"[bold]{name:24}[/]{kind:13}drawn faces, no download", soft_wrap=True)
    own = "your own faces: a folder per class, a labels.csv, or a Parquet file"
    out.print(f"[bold]{folder:24}[/]{'':13}{own}", soft_wrap=True)


def sources(out: Console, known: Sequence[Source], *, roots: Sequence[Path]) -> None:
    """The datasets of the field, whose distributions their users must ask for: a block each."""
    for source, root in zip(known, roots, strict=True):
        folds = f"{source.folds} folds by subject"
        division = folds if source.protocol == "kfold" else _DIVISIONS[source.protocol]
        where = f"{escape(str(root))}{'' if root.is_dir() else ' (not there)'}"
        out.print(f"\n[bold]{source.name:12}[/]{source.kind:13}{division:23}{where}", soft_wrap=True)
        out.print(f"{'':12}[dim]{source.title}: {source.page}[/]", soft_wrap=True)
        for name, option in source.options.items():
            choices = ", ".join(map(_yaml_word, option.choices))
            setting = f"{name}={_yaml_word(option.default)}"
            out.print(f"{'':12}{setting:30}[dim]{option.meaning} ({choices})[/]", soft_wrap=True)


_DIVISIONS = {"official": "official split", "loso": "leave one subject out", "grouped": "seeded, grouped"}


def _yaml_word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(out: Console, settings: DatasetSettings, listing: Listing, report: CheckReport) -> None:
    """What a distribution holds against what it should hold."""
    out.print(
        f"[bold]{settings.source.title}[/] in {escape(str(settings.root))}: {len(listing.samples):,} faces"
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for header, justify in (
        ("", "left"),
        ("part", "left"),
        ("expected", "right"),
        ("found", "right"),
        ("", "left"),
    ):
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    for row in report.rows:
        mark = (
            "" if row.ok else row.reason if row.sure else f"{row.reason}; the expected number is not certain"
        )
        style = "" if row.ok else "red" if row.sure else "yellow"
        expected = " or ".join(f"{count:,}" for count in row.expected)
        table.add_row(row.what, row.part, expected, f"{row.found:,}", mark, style=style)
    out.print(table)
    for part in listing.left_out:
        out.print(f"[dim]left out:[/] {escape(part.reason)}: {part.count:,}", soft_wrap=True)
    if count := len(report.differs):
        out.print(f"[red]{count} {'count differs' if count == 1 else 'counts differ'}.[/]")
    else:
        whole = all(row.ok for row in report.rows)
        out.print("Every count is as expected." if whole else "No count that is certain differs.")


def plan(out: Console, spec: SearchSpec) -> None:
    """What a search would do: its space, what it holds fixed, its budget and resources."""
    searched = spec.space.domains()
    out.print("\n[bold]searched[/]")
    for name, domain in searched.items():
        out.print(f"  {name:20}{domain}")
    out.print("[bold]fixed[/]")
    for name, value in spec.method.model_dump(exclude={"name", *searched}, exclude_none=True).items():
        out.print(f"  {name:20}{value}")
    budget, confirm, resources = spec.budget, spec.confirm, spec.resources
    time = f", at most {budget.time:g} s" if budget.time else ""
    out.print(
        f"\n{budget.trials} trials of {budget.epochs} epochs{time} by {spec.sampler.name}, "
        f"early stopping {spec.early_stopping.name}"
    )
    out.print(
        f"then the best {confirm.top} configs on {confirm.seeds} fresh seeds each, with the test split opened"
    )
    out.print(f"{resources.cpu:g} CPU and {resources.gpu:g} GPU per trial; nothing was run")


def suite(out: Console, suite: SuiteSpec, prepared: Sequence[PreparedCell]) -> None:
    """The cells of a suite, their faces, and in what its methods differ."""
    from harness.tuning.suite import differences

    trainings = sum(each.trainings for each in prepared)
    out.print(
        f"[bold]{suite.name}[/]  {len(suite.methods)} methods x {len(suite.datasets)} datasets = {len(prepared)} cells, "
        f"{trainings:,} trainings; compared with {suite.baseline}"
    )
    for dataset in suite.datasets:
        first = next(each for each in prepared if each.cell.dataset == dataset)
        out.print(
            f"  {dataset}: {escape(first.prepared.provenance.dataset)}, {_parts(first.prepared)}",
            soft_wrap=True,
        )
    out.print("[dim]methods differ in these alone:[/]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    told = differences(suite)
    table.add_column("", style="bold")
    for parameter in told:
        table.add_column(parameter, header_style="dim", overflow="fold")
    for method in suite.methods:
        table.add_row(method, *(escape(values.get(method, "–")) for values in told.values()))
    out.print(table)
    for name, own in suite.methods.items():
        if own.differs:
            out.print(f"[yellow]{name} declares that it differs in: {', '.join(own.differs)}[/]")


def estimates(out: Console, suite: SuiteSpec, estimates: Sequence[Estimate]) -> None:
    """What each cell would cost, by its second epoch."""
    from harness.reporting.wording import duration

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (
        ("cell", "left"),
        ("trainings", "right"),
        ("s / epoch", "right"),
        ("alone", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in estimates:
        name = f"{each.cell.dataset} / {each.cell.method}"
        table.add_row(name, str(each.trainings), f"{each.epoch_seconds:.2f}", duration(each.seconds))
    out.print(table)
    seconds, cores = sum(each.seconds for each in estimates), os.cpu_count() or 1
    slots = max(1, int(cores / suite.resources.cpu))
    out.print(
        f"about {duration(seconds)} of training in all, {duration(seconds / slots)} on {slots} slots here if they slow "
        "each other by nothing, early stopping not counted; nothing was run"
    )


def suite_outcome(
    out: Console, suite: SuiteSpec, outcomes: Sequence[CellOutcome], written: Report, *, folder: Path
) -> None:
    """How a suite ended: its leaderboard, the tables of its questions, and what its report says."""
    from harness.leaderboard import read
    from harness.reporting.suite_view import question_view, ranges_view

    ran = sum(each.outcome.ran for each in outcomes if each.outcome is not None)
    if not ran:
        out.print("Nothing was left to do.")
    out.print()
    leaderboard(out, read(folder).frame, format="table", dataset=None)
    out.print()
    metric = "test_" + suite.protocol.objective.removeprefix("val_")
    out.print(question_view(written.answers.methods, baseline=suite.baseline, metric=metric))
    if not written.answers.ranges.empty:
        out.print(ranges_view(written.answers.ranges))
    out.print()
    report(out, written)
    out.print()
    _commands(out, _compare_commands(folder, objective=suite.protocol.objective))


def cell_errors(outcomes: Sequence[CellOutcome]) -> None:
    """What ended cells of a suite that could not go on."""
    for each in outcomes:
        if each.error is not None:
            error(f"{each.cell.dataset} / {each.cell.method}: {each.error}")


def report(out: Console, written: Report) -> None:
    """What the page says, and where it is."""
    for line in written.answers.lines:
        out.print(escape(line), soft_wrap=True)
    size = written.path.stat().st_size / 1e6
    out.print(
        f"[bold]{escape(str(written.path))}[/]  {written.searches} searches, {size:.1f} MB", soft_wrap=True
    )


def order(out: Console, order: Order) -> None:
    """Which run is trained again."""
    run = order.run
    fold = f", fold {run.fold} of {run.folds}" if run.folds > 1 else ""
    out.print(
        f"[bold]{escape(run.search)}[/]  trial {run.trial}, repeat {run.repeat}{fold}: training it again"
    )
    faces(out, order.prepared)


def exported(out: Console, order: Order, exported: Exported) -> None:
    """Where a model lies, and whether it is what the leaderboard shows."""
    from harness.reporting.wording import percent

    name = order.run.ranked.metric
    words = name.replace("_", " ").replace("uar", "UAR")
    out.print(f"{words} {percent(exported.metrics[name])} % on its {exported.test_faces:,} test faces")
    if exported.differences:
        told = "; ".join(exported.differences)
        out.print(f"[yellow]it differs from the stored run:[/] {escape(told)}", soft_wrap=True)
    else:
        out.print(f"equal to the stored run in {', '.join(exported.compared)}", soft_wrap=True)
    out.print(f"model {exported.fingerprint}: {escape(str(exported.folder))}", soft_wrap=True)


def embedded(out: Console, embedded: Embedded, model: Model) -> None:
    """What was embedded, and what could not be read."""
    dimension = model.description.config.embedding_dim
    for fault in embedded.skipped[:5]:
        out.print(f"[yellow]left out:[/] {escape(fault)}", soft_wrap=True)
    if len(embedded.skipped) > 5:
        out.print(f"[yellow]left out:[/] {len(embedded.skipped) - 5:,} more")
    out.print(
        f"{embedded.rows:,} embeddings of {dimension} numbers by model {model.fingerprint}: {escape(str(embedded.output))}",
        soft_wrap=True,
    )


def sweep(out: Console, sweep: PreparedSweep) -> None:
    """What a sweep varies, of which config, and how much of it is left."""
    plan = sweep.plan
    levels = [level.setting.text for level in plan.levels]
    total = len(levels) * plan.seeds
    where = "test split opened" if plan.tested else "on validation"
    faces(out, sweep.prepared)
    out.print(
        f"[bold]{escape(plan.name)}[/]  {', '.join(levels)}: {len(levels)} levels x {plan.seeds} seeds = {total} trainings, "
        f"{total - sweep.done} left, {where}",
        soft_wrap=True,
    )
    drawn = [
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in plan.base.params.items()
    ]
    out.print(
        f"[dim]of trial {plan.base.number}, which {plan.spec.name} has chosen: {escape(', '.join(drawn))}[/]",
        soft_wrap=True,
    )


def sweep_outcome(out: Console, sweep: PreparedSweep, outcome: SweepOutcome) -> None:
    """How a sweep ended: its levels, and what they show."""
    from harness.reporting.sweep_view import sweep_view

    if not outcome.ran:
        out.print("Nothing was left to do.")
    plan = sweep.plan
    own = (
        "the chosen config's value"
        if plan.own_level
        else "the first value; the chosen config's is not among them"
    )
    out.print()
    out.print(
        sweep_view(outcome.levels, parameter=plan.over, reference=plan.reference, metric=outcome.metric)
    )
    out.print(f"[dim]{plan.over} {escape(plan.reference)} is {own}; all levels have the same seeds.[/]")
    out.print(f"[dim]runs  {escape(os.path.relpath(outcome.path))}[/]", soft_wrap=True)


def stopped(out: Console) -> None:
    """After Ctrl-C."""
    out.print(
        f"\nStopped; nothing that was finished is lost. This goes on:\n  {escape(_this_command())}",
        soft_wrap=True,
    )


def stopped_anew(out: Console) -> None:
    """After Ctrl-C, of a command that keeps nothing."""
    out.print(
        f"\nStopped; nothing was written. This begins anew:\n  {escape(_this_command())}", soft_wrap=True
    )


def stored_search(out: Console, search: StoredSearch) -> None:
    """Which runs are to be made again."""
    first = search.runs[0]
    out.print(
        f"[bold]{escape(search.folder.root.name)}[/]  trial {first.trial}, {len(search.runs)} runs of the rule {search.rule}; "
        f"faces {first.provenance.fingerprint}, split {first.provenance.split_hash}",
        soft_wrap=True,
    )


def reproduction(out: Console, outcome: Reproduction) -> None:
    """A line per run, the verdict, and what differs in where the numbers come from."""
    from harness.reporting.reproduction_view import differences_view, means, runs_view

    out.print(runs_view(outcome.runs, metric=outcome.metric))
    out.print(means(outcome.runs, metric=outcome.metric), markup=False)
    wrong, total = sum(bool(run.differing) for run in outcome.runs), len(outcome.runs)
    if outcome.equal:
        out.print(f"[green]{escape(outcome.search)}: equal to the last digit[/], in all of {total} runs")
    else:
        out.print(f"[red]{escape(outcome.search)}: not equal[/], in {wrong} of {total} runs")
    if not outcome.differences:
        out.print("No part of the provenance differs.")
        return
    out.print("although the provenance differs:" if outcome.equal else "The provenance differs:")
    out.print(differences_view(outcome.differences))


def outcome(out: Console, outcome: Outcome, *, results: Path) -> None:
    """How a search ended, the leaderboard, and what comes next."""
    from harness.leaderboard import read  # pandas: half a second that `--help` need not wait

    if outcome.finished < outcome.total:
        after = f"The time is over after {outcome.finished} of {outcome.total} trials"
        out.print(f"{after}; this spends as much again:\n  {escape(_this_command())}", soft_wrap=True)
    elif outcome.complete == 0:
        out.print(f"None of {outcome.total} trials ran to its end; trials.parquet holds their reasons.")
    elif outcome.runs and outcome.runs_complete == 0:
        out.print(
            f"None of {outcome.runs} confirmation runs ran to its end; runs.parquet holds their reasons."
        )
    elif outcome.ran == 0:
        out.print(f"Nothing was left to do: all {outcome.finished} trials are finished.")
    out.print()
    leaderboard(out, read(results).frame, format="table", dataset=None)
    out.print()
    _commands(out, _next_commands(outcome, results))


def _commands(out: Console, commands: Sequence[tuple[str, str]]) -> None:
    for what, command in commands:
        out.print(f"[dim]{what:13}[/]{escape(command)}", soft_wrap=True)


def leaderboard(out: Console, frame: pd.DataFrame, *, format: str, dataset: str | None) -> None:
    """The ranked searches, all of them or those of one dataset."""
    from harness.reporting.leaderboard_view import of_dataset, render

    shown = render(frame if dataset is None else of_dataset(frame, dataset), format=format)
    if isinstance(shown, str):
        print(shown)  # as it is: no wrapping, no markup
    else:
        out.print(shown)


def inflation(out: Console, frame: pd.DataFrame, *, format: str, dataset: str | None) -> None:
    """What leaky rules would have claimed, of all searches or of those of one dataset."""
    from harness.reporting.inflation import inflation as inflated
    from harness.reporting.inflation import inflation_view
    from harness.reporting.leaderboard_view import of_dataset

    rows = inflated(frame if dataset is None else of_dataset(frame, dataset))
    _table_or_text(out, rows, inflation_view(rows), format=format)


def published(out: Console, frame: pd.DataFrame, *, format: str) -> None:
    """Published numbers, apart from ours."""
    from harness.reporting.published import published_view

    _table_or_text(out, frame, published_view(frame), format=format)


def comparison(out: Console, compared: Comparison, *, format: str) -> None:
    """Two searches side by side: as tables, as JSON, or as Markdown."""
    from harness.reporting.comparison_view import comparison_markdown, comparison_view
    from harness.reporting.comparison_words import to_document

    if format == "table":
        out.print(comparison_view(compared))
    else:
        print(to_document(compared) if format == "json" else comparison_markdown(compared))


def _table_or_text(out: Console, frame: pd.DataFrame, view: RenderableType, *, format: str) -> None:
    """A frame as it is for programs, its view for people; both are wide, so Markdown and LaTeX get the plain frame, too."""
    if format == "table":
        out.print(view)
    elif format == "json":
        print(frame.to_json(orient="records", indent=2, double_precision=15))
    elif format == "csv":
        print(frame.to_csv(index=False).rstrip("\n"))
    else:
        raise ResultsError(
            f"--format {format}: expected table, csv or json here; the leaderboard itself has all five"
        )


def _next_commands(outcome: Outcome, results: Path) -> list[tuple[str, str]]:
    where = "" if results == Path("results") else f" {shlex.quote(str(results))}"
    more = shlex.join([*_without_trials(sys.argv[1:]), "--trials", str(2 * outcome.total)])
    return [
        ("leaderboard", f"{_installed('python')} -m harness.leaderboard{where}"),
        *_compare_commands(outcome.folder / "tensorboard", objective=outcome.objective),
        ("extend", f"{_program()} {more}"),
    ]


def _compare_commands(log_folder: Path, *, objective: str) -> list[tuple[str, str]]:
    """TensorBoard, and the address at which it opens with the curves that are compared first."""
    from harness.reporting.pinned import pinned_address, pinned_tags

    return [
        ("compare", f"{_installed('tensorboard')} --logdir {shlex.quote(str(log_folder))}"),
        ("at", pinned_address(pinned_tags(objective))),
    ]


def _this_command() -> str:
    return f"{_program()} {shlex.join(sys.argv[1:])}"


def search_command(file: Path, *, results: Path, assignments: Sequence[str]) -> str:
    """The command that runs a search file as another command read it."""
    place = [] if results == Path("results") else ["--results", str(results)]
    settings = [part for text in assignments for part in ("--set", text)]
    return f"{_installed('python')} -m harness.search {shlex.join([str(file), *place, *settings])}"


def _program() -> str:
    program = Path(sys.argv[0])
    return (
        _installed("harness")
        if program.name == "harness"
        else f"{_installed('python')} -m harness.{program.stem}"
    )


def _installed(name: str) -> str:
    """A program of this environment as one types it: its name if that finds it, else its path from here."""
    program = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(program):
        return name
    return shlex.quote(os.path.relpath(program))


def _without_trials(arguments: list[str]) -> list[str]:
    """The arguments without an old `--trials N`."""
    kept = [a for i, a in enumerate(arguments) if a != "--trials" and arguments[i - 1 : i] != ["--trials"]]
    return [a for a in kept if not a.startswith("--trials=")]
