"""The arrangement of the modules: no import cycles, and a top level that holds nothing but the public modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import sparkify_dwh

ROOT = Path(sparkify_dwh.__file__).parent
MAX_PUBLIC_MODULES = 12
# Not "listener": sockets have such. Not parts of words: display, playback.
WORDS_OF_SPARKIFY = re.compile(
    r"(?<![a-z])((song|play|artist|songplay)s?|(log|song)_(data|jsonpath))(?![a-z])", re.IGNORECASE
)


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = {_module_name(path): path for path in ROOT.rglob("*.py")}
    graph = {name: set(_imports(path, modules)) - {name} for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        raise AssertionError(f"import cycle: {cycle}") from None


def test_the_top_level_holds_public_modules_and_no_others() -> None:
    public = {
        "__init__", "__main__", "base", "database", "errors", "ledger", "migrate", "settings", "sparkify", "staging", "star",
        "warehouse",
    }  # fmt: skip
    found = {path.stem for path in ROOT.glob("*.py")}
    assert found <= public
    assert len(found) <= MAX_PUBLIC_MODULES


def test_the_engine_has_no_word_of_songs_and_plays() -> None:
    """It receives the tables of a warehouse; examples in its docstrings are those of no warehouse."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _engine_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if WORDS_OF_SPARKIFY.search(line)
    ]
    assert found == []


def _engine_files() -> Iterator[Path]:
    """Yield the files of the engine as setup.cfg names them in the contract of imports."""
    contracts = ConfigParser()
    contracts.read(ROOT.parent / "setup.cfg")
    for module in contracts["importlinter:contract:engine"]["source_modules"].split():
        path = ROOT.parent.joinpath(*module.split("."))
        yield from path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the modules that a file imports, those in functions and for type checking only included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in modules else node.module


def test_a_folder_of_tests_mirrors_a_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"models"}
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/test_*.py")}
    assert folders <= packages
    stray = [path.name for path in Path(__file__).parents[1].glob("test_*.py")]
    assert stray == []
