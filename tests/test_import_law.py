"""The import law: who may import whom, read from the sources, inside functions and under TYPE_CHECKING too.

It does not know what the modules do. The order is the design's: an import goes down this page, never up.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import harness

ROOT = Path(harness.__file__).parent

PAGE = (
    ("cli",),
    ("printing",),
    ("benchmark", "export", "embed", "reproduce", "sweep"),
    ("search", "leaderboard", "report", "compare", "model", "doctor"),
    ("clusters",),
    ("tuning",),
    ("learning",),
    ("reporting",),
    ("datasets",),
    ("records", "seeding", "errors", "atomic"),
)
GROUND = PAGE[-1]
LEVEL = {place: level for level, places in enumerate(PAGE) for place in places}


@dataclass(frozen=True)
class Import:
    """One name that one module imports.

    Attributes:
        module: Who imports, such as `harness.learning.trial`.
        imported: What, as a module if it is one of ours, else as it is written.
        line: Where.
        only_as_program: Under `if __name__ == "__main__"`.
        in_function: When a function is called, not when the module is imported.
    """

    module: str
    imported: str
    line: int
    only_as_program: bool = False
    in_function: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.imported}"


def modules() -> dict[str, Path]:
    """Every module of the package, by name."""
    names = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in ROOT.rglob("*.py")
    }
    return {name.removesuffix(".__init__"): path for name, path in names.items()}


def read_imports(source: str, module: str, known: set[str]) -> list[Import]:
    """All imports in a source, wherever they stand."""
    return list(_walk(ast.parse(source), Import(module, "", 0), known))


def _walk(node: ast.AST, place: Import, known: set[str]) -> Iterator[Import]:
    as_program = place.only_as_program or (isinstance(node, ast.If) and "__main__" in ast.unparse(node.test))
    in_function = place.in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    place = Import(place.module, "", 0, as_program, in_function)
    for child in ast.iter_child_nodes(node):
        for name in _names(child, known):
            yield Import(place.module, name, child.lineno, as_program, in_function)
        yield from _walk(child, place, known)


def _names(node: ast.AST, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: a relative import; write its whole name"
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in known else str(node.module) for name in whole]
    return []


def place_of(module: str) -> str:
    """The wing or the single file on the page."""
    return module.split(".")[1]


def folder_of(module: str) -> str:
    return module.split(".")[2]


def is_ours(name: str) -> bool:
    return name.startswith("harness.")


def imports_package(each: Import, package: str) -> bool:
    return each.imported.split(".")[0] == package


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    found = modules()
    return [each for name, path in found.items() for each in read_imports(path.read_text(), name, set(found))]


@pytest.fixture(scope="module")
def ours(imports: list[Import]) -> list[Import]:
    """Imports of our own modules; what a module does as a program is left out."""
    return [each for each in imports if is_ours(each.imported) and not each.only_as_program]


def breaches(found: Iterator[Import]) -> list[str]:
    return [str(each) for each in found]


def test_every_module_has_its_place_on_the_page() -> None:
    assert {place_of(name) for name in modules() if is_ours(name)} == set(LEVEL)


def test_an_import_goes_down_the_page_never_up(ours: list[Import]) -> None:
    assert len(ours) > 100
    up = (each for each in ours if LEVEL[place_of(each.imported)] < LEVEL[place_of(each.module)])
    assert breaches(up) == []


def test_no_two_modules_import_each_other_in_a_circle(ours: list[Import]) -> None:
    graph: dict[str, set[str]] = {}
    for each in ours:
        graph.setdefault(each.module, set()).add(each.imported)
    order = tuple(TopologicalSorter(graph).static_order())  # raises on a circle, and names it
    assert set(graph) <= set(order)


@pytest.mark.parametrize("wing", ["datasets", "reporting"])
def test_datasets_and_reporting_import_only_the_ground(ours: list[Import], wing: str) -> None:
    allowed = (wing, *GROUND)
    assert (
        breaches(
            each for each in ours if place_of(each.module) == wing and place_of(each.imported) not in allowed
        )
        == []
    )


def test_networks_losses_and_metrics_never_import_each_other(ours: list[Import]) -> None:
    apart = ("networks", "losses", "metrics")
    inside = [each for each in ours if each.imported.startswith("harness.learning.")]
    among = [
        each
        for each in inside
        if place_of(each.module) == "learning"
        and folder_of(each.module) in apart
        and folder_of(each.imported) in apart
    ]
    assert len(among) > 5
    assert breaches(each for each in among if folder_of(each.module) != folder_of(each.imported)) == []


def test_only_tuning_ray_tune_imports_ray(imports: list[Import]) -> None:
    of_ray = [each for each in imports if imports_package(each, "ray")]
    assert of_ray
    assert breaches(each for each in of_ray if not each.module.startswith("harness.tuning.ray_tune")) == []


def test_only_the_command_line_imports_ray_tune_and_only_when_it_is_asked_for(ours: list[Import]) -> None:
    folder = "harness.tuning.ray_tune"
    outside = [
        each for each in ours if each.imported.startswith(folder) and not each.module.startswith(folder)
    ]
    assert outside
    assert breaches(each for each in outside if place_of(each.module) != "cli" or not each.in_function) == []


def test_only_tuning_imports_optuna(imports: list[Import]) -> None:
    of_optuna = [each for each in imports if imports_package(each, "optuna")]
    assert of_optuna
    assert breaches(each for each in of_optuna if place_of(each.module) != "tuning") == []


@pytest.mark.parametrize("wing", ["reporting", "datasets", *GROUND])
def test_what_is_below_learning_imports_no_torch(imports: list[Import], wing: str) -> None:
    torch_names = ("torch", "torchvision", "timm", "pytorch_metric_learning")
    assert (
        breaches(
            each
            for each in imports
            if is_ours(each.module)
            and place_of(each.module) == wing
            and any(imports_package(each, package) for package in torch_names)
        )
        == []
    )


def test_nothing_but_the_command_line_is_imported_as_a_program(imports: list[Import]) -> None:
    as_program = [each for each in imports if each.only_as_program]
    assert {each.module for each in as_program} == {
        "harness.search",
        "harness.benchmark",
        "harness.leaderboard",
        "harness.report",
    }
    assert {each.imported for each in as_program} == {"harness.cli"}


def test_only_the_command_line_prints_or_exits() -> None:
    loud = {"print", "exit", "quit", "sys.exit", "os._exit"}
    found = [
        f"{name}:{node.lineno} calls {ast.unparse(node.func)}"
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if not name.startswith(("harness.cli", "harness.printing"))
        and isinstance(node, ast.Call)
        and ast.unparse(node.func) in loud
    ]
    assert found == []


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
import numpy as np
from harness import records, seeding as seeds
from harness.learning.losses import names
if TYPE_CHECKING:
    from harness.search import prepare
class Late:
    def import_it(self):
        if self.wanted:
            import ray.tune
if __name__ == "__main__":
    from harness.cli import main
"""
    known = {"harness.records", "harness.seeding", "harness.learning.losses.names", "harness.search"}
    found = read_imports(source, "harness.new", known)
    assert found == [
        Import("harness.new", "numpy", 2),
        Import("harness.new", "harness.records", 3),
        Import("harness.new", "harness.seeding", 3),
        Import("harness.new", "harness.learning.losses.names", 4),
        Import("harness.new", "harness.search", 6),
        Import("harness.new", "ray.tune", 10, in_function=True),
        Import("harness.new", "harness.cli", 12, only_as_program=True),
    ]


def run_python(code: str) -> str:
    """What another Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_wing_is_importable_where_there_is_no_ray() -> None:
    names = [name for name in modules() if not name.startswith("harness.tuning.ray_tune")]
    imported = run_python(
        "import importlib, sys\n"
        "sys.modules['ray'] = None\n"
        f"print(*(importlib.import_module(name).__name__ for name in {names}))"
    )
    assert imported.split() == names


@pytest.mark.parametrize("module", ["harness.cli", "harness.tuning.search_file"])
def test_reading_a_command_or_a_search_file_waits_for_no_heavy_package(module: str) -> None:
    heavy = run_python(
        f"import sys, {module}\nprint(*{{'torch', 'ray', 'timm', 'sklearn', 'pandas'}} & set(sys.modules))"
    )
    assert heavy.split() == []
