"""The README's copy of the latest full run: the picture and the table, between two comments."""

from __future__ import annotations

from pathlib import Path

from benchmarks.table import Results

TOP = Path(__file__).parent.parent
README = TOP / "README.md"
RESULTS = TOP / "benchmarks" / "results"
LATEST = RESULTS / "latest.json"
BEGIN = "<!-- benchmarks: printed by python -m benchmarks --readme -->\n"
END = "<!-- end of benchmarks -->\n"


def section(results: Results) -> str:
    """Return the text between the comments."""
    picture = (RESULTS / "latest.svg").relative_to(TOP).as_posix()
    return f"\n![Ratios, with their limits and aims]({picture})\n\n{results.to_markdown()}\n\n"


def with_section(readme: str, results: Results) -> str:
    """Return the README with these results. Raises ValueError unless it has each of the two comments once."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"The README must have these two lines, once each: {BEGIN.strip()} and {END.strip()}")
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + section(results) + END + after


def write() -> None:
    """Put the table of the latest full run into the README."""
    results = Results.from_json(LATEST.read_text(encoding="utf-8"))
    README.write_text(with_section(README.read_text(encoding="utf-8"), results), encoding="utf-8")
