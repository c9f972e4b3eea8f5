"""What is said of runs that are trained again: exported models, embeddings, reproductions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from harness.printing.datasets import faces

if TYPE_CHECKING:
    from harness.embed import Embedded
    from harness.export import Exported, Order
    from harness.model import Model
    from harness.reproduce import Reproduction, StoredSearch


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
    from harness.reporting.wording import metric_words, percent

    name = order.run.ranked.metric
    out.print(
        f"{metric_words(name)} {percent(exported.metrics[name])} % on its {exported.test_faces:,} test faces"
    )
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
