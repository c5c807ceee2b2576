"""ALTER TABLE in Redshift's forms, one action per statement. Redshift guide, r_ALTER_TABLE

An unknown form is a syntax error at the first word that does not fit.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.rules.alter_type import alter_type
from sparkify_dwh.standin.rules.column_types import column_type
from sparkify_dwh.standin.rules.create_table import ATTRIBUTES, read_attribute
from sparkify_dwh.standin.rules.encodings import TYPES, catalogue_name, read_encoding
from sparkify_dwh.standin.rules.table_design import Column, check_once
from sparkify_dwh.standin.rules.table_keys import CONSTRAINTS


def alter_table_rule(sql: str, words: list[str]) -> Plan | None:
    if words[:2] != ["ALTER", "TABLE"]:
        return None
    reader = StatementReader(sql)
    reader.expect("ALTER", "TABLE")
    table = qualified(*reader.table_name())
    plan = _action(reader, table)
    reader.finish()
    return plan


def _action(reader: StatementReader, table: str) -> Plan:
    if reader.accept("ADD"):
        return _add_column(reader, table)
    if reader.accept("DROP", "COLUMN") or reader.accept("DROP"):
        return _drop_column(reader, table)
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
    if reader.ahead in ATTRIBUTES:  # IF NOT EXISTS: in Redshift's grammar IF is the column's name
        raise reader.syntax_error()
    column = Column(name, column_type(reader.text_until(ATTRIBUTES | {","}), name))
    while not reader.done:
        if not read_attribute(reader, column):  # Redshift accepts no key, no identity and no second column here
            raise reader.syntax_error()
    if column.not_null and column.default is None:
        raise RedshiftError(
            "0A000", "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        )
    ddl = f"ALTER TABLE {table} ADD COLUMN {column.sql()}"
    return _call("add_column", ddl, table, column.name, column.catalogue_encoding())


def _drop_column(reader: StatementReader, table: str) -> Plan:
    column = reader.name()
    ending = reader.accept_one_of("CASCADE", "RESTRICT") or ""
    return _call("drop_column", f"ALTER TABLE {table} DROP COLUMN {quoted(column)} {ending}".rstrip(), table, column)


def _alter(reader: StatementReader, table: str) -> Plan:
    if reader.accept("COLUMN"):
        return _alter_column(reader, table)
    if reader.accept("ENCODE", "AUTO"):
        return _call("alter_encode_auto", table)
    if reader.ahead in ("DISTSTYLE", "DISTKEY"):
        return _alter_distribution(reader, table)
    return _alter_sort_key(reader, table)


def _alter_distribution(reader: StatementReader, table: str) -> Plan:
    if reader.accept("DISTSTYLE"):
        style = reader.accept_one_of("AUTO", "EVEN", "ALL")
        if style is not None:
            return _call("alter_distribution", table, style, None)
        reader.expect("KEY")
    reader.expect("DISTKEY")
    return _call("alter_distribution", table, "KEY", reader.name())


def _alter_sort_key(reader: StatementReader, table: str) -> Plan:
    reader.accept("COMPOUND")
    reader.expect("SORTKEY")
    if reader.accept_one_of("NONE", "AUTO"):
        return _call("alter_sort_key", table, [])
    names = reader.names_in_brackets()
    check_once(names, "sort key")
    return _call("alter_sort_key", table, names)


def _alter_column(reader: StatementReader, table: str) -> Plan:
    column = reader.name()
    if reader.accept("ENCODE"):
        encoding = read_encoding(reader)
        return _call("alter_encoding", table, column, catalogue_name(encoding), sorted(TYPES[encoding]))
    if reader.accept("SET", "DEFAULT") or reader.accept("DROP", "DEFAULT"):
        # https://github.com/jazzband/django-redshift-backend/issues/96
        raise RedshiftError("0A000", "ALTER COLUMN SET/DROP DEFAULT is not supported")
    for form in ("SET", "NOT", "NULL"), ("DROP", "NOT", "NULL"):
        if reader.accept(*form):  # https://github.com/practo/tipoca-stream/issues/40
            raise RedshiftError("0A000", f"ALTER COLUMN {' '.join(form)} is not supported")
    reader.expect("TYPE")
    type_text = reader.text_until(frozenset({"USING"}))
    if reader.accept("USING"):
        # https://github.com/dbeaver/dbeaver/issues/9449
        raise RedshiftError("0A000", "ALTER TABLE ALTER COLUMN does not support USING expression")
    return alter_type(table, column, type_text)


def _call(procedure: str, *arguments: str | list[str] | None) -> Rewritten:
    return Rewritten(f"CALL redshift_catalog.{procedure}({', '.join(map(_argument, arguments))})", tag="ALTER TABLE")


def _argument(value: str | list[str] | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(literal, value))}]::text[]"
    return literal(value)
