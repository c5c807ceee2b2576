"""Statements as Redshift gets them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement

from sparkify_dwh.redshift.dialect import SparkifyDialect


def sql_lines(statement: ClauseElement, **options: Any) -> str:
    """Return the statement with its line breaks."""
    compiled = statement.compile(dialect=SparkifyDialect(), compile_kwargs={"render_postcompile": True}, **options)
    return str(compiled)


def sql(statement: ClauseElement, **options: Any) -> str:
    """Return the statement on one line."""
    return " ".join(sql_lines(statement, **options).split())
