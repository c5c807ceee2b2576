"""ALTER TABLE, in the forms Redshift has. Redshift guide, r_ALTER_TABLE

One action a statement. A form that is not known here is an error that names the word it stopped at.
"""

from __future__ import annotations

from sparkify_dwh.standin.backend import Backend
from sparkify_dwh.standin.column_types import column_type
from sparkify_dwh.standin.create_table import ATTRIBUTES, CONSTRAINTS, read_encoding
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.statements import CarriedOut, Notice, Plan, Rewritten
from sparkify_dwh.standin.table_design import Column

TAG = "ALTER TABLE"
CHECKS = "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = {table}::regclass AND conname LIKE {pattern}"


def alter_table_rule(sql: str, words: list[str]) -> Plan | None:
    """The rule for ALTER TABLE."""
    if words[:2] != ["ALTER", "TABLE"]:
        return None
    reader = StatementReader(sql)
    reader.expect("ALTER", "TABLE")
    table = qualified(*reader.table_name())
    planned = _action(reader, table)
    reader.finish()
    return planned


def _action(reader: StatementReader, table: str) -> Plan:
    if reader.accept("ADD"):
        return _add_column(reader, table)
    if reader.accept("DROP", "COLUMN") or reader.accept("DROP"):
        column = quoted(reader.name())
        ending = reader.accept_one_of("CASCADE", "RESTRICT") or ""
        return Rewritten(f"ALTER TABLE {table} DROP COLUMN {column} {ending}".rstrip())
    if reader.accept("RENAME", "TO"):
        return Rewritten(f"ALTER TABLE {table} RENAME TO {quoted(reader.name())}")
    if reader.accept("RENAME", "COLUMN"):
        old = quoted(reader.name())
        reader.expect("TO")
        return Rewritten(f"ALTER TABLE {table} RENAME COLUMN {old} TO {quoted(reader.name())}")
    if reader.accept("OWNER", "TO"):
        return Rewritten(f"ALTER TABLE {table} OWNER TO {quoted(reader.name())}")
    reader.expect("ALTER")
    return _alter(reader, table)


def _add_column(reader: StatementReader, table: str) -> Plan:
    if reader.ahead in CONSTRAINTS:
        raise RedshiftError("0A000", f"the stand-in does not carry out ALTER TABLE ADD {reader.ahead}")
    reader.accept("COLUMN")
    name = reader.name()
    if reader.ahead in ATTRIBUTES:  # IF NOT EXISTS: to Redshift's grammar, IF is the column's name
        raise reader.syntax_error()
    column = Column(name, column_type(reader.text_until(ATTRIBUTES | {","}), name))
    while not reader.done:
        if reader.accept("NOT", "NULL"):
            column.not_null = True
        elif reader.accept("NULL"):
            column.not_null = False
        elif reader.accept("DEFAULT"):
            column.default = reader.text_until(ATTRIBUTES - {"NULL"})
        elif reader.accept("ENCODE"):
            column.encoding = read_encoding(reader)
        else:  # Redshift takes neither keys nor identity here, and one column a statement
            raise reader.syntax_error()
    if column.not_null and column.default is None:
        raise RedshiftError(
            "0A000", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        )
    encoding = column.encoding or column.type.default_encoding
    ddl = f"ALTER TABLE {table} ADD COLUMN {column.sql()}"
    return _call("add_column", ddl, table, column.name, "none" if encoding == "raw" else encoding)


def _alter(reader: StatementReader, table: str) -> Plan:
    if reader.accept("COLUMN"):
        return _alter_column(reader, table)
    if reader.accept("DISTSTYLE"):
        style = reader.accept_one_of("AUTO", "EVEN", "ALL")
        if style is not None:
            return _call("alter_distribution", table, style, None)
        reader.expect("KEY", "DISTKEY")
        return _call("alter_distribution", table, "KEY", reader.name())
    if reader.accept("DISTKEY"):
        return _call("alter_distribution", table, "KEY", reader.name())
    reader.accept("COMPOUND")
    reader.expect("SORTKEY")
    if reader.accept_one_of("NONE", "AUTO"):
        return _call("alter_sort_key", table, [])
    return _call("alter_sort_key", table, reader.names_in_brackets())


def _alter_column(reader: StatementReader, table: str) -> Plan:
    column = reader.name()
    if reader.accept("ENCODE"):
        encoding = read_encoding(reader)
        return _call("alter_encoding", table, column, "none" if encoding == "raw" else encoding)
    if reader.accept("SET", "DEFAULT") or reader.accept("DROP", "DEFAULT"):
        # https://github.com/jazzband/django-redshift-backend/issues/96
        raise RedshiftError("0A000", "ALTER COLUMN SET/DROP DEFAULT is not supported")
    reader.expect("TYPE")
    type_text = reader.text_until(frozenset({"USING"}))
    if reader.accept("USING"):
        # https://github.com/dbeaver/dbeaver/issues/9449
        raise RedshiftError("0A000", "ALTER TABLE ALTER COLUMN does not support USING expression")
    return _widen(table, column, type_text)


def _widen(table: str, column: str, type_text: str) -> Plan:
    """ALTER COLUMN TYPE: the length of a VARCHAR and nothing else, and not inside a transaction."""
    new = column_type(type_text, column)
    if new.base != "varchar" or new.bytes is None:
        raise RedshiftError("0A000", f"ALTER COLUMN TYPE changes the length of a VARCHAR only, not to {type_text}")
    changed = Column(column, new)

    def run(backend: Backend, _notice: Notice) -> None:
        if backend.status != b"I":
            raise RedshiftError("25001", "ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
        checks = backend.query(CHECKS.format(table=literal(table), pattern=literal(_like(f"{column}_bytes_") + "%")))
        drops = "".join(f"DROP CONSTRAINT {quoted(str(name))}, " for (name,) in checks)
        add = f"ADD {changed.bytes_check()[0]}"
        backend.query(f"ALTER TABLE {table} {drops}ALTER COLUMN {quoted(column)} TYPE {new.sql}, {add}")

    return CarriedOut(run, TAG)


def _call(procedure: str, *arguments: str | list[str] | None) -> Rewritten:
    return Rewritten(f"CALL redshift_catalog.{procedure}({', '.join(map(_argument, arguments))})", TAG)


def _argument(value: str | list[str] | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(literal, value))}]::text[]"
    return literal(value)


def _like(text: str) -> str:
    """A text as a LIKE pattern that matches it."""
    return text.replace("_", "\\_").replace("%", "\\%")
