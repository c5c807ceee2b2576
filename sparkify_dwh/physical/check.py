"""Differences between the physical design and the cluster: keys, sizes, skew, order, statistics, and query plans.

Keys and encodings are compared as ``alembic check`` compares them. The state of tables is read from svv_table_info, which
has no row for an empty table (Redshift guide, r_SVV_TABLE_INFO); query plans come from EXPLAIN. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations.ops import CreateTableOp, MigrateOperation
from sqlalchemy import ClauseElement, Connection, Table, column, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.connection.schemas import schemas_of
from sparkify_dwh.database import server_message
from sparkify_dwh.physical.distribution import Distribution
from sparkify_dwh.physical.plan_advice import plan_findings
from sparkify_dwh.physical.query_plan import QueryPlan
from sparkify_dwh.physical.statements import explain_all, shipped_statements, staged_batch
from sparkify_dwh.physical.table_advice import Finding, TableFacts, difference, table_findings, worded
from sparkify_dwh.redshift.autogenerate import AlterDistributionOp, differences
from sparkify_dwh.warehouse import Warehouse

# The columns that are read. Redshift guide, r_SVV_TABLE_INFO
_READ = ("diststyle", "size", "unsorted", "stats_off", "tbl_rows", "skew_rows", "estimated_visible_rows")
TABLE_INFO = table("svv_table_info", *map(column, ("schema", "table", *_READ)))

NO_CLUSTER = (
    "The plans of this warehouse name no compute nodes and say nothing of distribution: only tables were compared."
)


@dataclass(frozen=True)
class PhysicalReport:
    """A comparison. ``notes`` say what could not be read, and why; ``plans`` are by the names of the statements."""

    tables: Sequence[TableFacts]
    findings: Sequence[Finding]
    notes: Sequence[str]
    plans: Mapping[str, QueryPlan]

    @property
    def differing(self) -> list[Finding]:
        """The findings that the warehouse differs from the models; the others are advice."""
        return [finding for finding in self.findings if finding.differs]


def check_physical(
    connection: Connection, warehouse: Warehouse, questions: Mapping[str, ClauseElement]
) -> PhysicalReport:
    """Compare the database with the design of the warehouse. Nothing is written.

    ``questions`` are statements, by name, whose plans are read in addition to those of loads and checks.
    """
    differing = differences(connection, warehouse.metadata)
    infos, notes = table_info(connection)
    tables = [_facts(declared, differing, infos.get(name, {})) for name, declared in warehouse.all_tables.items()]
    statements = shipped_statements(staged_batch(connection, warehouse), warehouse, questions)
    plans, unexplained = explain_all(connection, statements)
    of_a_cluster = any(plan.is_of_a_cluster for plan in plans.values())
    preparer = connection.dialect.identifier_preparer
    findings = [
        *(difference(change, infos.get(name, {}).get("diststyle"), preparer) for name, change in differing),
        *(finding for facts in tables for finding in table_findings(facts, warehouse)),
        *(plan_findings(plans, warehouse) if of_a_cluster else ()),
    ]
    return PhysicalReport(
        tables, list(dict.fromkeys(findings)), [*notes, *unexplained, *([] if of_a_cluster else [NO_CLUSTER])], plans
    )


def table_info(connection: Connection) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the rows of svv_table_info for our tables, by name, and notes: what to do if it cannot be read."""
    schemas = schemas_of(connection)
    own = TABLE_INFO.c.schema
    ours = select(TABLE_INFO).where(own.in_(schemas.path) if schemas else own == connection.dialect.default_schema_name)
    try:
        rows = connection.execute(ours).mappings().all()
    except DBAPIError as error:
        return {}, [
            f"svv_table_info cannot be read ({server_message(error)}), so sizes, skew and statistics are not known: a "
            "superuser can GRANT SELECT ON svv_table_info TO this user."
        ]
    finally:
        connection.rollback()
    found = [(str(row["schema"]).strip(), str(row["table"]).strip(), dict(row)) for row in rows]
    return {name: info for schema, name, info in found if schemas is None or schemas.of(name) == schema}, []


def _facts(declared: Table, differing: Sequence[tuple[str, MigrateOperation]], info: Mapping[str, Any]) -> TableFacts:
    """Return a table's facts from its model, from reflection (where it differs), and from svv_table_info."""
    designed = str(Distribution.of(declared))
    reflected = [style for name, change in differing if name == declared.name and (style := _reflected_style(change))]
    return TableFacts(
        declared.name,
        designed,
        info.get("diststyle") or (reflected[0] if reflected else designed),
        declared.dialect_options["redshift"]["sortkey"],
        rows=_number(int, info.get("tbl_rows")),
        visible_rows=_number(int, info.get("estimated_visible_rows")),
        megabytes=_number(int, info.get("size")),
        skew=_number(float, info.get("skew_rows")),
        unsorted_percent=_number(float, info.get("unsorted")),
        statistics_off_percent=_number(float, info.get("stats_off")),
    )


def _reflected_style(operation: MigrateOperation) -> str | None:
    """Return the dist style that the operation would change; None for any other operation."""
    if isinstance(operation, CreateTableOp):
        return "missing"
    return worded(*operation.before) if isinstance(operation, AlterDistributionOp) else None


def _number(kind: type[Any], value: Any) -> Any:
    return None if value is None else kind(value)
