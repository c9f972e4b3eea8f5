"""`harness data`: what is known, what a copy holds, packs, contact sheets, fold lists. It decides nothing about faces."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness import printing
from harness.atomic import whole_file
from harness.cli.common import UNFINISHED, Debug, errors_told, read_search
from harness.errors import DatasetError

if TYPE_CHECKING:  # imported where they are needed: `--help` should not wait for numpy or Optuna
    from harness.datasets.faceset import FaceSet
    from harness.datasets.settings import DatasetSettings

SIZE = 64
"""Pixels of a face's side, where the command line says nothing: that of most search files."""

app = typer.Typer(no_args_is_help=True, help="Face sets: what is known, and what it looks like.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="A dataset of `harness data list`.")]
Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="DIR", help="Where it lies; by default $HARNESS_DATA/NAME, or data/NAME."),
]
DataOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="OPTION=VALUE", help="An option of the dataset, such as contempt=false."),
]


@app.command("list")
def data_list() -> None:
    """List the face sets that a search file can name: their kind, their page, and where they are looked for."""
    from harness.datasets.settings import DRAWN, FOLDER, default_root
    from harness.datasets.sources import NAMES, source_named

    out = printing.console()
    printing.drawn_sets(out, DRAWN, folder=FOLDER)
    sources = [source_named(name) for name in NAMES]
    printing.sources(out, sources, roots=[default_root(source.name) for source in sources])


@app.command("check")
def data_check(
    name: Name,
    root: Root = None,
    assignments: DataOptions = None,
    strict: Annotated[
        bool, typer.Option("--strict/--no-strict", help="Exit with 1 where a count differs.")
    ] = True,
    debug: Debug = False,
) -> None:
    """Compare a distribution with the literature: found against expected per class, subject and split."""
    with errors_told(debug=debug):
        from harness.datasets.distribution import list_distribution

        settings = _to_look_at(name, root=root, assignments=assignments)
        listing, report = list_distribution(settings)
        printing.check(printing.console(), settings, listing, report)
    if strict and report.differs:
        raise SystemExit(UNFINISHED)


@app.command("prepare")
def data_prepare(
    name: Name,
    root: Root = None,
    size: Annotated[int, typer.Option(min=16, max=512, help="Width and height in pixels.")] = SIZE,
    gray: Annotated[bool, typer.Option("--gray/--rgb", help="Grey or colour.")] = True,
    assignments: DataOptions = None,
    undetected: Annotated[
        str, typer.Option(help="keep crops the centre where no face is found, drop leaves it out.")
    ] = "keep",
    on_bad_image: Annotated[str, typer.Option(help="error, or skip what cannot be read.")] = "error",
    strict: Annotated[
        bool, typer.Option("--strict/--no-strict", help="Refuse a copy whose counts differ.")
    ] = True,
    debug: Debug = False,
) -> None:
    """Decode, align and pack a distribution once. Started again, it goes on where it stopped."""
    with errors_told(debug=debug):
        from harness.datasets.distribution import pack_distribution
        from harness.datasets.pack.arrow import load_pack, undetected_faces
        from harness.search import cache_folder

        settings = replace(
            _to_look_at(name, root=root, assignments=assignments),
            size=size,
            color="gray" if gray else "rgb",
            strict=strict,
            undetected=undetected,
            on_bad_image=on_bad_image,
        )
        out = printing.console()
        with printing.preparing(out, name) as progress:
            pack = pack_distribution(settings, cache=cache_folder(), progress=progress)
        printing.packed(out, load_pack(pack), pack, undetected=undetected_faces(pack))


@app.command("show")
def data_show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|SEARCH.yaml", help="A dataset, or a search file for its dataset section."
        ),
    ],
    root: Root = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file, or any option of the dataset."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PNG", help="Where to write it.")] = Path(
        "faces.png"
    ),
    debug: Debug = False,
) -> None:
    """Write a contact sheet of faces, class by class."""
    with errors_told(debug=debug):
        from harness.datasets.contact_sheet import contact_sheet

        faces = _faces_of(what, root=root, assignments=assignments)
        with whole_file(output, synced=False) as temporary:
            contact_sheet(faces).save(temporary, format="PNG")
        printing.console().print(f"{len(faces):,} faces: {escape(str(output))}", soft_wrap=True)


@app.command("folds")
def data_folds(
    file: Annotated[Path, typer.Argument(metavar="SEARCH.yaml", help="What to divide.")],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the file.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="CSV", help="Where to write it.")] = Path(
        "folds.csv"
    ),
    debug: Debug = False,
) -> None:
    """Write a search's folds as a CSV that --set protocol.split=list --set protocol.fold_list=CSV reads back."""
    with errors_told(debug=debug):
        from harness.datasets.protocols import export_folds
        from harness.search import prepare

        prepared = prepare(read_search(file, assignments or []))
        export_folds(prepared.faces, prepared.division, output)
        folds = len(prepared.division.confirm_folds)
        printing.console().print(
            f"{folds} folds, split {prepared.division.split_hash}: {escape(str(output))}", soft_wrap=True
        )


def _to_look_at(name: str, *, root: Path | None, assignments: list[str] | None) -> DatasetSettings:
    """A distribution as the verbs name it, whatever its counts, at the size of `prepare`."""
    from harness.datasets.settings import DatasetSettings
    from harness.datasets.sources import NAMES
    from harness.tuning.yaml_file import parse_set

    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DatasetError(f"NAME: expected one of {', '.join(NAMES)}, got {name!r}{hint}")
    overrides = [parse_set(text) for text in assignments or []]
    options = {override.key: override.value for override in overrides}
    return DatasetSettings(name=name, path=root, size=SIZE, options=options, strict=False)


def _faces_of(what: str, *, root: Path | None, assignments: list[str] | None) -> FaceSet:
    """The faces of a dataset's distribution, or those of a search file."""
    from harness.datasets.distribution import load_distribution
    from harness.search import cache_folder, prepare

    if Path(what).suffix in (".yaml", ".yml"):
        paths = [] if root is None else [f"dataset.path={root}"]
        return prepare(read_search(Path(what), [*(assignments or []), *paths])).faces
    wanted = _to_look_at(what, root=root, assignments=assignments)
    with printing.preparing(printing.console(), what) as progress:
        return load_distribution(wanted, cache=cache_folder(), progress=progress)
