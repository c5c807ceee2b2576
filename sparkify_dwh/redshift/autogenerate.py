"""Dist style, dist key, sort key and encodings in migrations: compared by autogenerate and ``alembic check``, and altered.

    op.alter_distribution("invoices", style="ALL", existing_style="EVEN")
    op.alter_sort_key("invoices", ["invoice_id"], existing_columns=[])
    op.alter_encoding("invoices", "customer", "zstd", existing_encoding="lzo")

Redshift guide, r_ALTER_TABLE. Interleaved sort keys can be neither altered nor, here, compared.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal

from alembic.autogenerate import comparators, produce_migrations, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_column
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import ModifyTableOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.sql.compiler import IdentifierPreparer

from sparkify_dwh.redshift import alembic as _alembic  # noqa: F401 (registers itself with Alembic)
from sparkify_dwh.redshift.dialect import encoding

NO_ENCODING = "raw"  # what the catalogue calls none


class PhysicalOp(MigrateOperation):
    """A change of one part of a table's physical design, which can be taken back.

    ``before`` and ``after`` are the arguments of ``clause`` with the old and with the new design.
    """

    operation: str

    def __init__(self, table_name: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
        self.table_name = table_name
        self.before = before
        self.after = after

    def reverse(self) -> PhysicalOp:
        return type(self)(self.table_name, before=self.after, after=self.before)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.operation, self.table_name, self.before, self.after)

    def clause(self, preparer: IdentifierPreparer) -> str:
        """What comes after ALTER TABLE."""
        raise NotImplementedError

    def call(self) -> str:
        """The operation as a line of a migration."""
        raise NotImplementedError


@Operations.register_operation("alter_distribution")
class AlterDistributionOp(PhysicalOp):
    """Dist style and dist key; a key goes with style KEY only."""

    operation = "alter_distribution"

    @classmethod
    def alter_distribution(  # noqa: PLR0913 (old and new, as Alembic's operations have them)
        cls,
        operations: Operations,
        table_name: str,
        *,
        style: str,
        key: str | None = None,
        existing_style: str | None = None,
        existing_key: str | None = None,
    ) -> None:
        operations.invoke(cls(table_name, (existing_style, existing_key), (style, key)))

    def clause(self, preparer: IdentifierPreparer) -> str:
        style, key = self.after
        return f"ALTER DISTSTYLE {style or 'AUTO'}" + (f" DISTKEY {preparer.quote(key)}" if key else "")

    def call(self) -> str:
        (old_style, old_key), (style, key) = self.before, self.after
        arguments = f"{self.table_name!r}, style={style or 'AUTO'!r}, key={key!r}"
        return f"op.alter_distribution({arguments}, existing_style={old_style!r}, existing_key={old_key!r})"


@Operations.register_operation("alter_sort_key")
class AlterSortKeyOp(PhysicalOp):
    """The compound sort key; no columns is no sort key."""

    operation = "alter_sort_key"

    @classmethod
    def alter_sort_key(
        cls, operations: Operations, table_name: str, columns: Sequence[str], *, existing_columns: Sequence[str] = ()
    ) -> None:
        operations.invoke(cls(table_name, tuple(existing_columns), tuple(columns)))

    def clause(self, preparer: IdentifierPreparer) -> str:
        columns = ", ".join(preparer.quote(name) for name in self.after)
        return f"ALTER SORTKEY ({columns})" if columns else "ALTER SORTKEY NONE"

    def call(self) -> str:
        return f"op.alter_sort_key({self.table_name!r}, {list(self.after)!r}, existing_columns={list(self.before)!r})"


@Operations.register_operation("alter_encoding")
class AlterEncodingOp(PhysicalOp):
    """One column's encoding."""

    operation = "alter_encoding"

    @classmethod
    def alter_encoding(
        cls,
        operations: Operations,
        table_name: str,
        column: str,
        encoding: str,
        *,
        existing_encoding: str = NO_ENCODING,
    ) -> None:
        operations.invoke(cls(table_name, (column, existing_encoding), (column, encoding)))

    def clause(self, preparer: IdentifierPreparer) -> str:
        column, new = self.after
        return f"ALTER COLUMN {preparer.quote(column)} ENCODE {new}"

    def call(self) -> str:
        column, new = self.after
        return f"op.alter_encoding({self.table_name!r}, {column!r}, {new!r}, existing_encoding={self.before[1]!r})"


@Operations.implementation_for(AlterDistributionOp)
@Operations.implementation_for(AlterSortKeyOp)
@Operations.implementation_for(AlterEncodingOp)
def _alter(operations: Operations, operation: PhysicalOp) -> None:
    preparer = operations.get_context().dialect.identifier_preparer
    operations.execute(f"ALTER TABLE {preparer.quote(operation.table_name)} {operation.clause(preparer)}")


@renderers.dispatch_for(AlterDistributionOp)
@renderers.dispatch_for(AlterSortKeyOp)
@renderers.dispatch_for(AlterEncodingOp)
def _render(_context: AutogenContext, operation: PhysicalOp) -> str:
    return operation.call()


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """A column as autogenerate writes it, with its encoding: Alembic leaves it out. For ``context.configure``."""
    if kind != "column" or not encoding(item):
        return False
    context.opts["render_item"] = None  # or Alembic would ask again
    try:
        rendered: str = _render_column(item, context)
    finally:
        context.opts["render_item"] = render_item
    return f"{rendered[:-1]}, redshift_encode={encoding(item)!r})"


def named_in(tables: Container[str]) -> Callable[[str | None, str, Mapping[Any, str | None]], bool]:
    """Return a filter that compares only these tables of the database with the models.

    For ``context.configure(include_name=...)``.
    """
    return lambda name, kind, _parents: kind != "table" or name in tables


def differences(connection: Connection, models: Sequence[MetaData]) -> list[tuple[str, MigrateOperation]]:
    """Return the operations that would make the database what the models declare, each with the name of its table.

    The transaction in which it reads stays open.
    """
    names = {name for metadata in models for name in metadata.tables}
    context = MigrationContext.configure(connection, opts={"include_name": named_in(names)})
    script = produce_migrations(context, models)  # type: ignore[arg-type]  # it takes several
    return [
        (str(getattr(each, "table_name", "a table")), each)
        for operation in (script.upgrade_ops.ops if script.upgrade_ops else ())
        for each in (operation.ops if isinstance(operation, ModifyTableOps) else (operation,))
    ]


@comparators.dispatch_for("table")
def _compare_design(  # noqa: PLR0913 (Alembic's signature)
    context: AutogenContext,
    modify_ops: ModifyTableOps,
    schema: str | None,
    name: str,
    found: Table | None,
    wanted: Table | None,
) -> None:
    """Add what differs in physical design between a table (``found``) and its model (``wanted``)."""
    if found is None or wanted is None:
        return
    options = context.inspector.get_table_options(name, schema=schema)
    modify_ops.ops += _differing_design(name, options, wanted) + _differing_encodings(found, wanted)


def _differing_design(name: str, found: Any, wanted: Table) -> list[MigrateOperation]:
    declared = wanted.dialect_options["redshift"]
    pairs: list[tuple[type[PhysicalOp], tuple[Any, ...], tuple[Any, ...]]] = [
        (
            AlterDistributionOp,
            (found["redshift_diststyle"], found["redshift_distkey"]),
            (declared["diststyle"] or ("KEY" if declared["distkey"] else None), declared["distkey"]),
        ),
        (AlterSortKeyOp, _columns(found["redshift_sortkey"]), _columns(declared["sortkey"])),
    ]
    return [op(name, before, after) for op, before, after in pairs if before != after]


def _differing_encodings(found: Table, wanted: Table) -> list[MigrateOperation]:
    """Compare the columns whose models declare an encoding: the others leave it to Redshift, which has chosen one."""
    declared = {column.name: encoding(column) for column in wanted.columns if column.name in found.columns}
    pairs = [(name, encoding(found.columns[name]) or NO_ENCODING, new) for name, new in declared.items() if new]
    return [AlterEncodingOp(wanted.name, (name, old), (name, new)) for name, old, new in pairs if old != new]


def _columns(sort_key: str | Sequence[str] | None) -> tuple[str, ...]:
    return (sort_key,) if isinstance(sort_key, str) else tuple(sort_key or ())
