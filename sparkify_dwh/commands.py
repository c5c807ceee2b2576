"""Redshift's own statements, as objects that SQLAlchemy compiles: COPY and LOCK.

Neither takes bind parameters, so everything they hold is a quoted identifier or a literal. Redshift guide, r_COPY, r_LOCK
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler


class CopyCommand(ExecutableDDLElement):
    """``COPY table (columns) FROM 'url' IAM_ROLE ... FORMAT AS JSON ...``

    ``role_arn`` is an IAM role's, or None for the cluster's default role: there is no form with keys, so that no
    statement ever holds a secret. ``json`` is ``auto`` or the URL of a JSONPaths file. ``clauses`` are written as they
    are: they come from the models, never from data.
    """

    inherit_cache = False

    def __init__(  # noqa: PLR0913 (a COPY has this many parts)
        self,
        table: Table,
        url: str,
        *,
        columns: Sequence[str],
        json: str = "auto",
        role_arn: str | None = None,
        region: str | None = None,
        clauses: Sequence[str] = (),
    ) -> None:
        self.table = table
        self.url = url
        self.columns = columns
        self.json = json
        self.role_arn = role_arn
        self.region = region
        self.clauses = clauses


class LockTable(ExecutableDDLElement):
    """``LOCK TABLE table``: ACCESS EXCLUSIVE, the only lock Redshift has, until the transaction ends."""

    inherit_cache = False

    def __init__(self, table: Table) -> None:
        self.table = table


@compiles(CopyCommand, "redshift")
def _compile_copy(command: CopyCommand, compiler: DDLCompiler, **_: Any) -> str:
    literal = _literals(compiler)
    columns = ", ".join(compiler.preparer.quote(name) for name in command.columns)
    clauses = [
        f"COPY {compiler.preparer.format_table(command.table)} ({columns})",
        f"FROM {literal(command.url)}",
        f"IAM_ROLE {literal(command.role_arn) if command.role_arn else 'default'}",
        f"FORMAT AS JSON {literal(command.json)}",
        *command.clauses,
    ]
    if command.region:
        clauses.append(f"REGION AS {literal(command.region)}")
    return "\n".join(clauses)


@compiles(LockTable, "redshift")
def _compile_lock(command: LockTable, compiler: DDLCompiler, **_: Any) -> str:
    return f"LOCK TABLE {compiler.preparer.format_table(command.table)}"


def _literals(compiler: DDLCompiler) -> Any:
    """A function that writes a text as a literal of the dialect: quotes doubled, backslashes too."""
    return lambda text: compiler.sql_compiler.render_literal_value(text, String())
