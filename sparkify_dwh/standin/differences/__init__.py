"""The known differences between the stand-in and Amazon Redshift, which a local run cannot test.

A sentence says what the stand-in does and, where it is not obvious, what Redshift does. What Redshift has and the stand-in
refuses, with an error that names it, is listed too. A test that cannot hold on one of the two may be skipped only by
naming an entry (``differs`` in tests/support/differences.py).
"""

from __future__ import annotations

from sparkify_dwh.standin.differences.entry import Difference
from sparkify_dwh.standin.differences.sql import QUERIES, TABLES, TRANSACTIONS, TYPES
from sparkify_dwh.standin.differences.system import LOADING, SPEED, SYSTEM

__all__ = [
    "DIFFERENCES",
    "LOADING",
    "QUERIES",
    "SPEED",
    "SYSTEM",
    "TABLES",
    "TRANSACTIONS",
    "TYPES",
    "Difference",
    "as_markdown",
]

DIFFERENCES: dict[str, Difference] = SPEED | TYPES | TABLES | QUERIES | TRANSACTIONS | LOADING | SYSTEM


def as_markdown() -> str:
    """Return the list as a Markdown table, one row per difference."""
    rows = ["| name | what differs | source |", "| --- | --- | --- |"]
    rows += [_row(name, difference) for name, difference in DIFFERENCES.items()]
    return "\n".join(rows) + "\n"


def _row(name: str, difference: Difference) -> str:
    title = difference.source.rstrip("/").rpartition("/")[2].removesuffix(".html")
    sentence = difference.sentence.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
    return f"| `{name}` | {sentence} | [{title}]({difference.url}) |"
