"""Values as literals in every statement but ``INSERT ... VALUES``.

Redshift's server refuses bind parameters, or ends in internal errors, in sub-queries (sqlalchemy-redshift issue 265), in
GROUP BY (issue 252) and as output columns (redshift_connector issue 59). A literal is also a constant when the statement
is planned, so that a sort key prunes, and the statement that is printed is the one that is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    ClauseElement,
    Date,
    DateTime,
    Double,
    Float,
    Function,
    Insert,
    Label,
    String,
    UnaryExpression,
    literal,
)
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import operators
from sqlalchemy.types import NullType, TypeEngine

from sparkify_dwh.redshift.limits import MAX_VARCHAR_BYTES

ARITHMETIC = (operators.add, operators.sub, operators.mul, operators.truediv)
AMBIGUOUS = (Date, DateTime, Float)  # their bare literals have the type unknown, or NUMERIC


class LiteralCompiler(PGCompiler):
    """Renders values into the SQL, with the types that bind parameters would have had."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self._typed: set[BindParameter[Any]] = set()  # values whose type nothing beside them tells
        super().__init__(*args, **kw)

    def visit_label(self, label: Label[Any], *args: Any, **kw: Any) -> str:
        """An output column: as a bare string it would be of the type ``unknown`` (705)."""
        if isinstance(label.element, BindParameter):
            self._typed.add(label.element)
        return str(super().visit_label(label, *args, **kw))  # type: ignore[no-untyped-call]

    def visit_function(self, func: Function[Any], *args: Any, **kw: Any) -> str:
        """A call: which function is meant depends on the types of its arguments."""
        self._give_types(func.clauses)
        return str(super().visit_function(func, *args, **kw))

    def visit_binary(self, binary: BinaryExpression[Any], *args: Any, **kw: Any) -> str:
        """An operation: of arithmetic, the types of the operands decide the type of the result."""
        if binary.operator in ARITHMETIC:
            self._give_types((binary.left, binary.right))
        return str(super().visit_binary(binary, *args, **kw))  # type: ignore[no-untyped-call]

    def _give_types(self, elements: Iterable[ClauseElement]) -> None:
        self._typed.update(
            element
            for element in elements
            if isinstance(element, BindParameter) and isinstance(element.type, AMBIGUOUS)
        )

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kw: Any) -> str:
        if kw.get("literal_binds") and bindparam.value is None and bindparam.callable is None:
            return self.render_literal_value(None, bindparam.type)
        if not self._takes_parameters():
            kw["literal_execute"] = True
        return str(super().visit_bindparam(bindparam, *args, **kw))  # type: ignore[no-untyped-call]

    def visit_unary(self, unary: UnaryExpression[Any], *args: Any, **kw: Any) -> str:
        if unary.operator is operators.neg and isinstance(unary.element, BindParameter):
            return f"-({self.process(unary.element, **kw)})"  # two minus signs would begin a comment
        return str(super().visit_unary(unary, *args, **kw))  # type: ignore[no-untyped-call]

    def _takes_parameters(self) -> bool:
        """Whether the innermost statement is an INSERT of VALUES, or runs once for each of many sets of values."""
        if self.for_executemany:
            return True
        innermost = self.stack[-1]["selectable"] if self.stack else None
        return isinstance(innermost, Insert) and innermost.select is None

    def render_literal_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kw: Any) -> str:
        sql = str(super().render_literal_bindparam(bindparam, *args, **kw))  # type: ignore[no-untyped-call]
        if bindparam not in self._typed or sql.startswith("CAST"):
            return sql
        if isinstance(bindparam.type, AMBIGUOUS):
            return self._cast(sql, bindparam.type)
        return self._cast(sql, _length_of(sql, bindparam.effective_value)) if sql.startswith("'") else sql

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        """Raises :class:`CompileError` for what Redshift has no literal of, such as NaN."""
        if isinstance(type_, NullType):  # that of a parameter of text(), for one
            type_ = String() if isinstance(value, str) else literal(value).type
        if value is None:
            return "NULL" if isinstance(type_, NullType) else self._cast("NULL", type_)
        if isinstance(value, str):
            if "\0" in value:
                raise CompileError("A text with the character NUL cannot be sent: leave it out")
            if isinstance(type_, (Date, DateTime)):  # a time that is given as text
                type_ = String()
        if isinstance(value, timedelta):  # PostgreSQL's make_interval() is unknown. Redshift guide, r_interval_literals
            return f"INTERVAL '{Decimal(value // timedelta(microseconds=1)).scaleb(-6):f} seconds'"
        if isinstance(value, float | Decimal):
            return self._number(value)
        return str(super().render_literal_value(value, type_))  # type: ignore[no-untyped-call]

    def _number(self, value: float | Decimal) -> str:
        """Exactly the value: a float has its shortest digits, and with an exponent is no NUMERIC, which would overflow."""
        if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
            raise CompileError(f"{value} cannot be written as a literal: leave it out, or write NULL")
        if isinstance(value, Decimal):
            return f"{value:f}"
        return self._cast(f"'{value!r}'", Double()) if "e" in repr(value) else repr(value)

    def _cast(self, sql: str, type_: TypeEngine[Any]) -> str:
        if isinstance(type_, Float) and type_.precision is None:  # SQLAlchemy 2.1 has Double for a Python float
            type_ = Double()
        return f"CAST({sql} AS {self.dialect.type_compiler_instance.process(type_)})"


def _length_of(sql: str, value: object) -> String:
    """Return the type of a text's literal: a VARCHAR without a length would cut it.

    Raises :class:`CompileError` for a text that no VARCHAR holds.
    """
    if isinstance(value, str) and len(value.encode()) > MAX_VARCHAR_BYTES:
        raise CompileError(f"A text of more than {MAX_VARCHAR_BYTES:,} bytes cannot be an output column: shorten it")
    return String(min(len(sql.encode()), MAX_VARCHAR_BYTES))
