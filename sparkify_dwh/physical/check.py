"""Where the physical design and the cluster disagree: keys, sizes, skew, order, statistics, and the plans of our queries.

Keys and encodings are compared as ``alembic check`` compares them. How tables lie is read from svv_table_info, which has no
row for an empty table (Redshift guide, r_SVV_TABLE_INFO); how queries would run, from EXPLAIN. Nothing is changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations.ops import CreateTableOp, MigrateOperation
from sqlalchemy import ClauseElement, Connection, Insert, column, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from sparkify_dwh import ledger, star
from sparkify_dwh.analytics import QUESTIONS
from sparkify_dwh.base import Base
from sparkify_dwh.checks.business import Scope, all_checks
from sparkify_dwh.database import server_message
from sparkify_dwh.physical.distribution import Distribution
from sparkify_dwh.physical.plan_advice import abridged, plan_findings
from sparkify_dwh.physical.query_plan import QueryPlan, read_plan
from sparkify_dwh.physical.table_advice import Finding, TableFacts, difference, table_findings, worded
from sparkify_dwh.redshift import alembic as alembic_redshift
from sparkify_dwh.redshift.autogenerate import AlterDistributionOp, differences
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.deduplication import delete_duplicates, delete_known
from sparkify_dwh.sql.merge import fill_statements
from sparkify_dwh.staging import STAGING

REGISTERED = (alembic_redshift, ledger, star)  # imported for what they register

# Those of its columns that are asked for. Redshift guide, r_SVV_TABLE_INFO
_TOLD = ("diststyle", "size", "unsorted", "stats_off", "tbl_rows", "skew_rows", "estimated_visible_rows")
TABLE_INFO = table("svv_table_info", *map(column, ("schema", "table", *_TOLD)))

EXAMPLE = "Setanta matins"  # for what a question cannot be asked without

NO_CLUSTER = (
    "The plans of this warehouse name no compute nodes and say nothing of distribution: only tables were compared."
)


class Explain(ExecutableDDLElement):
    """``EXPLAIN statement``, with its values in place. Redshift guide, r_EXPLAIN"""

    inherit_cache = False

    def __init__(self, explained: ClauseElement) -> None:
        self.explained = explained


@compiles(Explain, "redshift")
def _compile_explain(command: Explain, compiler: DDLCompiler, **_: Any) -> str:
    return f"EXPLAIN {compiler.sql_compiler.process(command.explained, literal_binds=True)}"


@dataclass(frozen=True)
class PhysicalReport:
    """What was found. ``notes`` say what could not be looked at, and why; ``plans`` are by the names of the statements."""

    tables: Sequence[TableFacts]
    findings: Sequence[Finding]
    notes: Sequence[str]
    plans: Mapping[str, QueryPlan]

    @property
    def differing(self) -> list[Finding]:
        """Where the warehouse is not what the models declare; what is left is advice."""
        return [finding for finding in self.findings if finding.differs]


def check_physical(connection: Connection) -> PhysicalReport:
    """Compare the warehouse with the design. It only reads, and rolls back what EXPLAIN may have made."""
    differing = differences(connection, Base.metadata)
    told, notes = table_info(connection)
    tables = [_facts(name, differing, told.get(name, {})) for name in Base.metadata.tables]
    plans, unexplained = explain_all(connection)
    of_a_cluster = any(plan.is_of_a_cluster for plan in plans.values())
    preparer = connection.dialect.identifier_preparer
    findings = [
        *(difference(each, told.get(name, {}).get("diststyle"), preparer) for name, each in differing),
        *(finding for facts in tables for finding in table_findings(facts)),
        *(plan_findings(plans) if of_a_cluster else ()),
    ]
    return PhysicalReport(
        tables, list(dict.fromkeys(findings)), [*notes, *unexplained, *([] if of_a_cluster else [NO_CLUSTER])], plans
    )


def table_info(connection: Connection) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What svv_table_info says of our tables, by name; and what to do where it may not be read."""
    ours = select(TABLE_INFO).where(TABLE_INFO.c.schema == connection.dialect.default_schema_name)
    try:
        rows = connection.execute(ours).mappings().all()
    except DBAPIError as error:
        return {}, [
            f"svv_table_info cannot be read ({server_message(error)}), so sizes, skew and statistics are not known: a "
            "superuser can GRANT SELECT ON svv_table_info TO this user."
        ]
    finally:
        connection.rollback()
    return {str(row["table"]).strip(): dict(row) for row in rows}, []


def _facts(name: str, differing: Sequence[tuple[str, MigrateOperation]], told: Mapping[str, Any]) -> TableFacts:
    """A table by its model, by reflection (the model, but for what differs), and by svv_table_info."""
    declared = Base.metadata.tables[name]
    designed = str(Distribution.of(declared))
    reflected = [found for of, each in differing if of == name and (found := _reflected(each))]
    return TableFacts(
        name,
        designed,
        told.get("diststyle") or (reflected[0] if reflected else designed),
        declared.dialect_options["redshift"]["sortkey"],
        rows=_number(int, told.get("tbl_rows")),
        visible_rows=_number(int, told.get("estimated_visible_rows")),
        megabytes=_number(int, told.get("size")),
        skew=_number(float, told.get("skew_rows")),
        unsorted_percent=_number(float, told.get("unsorted")),
        statistics_off_percent=_number(float, told.get("stats_off")),
    )


def _reflected(operation: MigrateOperation) -> str | None:
    """How the table lies that the operation would change; None where it would not change that."""
    if isinstance(operation, CreateTableOp):
        return "missing"
    return worded(*operation.before) if isinstance(operation, AlterDistributionOp) else None


def _number(kind: type[Any], value: Any) -> Any:
    return None if value is None else kind(value)


def explain_all(connection: Connection) -> tuple[dict[str, QueryPlan], list[str]]:
    """The plans of the shipped statements, by name; and a sentence on those that have none, a reason each."""
    plans: dict[str, QueryPlan] = {}
    unexplained: dict[str, list[str]] = {}
    for name, statement in shipped_statements(connection):
        try:
            plans[name] = read_plan(connection.execute(Explain(statement)).scalars())
        except DBAPIError as error:
            unexplained.setdefault(server_message(error), []).append(name)
        finally:
            connection.rollback()
    return plans, [f"There is no plan of {abridged(names)}: {reason}." for reason, names in unexplained.items()]


def _staged(connection: Connection) -> Batch:
    """A batch with the bounds of the staged one, and something for every table, so that every statement has a plan."""
    try:
        ranges = Batch.of(connection, STAGING, star.STAR).ranges
    except DBAPIError:  # there is no table that could hold one
        ranges = {}
    finally:
        connection.rollback()
    return Batch({model: range_ for model, range_ in ranges.items() if range_ is not None})


def shipped_statements(connection: Connection) -> Iterator[tuple[str, ClauseElement]]:
    """The statements of a load, of ``sparkify-dwh check`` and of ``sparkify-dwh query``.

    A load's have the bounds of the batch that staging holds, where it holds one; questions are asked of all days.
    """
    for staging in STAGING:
        yield f"delete duplicates of {staging.__tablename__} (load)", delete_duplicates(staging)
        for known in delete_known(staging, star.STAR):
            yield f"delete what is known from {staging.__tablename__} (load)", known
    batch = _staged(connection)
    for model in star.STAR:
        for place, statement in enumerate(fill_statements(model, batch)):
            verb = "insert into" if isinstance(statement, Insert) else "update"
            cause = " by new songs" if place == 0 and model.changed_by else ""
            yield f"{verb} {model.__tablename__}{cause} (load)", statement
    for check in all_checks(Scope()):
        yield f"{check.name} (check)", check.offenders
    for name, question in QUESTIONS.items():
        parameters = inspect.signature(question).parameters.values()
        yield f"{name} (query)", question(*(EXAMPLE for each in parameters if each.default is inspect.Parameter.empty))
