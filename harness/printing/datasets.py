"""What is said of face sets: which are known, how they are divided, whether a copy is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.printing.screen import counting

if TYPE_CHECKING:
    from harness.datasets.check import CheckReport
    from harness.datasets.faceset import FaceSet
    from harness.datasets.settings import DatasetSettings
    from harness.datasets.source import Listing, Source
    from harness.search import Prepared


def faces(out: Console, prepared: Prepared) -> None:
    """How many faces of which classes, and how they are divided."""
    skipped = f", {prepared.faces.skipped:,} skipped" if prepared.faces.skipped else ""
    out.print(f"{len(prepared.faces):,} faces{skipped}: {parts(prepared)}; {prepared.provenance.protocol}")
    out.print(f"{len(prepared.faces.class_names)} classes: {escape(', '.join(prepared.faces.class_names))}")


def parts(prepared: Prepared) -> str:
    """How many faces are in which part, in words."""
    return ", ".join(f"{count:,} {part}" for part, count in prepared.division.counts.items())


@contextmanager
def preparing(out: Console, name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over the faces of a distribution that is being packed; it is not there where nothing is left to do."""
    with counting(out, f"preparing {name}") as show:
        yield show


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
