"""The ledger of known differences between the stand-in and Amazon Redshift: what a local run does not prove.

A sentence says what happens here, and where it is not plain, what happens on Redshift. A test that cannot hold on one of
the two may skip only by naming an entry (``differs`` in tests/fix_differences.py). What Redshift has and the stand-in
refuses, with an error that names it, stands here too.
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
    """The ledger as a table in Markdown, a row per difference, in the order in which they stand here."""
    rows = ["| name | what differs | source |", "| --- | --- | --- |"]
    rows += [_row(name, difference) for name, difference in DIFFERENCES.items()]
    return "\n".join(rows) + "\n"


def _row(name: str, difference: Difference) -> str:
    title = difference.source.rstrip("/").rpartition("/")[2].removesuffix(".html")
    sentence = difference.sentence.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
    return f"| `{name}` | {sentence} | [{title}]({difference.url}) |"
