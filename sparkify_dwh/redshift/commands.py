"""Redshift's own statements, as objects that SQLAlchemy compiles: COPY, UNLOAD, LOCK, ANALYZE and DROP COLUMN.

None takes bind parameters, so everything they hold is a quoted identifier or a literal. Redshift guide, r_COPY, r_UNLOAD,
r_LOCK
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from sqlalchemy import Select, String, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler


@dataclass(eq=False, repr=False)
class CopyCommand(ExecutableDDLElement):
    """``COPY table (columns) FROM 'url' IAM_ROLE ... FORMAT AS JSON ...`` or ``... FORMAT AS PARQUET``

    ``role_arn`` is an IAM role's, or None for the cluster's default role: there is no form with keys, so that no
    statement ever holds a secret. ``json`` is ``auto`` or the URL of a JSONPaths file; None says that the data is Parquet.
    ``clauses`` are written as they are: they come from the models, never from data.
    """

    inherit_cache = False

    table: Table
    url: str
    _: KW_ONLY
    columns: Sequence[str]
    json: str | None = "auto"
    role_arn: str | None = None
    region: str | None = None
    clauses: Sequence[str] = ()


@dataclass(eq=False, repr=False)
class UnloadCommand(ExecutableDDLElement):
    """``UNLOAD ('query') TO 'url' IAM_ROLE ... FORMAT AS PARQUET PARTITION BY (columns) INCLUDE``

    ``url`` is what the names of all files begin with. The query is a literal within a literal: its own quotes and
    backslashes are doubled, and then doubled again. ``partition_by`` names columns of the query, which stay in the files.
    Without ``ALLOWOVERWRITE`` or ``CLEANPATH`` Redshift refuses a target that holds anything. ``role_arn`` is as in
    `CopyCommand`.
    """

    inherit_cache = False

    query: Select[Any]
    url: str
    _: KW_ONLY
    partition_by: Sequence[str] = ()
    role_arn: str | None = None
    region: str | None = None


class LockTable(ExecutableDDLElement):
    """``LOCK TABLE table, table``: ACCESS EXCLUSIVE, the only lock Redshift has, until the transaction ends."""

    inherit_cache = False

    def __init__(self, *tables: Table) -> None:
        self.tables = tables


@dataclass(eq=False, repr=False)
class AnalyzeTable(ExecutableDDLElement):
    """``ANALYZE table PREDICATE COLUMNS``: statistics of the columns that queries filter, join or group by.

    All columns, while no query has used any. It can run in a transaction. Redshift guide, r_ANALYZE
    """

    inherit_cache = False

    table: Table


@dataclass(eq=False, repr=False)
class DropColumn(ExecutableDDLElement):
    """``ALTER TABLE table DROP COLUMN column``"""

    inherit_cache = False

    table: Table
    column: str


@compiles(CopyCommand, "redshift")
def _compile_copy(command: CopyCommand, compiler: DDLCompiler, **_: Any) -> str:
    literal = _literals(compiler)
    columns = ", ".join(compiler.preparer.quote(name) for name in command.columns)
    clauses = [
        f"COPY {compiler.preparer.format_table(command.table)} ({columns})",
        f"FROM {literal(command.url)}",
        f"IAM_ROLE {_role(command.role_arn, literal)}",
        "FORMAT AS PARQUET" if command.json is None else f"FORMAT AS JSON {literal(command.json)}",
        *command.clauses,
    ]
    if command.region:
        clauses.append(f"REGION AS {literal(command.region)}")
    return "\n".join(clauses)


@compiles(UnloadCommand, "redshift")
def _compile_unload(command: UnloadCommand, compiler: DDLCompiler, **_: Any) -> str:
    literal = _literals(compiler)
    query = compiler.sql_compiler.process(command.query, literal_binds=True)
    clauses = [
        f"UNLOAD ({literal(query)})",
        f"TO {literal(command.url)}",
        f"IAM_ROLE {_role(command.role_arn, literal)}",
        "FORMAT AS PARQUET",
    ]
    if command.partition_by:
        columns = ", ".join(compiler.preparer.quote(name) for name in command.partition_by)
        clauses.append(f"PARTITION BY ({columns}) INCLUDE")
    if command.region:
        clauses.append(f"REGION AS {literal(command.region)}")
    return "\n".join(clauses)


@compiles(LockTable, "redshift")
def _compile_lock(command: LockTable, compiler: DDLCompiler, **_: Any) -> str:
    return f"LOCK TABLE {', '.join(map(compiler.preparer.format_table, command.tables))}"


@compiles(AnalyzeTable, "redshift")
def _compile_analyze(command: AnalyzeTable, compiler: DDLCompiler, **_: Any) -> str:
    return f"ANALYZE {compiler.preparer.format_table(command.table)} PREDICATE COLUMNS"


@compiles(DropColumn, "redshift")
def _compile_drop_column(command: DropColumn, compiler: DDLCompiler, **_: Any) -> str:
    preparer = compiler.preparer
    return f"ALTER TABLE {preparer.format_table(command.table)} DROP COLUMN {preparer.quote(command.column)}"


def _role(arn: str | None, literal: Callable[[str], str]) -> str:
    return literal(arn) if arn else "default"


def _literals(compiler: DDLCompiler) -> Callable[[str], str]:
    """A function that writes a text as a literal of the dialect: quotes doubled, backslashes too."""
    return lambda text: compiler.sql_compiler.render_literal_value(text, String())
