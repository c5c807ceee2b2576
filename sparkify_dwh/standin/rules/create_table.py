"""CREATE TABLE, split into a PostgreSQL statement and a table design for the catalogue.

Dist style, dist key, sort key, encodings and keys are recorded in ``redshift_catalog``. Only NOT NULL and the lengths of
texts, in bytes, are enforced. An unknown option is an error that names it.
"""

from __future__ import annotations

import json
import re

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader, literal, qualified
from sparkify_dwh.standin.outcomes import Plan, Rewritten
from sparkify_dwh.standin.rules.column_types import column_type
from sparkify_dwh.standin.rules.encodings import read_encoding
from sparkify_dwh.standin.rules.table_design import INVALID_TABLE, Column, Table
from sparkify_dwh.standin.rules.table_keys import CONSTRAINTS, read_column_key, read_constraint

# Words that begin a column's attribute, and so end its type or its default.
ATTRIBUTES = frozenset({
    "DEFAULT", "IDENTITY", "GENERATED", "ENCODE", "DISTKEY", "SORTKEY", "COLLATE", "NOT", "NULL", "UNIQUE",
    "PRIMARY", "REFERENCES", "CHECK", "CONSTRAINT",
})  # fmt: skip

_INTEGER = re.compile(r"[+-]?\s*[0-9]{1,18}")


def create_table_rule(sql: str, words: list[str]) -> Plan | None:
    """Plan CREATE [[LOCAL] TEMP] TABLE."""
    if words[:1] != ["CREATE"] or "TABLE" not in words[1:4]:
        return None
    table = read_create_table(sql)
    arguments = [table.ddl(), qualified(table.schema, table.name), json.dumps(table.design())]
    procedure = "create_table"
    if table.parent is not None:
        procedure = "create_table_like"
        arguments.append(table.parent)
    call = f"CALL redshift_catalog.{procedure}({', '.join(map(literal, arguments))})"
    return Rewritten(call, tag="CREATE TABLE")


def read_create_table(sql: str) -> Table:
    reader = StatementReader(sql)
    temporary = read_beginning(reader)
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    schema, name = reader.table_name()
    table = Table(schema, name, temporary or is_temporary_name(name), if_not_exists)
    _read_elements(reader.bracketed(), table)
    if table.parent is not None:  # which determines distribution and sorting too
        reader.finish()
    while not reader.done:
        read_table_attribute(reader, table)
    table.check()
    return table


def read_beginning(reader: StatementReader) -> bool:
    """Read CREATE [[LOCAL] TEMP] TABLE, and return whether the table is temporary."""
    reader.expect("CREATE")
    local = reader.accept("LOCAL")
    temporary = reader.accept_one_of("TEMP", "TEMPORARY") is not None
    if local and not temporary:
        raise reader.syntax_error()
    reader.expect("TABLE")
    return temporary


def is_temporary_name(name: str) -> bool:
    """Return whether the name alone makes a table temporary. Redshift guide, r_CREATE_TABLE_NEW"""
    return name.startswith("#")


def _read_elements(parts: list[StatementReader], table: Table) -> None:
    """Read columns and LIKE, and then constraints, which may name columns that follow them."""
    constraints = [part for part in parts if part.ahead in CONSTRAINTS]
    for part in parts:
        if part in constraints:
            continue
        if part.accept("LIKE"):
            _read_like(part, table)
        else:
            _read_column(part, table)
    if not table.columns and table.parent is None:
        raise RedshiftError(INVALID_TABLE, f'table "{table.name}" must have at least one column')
    for part in constraints:
        read_constraint(part, table)


def _read_like(reader: StatementReader, table: Table) -> None:
    """Read LIKE parent [INCLUDING | EXCLUDING DEFAULTS], at most once."""
    if table.parent is not None:
        raise reader.syntax_error()
    table.parent = qualified(*reader.table_name())
    choice = reader.accept_one_of("INCLUDING", "EXCLUDING")
    if choice is not None:
        reader.expect("DEFAULTS")
    table.with_defaults = choice == "INCLUDING"
    reader.finish()


def read_table_attribute(reader: StatementReader, table: Table) -> None:
    """Read BACKUP, DISTSTYLE, DISTKEY, SORTKEY or ENCODE AUTO, after the columns."""
    if reader.accept("BACKUP"):
        table.set_once("BACKUP")
        if not reader.accept_one_of("YES", "NO"):
            raise reader.syntax_error()
    elif reader.accept("DISTSTYLE"):
        table.set_once("DISTSTYLE")
        table.diststyle = reader.accept_one_of("AUTO", "EVEN", "KEY", "ALL")
        if table.diststyle is None:
            raise reader.syntax_error()
    elif reader.accept("DISTKEY"):
        names = reader.names_in_brackets()
        if len(names) != 1:
            raise RedshiftError(INVALID_TABLE, f"DISTKEY takes one column, not {len(names)}")
        table.set_distkey(names[0])
    elif reader.accept("SORTKEY", "AUTO"):
        table.set_once("SORTKEY")
    elif reader.accept("ENCODE", "AUTO"):
        table.set_once("ENCODE AUTO")
    else:
        interleaved = reader.accept_one_of("COMPOUND", "INTERLEAVED") == "INTERLEAVED"
        reader.expect("SORTKEY")
        table.set_sort_key(reader.names_in_brackets(), interleaved=interleaved)


def _read_column(reader: StatementReader, table: Table) -> None:
    name = reader.name()
    column = Column(name, column_type(reader.text_until(ATTRIBUTES), f"{table.name}.{name}"))
    table.add_column(column)
    while not reader.done:
        if not read_attribute(reader, column):
            _read_design(reader, table, column)


def read_attribute(reader: StatementReader, column: Column) -> bool:
    """Read an attribute that ALTER TABLE ADD COLUMN accepts too. Return False when none comes next."""
    if reader.accept("NOT", "NULL"):
        column.set_nullable(False)
    elif reader.accept("NULL"):
        column.set_nullable(True)
    elif reader.accept("DEFAULT"):
        column.set_default(reader.text_until(ATTRIBUTES - {"NULL"}))
    elif reader.accept("ENCODE"):
        column.set_encoding(read_encoding(reader))
    else:
        return False
    return True


def _read_design(reader: StatementReader, table: Table, column: Column) -> None:
    """Read an attribute that only CREATE TABLE accepts."""
    if reader.accept("IDENTITY"):
        seed, step = _seed_and_step(reader)
        column.set_identity(always=True, seed=seed, step=step)
    elif reader.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        seed, step = _seed_and_step(reader)
        column.set_identity(always=False, seed=seed, step=step)
    elif reader.accept("DISTKEY"):
        table.set_distkey(column.name)
    elif reader.accept("SORTKEY"):
        table.set_sort_key([column.name])
    else:
        read_column_key(reader, table, column)


def _seed_and_step(reader: StatementReader) -> tuple[int, int]:
    numbers = [part.text_until(frozenset()) for part in reader.bracketed()]
    if len(numbers) != 2 or not all(_INTEGER.fullmatch(number) for number in numbers):
        raise RedshiftError("42601", "IDENTITY needs two integers, its seed and its step")
    seed, step = (int("".join(number.split())) for number in numbers)
    return seed, step
