"""The shipped statements and their plans: those of a load, of the checks, and of the questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from sparkify_dwh.checks.run import all_checks
from sparkify_dwh.checks.scope import Scope
from sparkify_dwh.database import server_message
from sparkify_dwh.physical.plan_advice import abridged
from sparkify_dwh.physical.query_plan import QueryPlan, read_plan
from sparkify_dwh.sql.batch import Batch
from sparkify_dwh.sql.deduplication import delete_conflicting, delete_duplicates, delete_known, repeated_keys
from sparkify_dwh.sql.merge import fill_statements
from sparkify_dwh.warehouse import Warehouse

Named = tuple[str, ClauseElement]


class Explain(ExecutableDDLElement):
    """``EXPLAIN statement``, with its values in place. Redshift guide, r_EXPLAIN"""

    inherit_cache = False

    def __init__(self, explained: ClauseElement) -> None:
        self.explained = explained


@compiles(Explain, "redshift")
def _compile_explain(command: Explain, compiler: DDLCompiler, **_: Any) -> str:
    return f"EXPLAIN {compiler.sql_compiler.process(command.explained, literal_binds=True)}"


def shipped_statements(batch: Batch, warehouse: Warehouse, questions: Mapping[str, ClauseElement]) -> Iterator[Named]:
    """Yield the statements of a load of the batch, of ``sparkify-dwh check`` and of the questions, by name."""
    for staging in warehouse.staging:
        yield f"find repeated keys of {staging.__tablename__} (load)", repeated_keys(staging)
        yield f"delete duplicates of {staging.__tablename__} (load)", delete_duplicates(staging)
        yield f"delete conflicting deliveries of {staging.__tablename__} (load)", delete_conflicting(staging)
        for known in delete_known(staging, warehouse.star):
            yield f"delete what is known from {staging.__tablename__} (load)", known
    for model in warehouse.star:
        for place, statement in enumerate(fill_statements(model, batch)):
            verb = "insert into" if isinstance(statement, Insert) else "update"
            cause = f" by {model.changed_by.__tablename__}" if place == 0 and model.changed_by else ""
            yield f"{verb} {model.__tablename__}{cause} (load)", statement
    for check in all_checks(warehouse.star, warehouse.checks, Scope()):
        yield f"{check.name} (check)", check.offenders
    for name, question in questions.items():
        yield f"{name} (query)", question


def staged_batch(connection: Connection, warehouse: Warehouse) -> Batch:
    """Return a batch with the bounds of the staged one and records for every table, so that every statement has a plan."""
    try:
        ranges = Batch.of(connection, warehouse.staging, warehouse.star).ranges
    except DBAPIError:  # there are no staging tables
        ranges = {}
    finally:
        connection.rollback()
    return Batch({model: range_ for model, range_ in ranges.items() if range_ is not None})


def explain_all(connection: Connection, statements: Iterable[Named]) -> tuple[dict[str, QueryPlan], list[str]]:
    """Return the plans of the statements by name, and a sentence on those without a plan for each reason."""
    plans: dict[str, QueryPlan] = {}
    unexplained: dict[str, list[str]] = {}
    for name, statement in statements:
        try:
            plans[name] = read_plan(connection.execute(Explain(statement)).scalars())
        except DBAPIError as error:
            unexplained.setdefault(server_message(error), []).append(name)
        finally:
            connection.rollback()
    return plans, [f"There is no plan of {abridged(names)}: {reason}." for reason, names in unexplained.items()]
