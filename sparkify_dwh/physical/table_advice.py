"""Findings about the tables of a cluster, each with what to do.

The limits are Redshift's own: a fifth unsorted, and a skew of four (Redshift guide, diagnostic-queries-for-query-tuning), a
tenth of the rows newer than the statistics (r_analyze_threshold_percent). The largest table to copy to every node is an
estimate: see benchmarks/REDSHIFT.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic.operations.ops import CreateTableOp, MigrateOperation
from sqlalchemy.sql.compiler import IdentifierPreparer

from sparkify_dwh.physical.distribution import Distribution
from sparkify_dwh.redshift.autogenerate import AlterDistributionOp, AlterEncodingOp, AlterSortKeyOp, PhysicalOp
from sparkify_dwh.warehouse import Warehouse

MAX_UNSORTED_PERCENT = 20.0  # above it there are no merge joins. Redshift guide, c-the-query-plan
MAX_STATISTICS_OFF_PERCENT = 10.0
MAX_DELETED_PERCENT = 20.0
MAX_SKEW = 4.0
MIN_ROWS_TO_BE_SKEWED = 100_000  # fewer do not fill a block of every column on every slice
MAX_ROWS_ON_EVERY_NODE = 10_000_000


@dataclass(frozen=True)
class Finding:
    """What is wrong with a table or a plan, and what to do; ``differs`` when the warehouse is not as the models declare."""

    about: str
    sentence: str
    differs: bool = False


@dataclass(frozen=True)
class TableFacts:
    """A table in its model and in the warehouse. Unknown facts are None; an empty table has no sizes.

    ``rows`` includes deleted rows that still take space, ``visible_rows`` does not. ``megabytes`` are all copies on disk.
    ``skew`` is the ratio of rows on the fullest slice to those on the emptiest.
    """

    name: str
    designed: str
    found: str
    sort_key: str | None
    rows: int | None = None
    visible_rows: int | None = None
    megabytes: int | None = None
    skew: float | None = None
    unsorted_percent: float | None = None
    statistics_off_percent: float | None = None


def table_findings(facts: TableFacts, warehouse: Warehouse) -> Iterator[Finding]:
    """Yield what to do about a table.

    Staging tables need neither VACUUM SORT nor ANALYZE: every load empties and fills them, and analyzes large batches.
    """
    is_staging = facts.name in {model.__tablename__ for model in warehouse.staging}
    sentences = [
        _skewed(facts),
        None if is_staging else _unsorted(facts),
        _deleted(facts),
        None if is_staging else _without_statistics(facts),
        _too_large_for_every_node(facts, [key.name for key in warehouse.all_tables[facts.name].primary_key]),
    ]
    yield from (Finding(facts.name, sentence) for sentence in sentences if sentence)


def _skewed(facts: TableFacts) -> str | None:
    if facts.skew is None or facts.skew < MAX_SKEW or (facts.rows or 0) < MIN_ROWS_TO_BE_SKEWED:
        return None
    return (
        f"{facts.name} is skewed: its fullest slice has {facts.skew:g} times the rows of its emptiest, by {facts.found}. "
        "A dist key with more values, and none that many rows share, spreads it: benchmarks/REDSHIFT.md compares some."
    )


def _unsorted(facts: TableFacts) -> str | None:
    unsorted = facts.unsorted_percent
    if unsorted is None or unsorted <= MAX_UNSORTED_PERCENT:
        return None
    return f"{facts.name} is unsorted for {unsorted:g} % of its rows. Run VACUUM SORT ONLY {facts.name}."


def _deleted(facts: TableFacts) -> str | None:
    if not facts.rows or facts.visible_rows is None:
        return None
    deleted = 100 * (facts.rows - facts.visible_rows) / facts.rows
    if deleted <= MAX_DELETED_PERCENT:
        return None
    return (
        f"{facts.name} still holds rows that were deleted, {deleted:.0f} % of all. Run VACUUM DELETE ONLY {facts.name}."
    )


def _without_statistics(facts: TableFacts) -> str | None:
    off = facts.statistics_off_percent
    if off is None or off <= MAX_STATISTICS_OFF_PERCENT:
        return None
    return f"The statistics of {facts.name} are {off:g} % off, and the planner goes by them. Run ANALYZE {facts.name}."


def _too_large_for_every_node(facts: TableFacts, primary_key: Sequence[str]) -> str | None:
    if facts.found not in {"ALL", "AUTO(ALL)"} or (facts.rows or 0) <= MAX_ROWS_ON_EVERY_NODE:
        return None
    style = f"style='KEY', key={primary_key[0]!r}" if len(primary_key) == 1 else "style='EVEN'"
    return (
        f"{facts.name} is on every node, with {facts.rows:,} rows, and every load writes it there. Compare the estimates in "
        f"benchmarks/REDSHIFT.md; a migration can change it: op.alter_distribution({facts.name!r}, {style}, "
        "existing_style='ALL')."
    )


def difference(operation: MigrateOperation, found: str | None, preparer: IdentifierPreparer) -> Finding:
    """Return a finding for an operation that would bring a table back to its model.

    ``found`` is the dist style in svv_table_info, if known: automatic styles are not reflected.
    """
    name = str(getattr(operation, "table_name", "The warehouse"))
    if isinstance(operation, CreateTableOp):
        remedy = "Restore it from a snapshot; or make all tables anew, and load again: sparkify-dwh reset"
        return Finding(name, f"{name} is missing. {remedy}.", True)
    if not isinstance(operation, PhysicalOp):
        return Finding(name, f"{name} has not the columns of its model. What differs: alembic check.", True)
    alter = f"ALTER TABLE {preparer.quote(name)} {operation.clause(preparer)}"
    return Finding(
        name,
        f"{_compared(operation, found)}. Change it back: {alter}; or, where the model is what is new, write its migration: "
        "alembic revision --autogenerate.",
        differs=not isinstance(operation, AlterEncodingOp),
    )


def _compared(operation: PhysicalOp, found: str | None) -> str:
    name, before, after = operation.table_name, operation.before, operation.after
    if isinstance(operation, AlterDistributionOp):
        return f"{name} should be distributed {worded(*after)}, and is {found or worded(*before)}"
    if isinstance(operation, AlterSortKeyOp):
        wanted, present = (", ".join(columns) or "nothing" for columns in (after, before))
        return f"{name} should be sorted by {wanted}, and is sorted by {present}"
    return f"{name}.{after[0]} should be encoded {after[1]}, and is encoded {before[1]}"


def worded(style: str | None, key: str | None) -> str:
    """Return a dist style as svv_table_info writes it; one that reflection does not know is AUTO."""
    return str(Distribution(style or "AUTO", key))
