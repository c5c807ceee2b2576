"""``python -m benchmarks``: run the parts, print the table, and save it as JSON, Markdown and SVG.

A run of all parts at full size becomes the latest one, in benchmarks/results; ``--readme`` puts that into README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks import readme, rivals
from benchmarks.data import cache_directory
from benchmarks.sizes import SIZES, Size
from benchmarks.table import Machine, Results, Row
from benchmarks.warehouses import BenchmarkServer, benchmark_server

PARTS = ("staging", "star", "whole", "growth", "start")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}, separated by commas")
    parser.add_argument("--output", type=Path, help="the directory of the results")
    parser.add_argument("--readme", action="store_true", help="measure nothing; put the latest full run into README.md")
    given = parser.parse_args(arguments)
    if given.readme:
        readme.write()
        return 0
    parts = given.only.split(",") if given.only else list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}; use {', '.join(PARTS)}")
    if "whole" in parts and (missing := rivals.missing()):
        parser.error(
            f"the part whole needs {', '.join(missing)}: install the extra [bench], or name other parts in --only"
        )
    results = run(SIZES[given.size], parts)
    print(results.to_text())
    complete = set(parts) == set(PARTS) and given.size == "full"
    save(results, given.output or (readme.RESULTS if complete else cache_directory() / "results"))
    return 0


def run(size: Size, parts: list[str]) -> Results:
    """Run the parts one after the other on one server; print each row on standard error as soon as it is known."""
    rows = []
    with benchmark_server() as server:
        for part in parts:
            rows_of: Callable[[BenchmarkServer, Size], Iterator[Row]] = import_module(f"benchmarks.{part}").rows
            for row in rows_of(server, size):
                print("  ".join(row.cells()), file=sys.stderr, flush=True)
                rows.append(row)
        return Results(Machine.this(size.name, server.postgresql_version), rows)


def save(results: Results, directory: Path) -> None:
    """Write the results to ``directory`` as JSON, as Markdown, and as a picture where matplotlib is installed."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "latest.json").write_text(results.to_json() + "\n", encoding="utf-8")
    (directory / "latest.md").write_text(results.to_markdown() + "\n", encoding="utf-8")
    if find_spec("matplotlib"):
        from benchmarks.picture import svg

        (directory / "latest.svg").write_text(svg(results), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
