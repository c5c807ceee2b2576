"""Primary, unique and foreign keys of CREATE TABLE, which are recorded in the catalogue and not enforced.

Redshift guide, r_CREATE_TABLE_NEW and t_Defining_constraints. The error messages are PostgreSQL's.
"""

from __future__ import annotations

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.reader import StatementReader, qualified
from sparkify_dwh.standin.rules.table_design import INVALID_TABLE, Column, Table, check_once

CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"})


def read_column_key(reader: StatementReader, table: Table, column: Column) -> None:
    """Read PRIMARY KEY, UNIQUE or REFERENCES of a column."""
    if reader.accept("PRIMARY", "KEY"):
        add_primary_key(table, None, [column.name])
    elif reader.accept("UNIQUE"):
        add_unique_key(table, None, [column.name])
    elif reader.ahead == "REFERENCES":
        _read_references(reader, table, None, [column.name])
    else:
        raise reader.syntax_error()


def read_constraint(reader: StatementReader, table: Table) -> None:
    """Read [CONSTRAINT name] PRIMARY KEY, UNIQUE or FOREIGN KEY of a table."""
    name = reader.name() if reader.accept("CONSTRAINT") else None
    if reader.accept("PRIMARY", "KEY"):
        add_primary_key(table, name, reader.names_in_brackets())
    elif reader.accept("UNIQUE"):
        add_unique_key(table, name, reader.names_in_brackets())
    elif reader.accept("FOREIGN", "KEY"):
        _read_references(reader, table, name, reader.names_in_brackets())
    else:
        raise reader.syntax_error()
    reader.finish()


def add_primary_key(table: Table, name: str | None, columns: list[str]) -> None:
    """Add the only primary key, whose columns become NOT NULL."""
    if any(key["kind"] == "p" for key in table.keys):
        raise RedshiftError(INVALID_TABLE, f'multiple primary keys for table "{table.name}" are not allowed')
    check_once(columns, "primary key constraint")
    for column in columns:
        table.column(column).set_nullable(False)
    _add(table, "p", name or f"{table.name}_pkey", columns, "PRIMARY KEY")


def add_unique_key(table: Table, name: str | None, columns: list[str]) -> None:
    check_once(columns, "unique constraint")
    _add(table, "u", name or f"{table.name}_{'_'.join(columns)}_key", columns, "UNIQUE")


def _read_references(reader: StatementReader, table: Table, name: str | None, columns: list[str]) -> None:
    """Read REFERENCES other [(columns)]; without columns it refers to the other's primary key, in the catalogue."""
    reader.expect("REFERENCES")
    schema, other = reader.table_name()
    referred = reader.names_in_brackets() if reader.ahead == "(" else []
    name = name or f"{table.name}_{'_'.join(columns)}_fkey"
    _add(table, "f", name, columns, f"FOREIGN KEY ({', '.join(columns)}) REFERENCES")
    shown = other if schema is None else f"{schema}.{other}"
    table.keys[-1] |= {"other": qualified(schema, other), "shown": shown, "referred": referred}


def _add(table: Table, kind: str, name: str, columns: list[str], sql: str) -> None:
    """Record a primary (p), unique (u) or foreign (f) key with its definition; the caller completes a foreign key's."""
    for column in columns:
        table.column(column)  # must exist
    definition = sql if kind == "f" else f"{sql} ({', '.join(columns)})"
    table.keys.append({"kind": kind, "name": name, "columns": columns, "definition": definition})
