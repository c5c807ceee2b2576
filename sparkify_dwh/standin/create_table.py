"""CREATE TABLE: Redshift's statement as PostgreSQL's, and what only Redshift knows as a record for the catalogue.

Dist style, dist key, sort key, encodings and keys go to ``redshift_catalog``; nothing is enforced but NOT NULL and the
lengths of texts, which count bytes. An option that is not known is an error that names it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.standin.column_types import ColumnType, column_type
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.reader import StatementReader, literal, qualified, quoted
from sparkify_dwh.standin.statements import Plan, Rewritten

# Words that end a type or a default: each begins a column's attribute.
ATTRIBUTES = frozenset(
    [
        "DEFAULT",
        "IDENTITY",
        "GENERATED",
        "ENCODE",
        "DISTKEY",
        "SORTKEY",
        "COLLATE",
        "NOT",
        "NULL",
        "UNIQUE",
        "PRIMARY",
        "REFERENCES",
        "CHECK",
        "CONSTRAINT",
    ]
)
CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE"})
ENCODINGS = frozenset(
    [
        "none",
        "raw",
        "az64",
        "bytedict",
        "delta",
        "delta32k",
        "lzo",
        "mostly8",
        "mostly16",
        "mostly32",
        "runlength",
        "text255",
        "text32k",
        "zstd",
    ]
)


@dataclass
class Column:
    """One column as declared. ``sortkey`` is its place in the sort key from 1, 0 when it is not part of it."""

    name: str
    type: ColumnType
    default: str | None = None
    identity: tuple[bool, int, int] | None = None  # always, seed, step
    not_null: bool = False
    encoding: str | None = None
    distkey: bool = False
    sortkey: int = 0

    def sql(self) -> str:
        parts = [quoted(self.name), self.type.sql]
        if self.default is not None:
            parts.append(f"DEFAULT {self.default}")
        if self.identity is not None:
            always, seed, step = self.identity
            form = "ALWAYS" if always else "BY DEFAULT"
            # A seed of 0 or a step downwards lies outside what a PostgreSQL sequence allows unless it is told.
            limit = f"MINVALUE {min(seed, 1)}" if step > 0 else f"MAXVALUE {max(seed, -1)}"
            parts.append(f"GENERATED {form} AS IDENTITY (START {seed} INCREMENT {step} {limit})")
        if self.not_null:
            parts.append("NOT NULL")
        parts += self.bytes_check()
        return " ".join(parts)

    def bytes_check(self) -> list[str]:
        """PostgreSQL counts characters, Redshift bytes; the constraint's name becomes Redshift's error."""
        if self.type.bytes is None:
            return []
        constraint = quoted(f"{self.name}_bytes_{self.type.bytes}")
        return [f"CONSTRAINT {constraint} CHECK (octet_length({quoted(self.name)}) <= {self.type.bytes})"]


@dataclass
class Table:
    """A table as declared."""

    schema: str | None
    name: str
    temporary: bool = False
    if_not_exists: bool = False
    diststyle: str | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)

    def column(self, name: str) -> Column:
        if name not in self.columns:
            raise RedshiftError("42703", f'column "{name}" named in key does not exist')
        return self.columns[name]

    def ddl(self) -> str:
        temporary = "TEMPORARY " if self.temporary else ""
        exists = "IF NOT EXISTS " if self.if_not_exists else ""
        columns = ", ".join(column.sql() for column in self.columns.values())
        return f"CREATE {temporary}TABLE {exists}{qualified(self.schema, self.name)} ({columns})"

    def design(self) -> dict[str, Any]:
        """What the catalogue records. Declaring one encoding sets every column's. Redshift guide, r_CREATE_TABLE_NEW"""
        has_distkey = any(column.distkey for column in self.columns.values())
        columns = {
            column.name: {"encoding": self._encoding(column), "distkey": column.distkey, "sortkey": column.sortkey}
            for column in self.columns.values()
        }
        style = self.diststyle or ("KEY" if has_distkey else "AUTO")
        return {"diststyle": style, "columns": columns, "keys": self.keys, "if_not_exists": self.if_not_exists}

    def _encoding(self, column: Column) -> str:
        if column.encoding is not None:
            return "none" if column.encoding == "raw" else column.encoding
        return "none" if column.sortkey else column.type.default_encoding


def create_table_rule(sql: str, words: list[str]) -> Plan | None:
    """The rule for CREATE [TEMP] TABLE."""
    if words[:1] != ["CREATE"] or "TABLE" not in words[1:3]:
        return None
    table = read_create_table(sql)
    arguments = (table.ddl(), qualified(table.schema, table.name), json.dumps(table.design()))
    call = f"CALL redshift_catalog.create_table({', '.join(map(literal, arguments))})"
    return Rewritten(call, tag="CREATE TABLE")


def read_create_table(sql: str) -> Table:
    """Read a CREATE TABLE statement."""
    reader = StatementReader(sql)
    reader.expect("CREATE")
    temporary = reader.accept_one_of("TEMP", "TEMPORARY") is not None
    reader.expect("TABLE")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    schema, name = reader.table_name()
    table = Table(schema, name, temporary, if_not_exists)
    for tokens in reader.bracketed():
        part = reader.inside(tokens)
        if part.peek() in CONSTRAINTS:
            _read_constraint(part, table)
        else:
            _read_column(part, table)
    while not reader.done:
        _read_table_attribute(reader, table)
    return table


def _read_table_attribute(reader: StatementReader, table: Table) -> None:
    if reader.accept("BACKUP"):
        if not reader.accept_one_of("YES", "NO"):
            raise reader.syntax_error()
    elif reader.accept("DISTSTYLE"):
        table.diststyle = reader.accept_one_of("AUTO", "EVEN", "KEY", "ALL")
        if table.diststyle is None:
            raise reader.syntax_error()
    elif reader.accept("DISTKEY"):
        (name,) = reader.names_in_brackets() or [""]
        table.column(name).distkey = True
    elif reader.accept("SORTKEY", "AUTO") or reader.accept("ENCODE", "AUTO"):
        return
    else:
        _read_sort_key(reader, table)


def _read_sort_key(reader: StatementReader, table: Table) -> None:
    interleaved = reader.accept_one_of("COMPOUND", "INTERLEAVED") == "INTERLEAVED"
    reader.expect("SORTKEY")
    for place, name in enumerate(reader.names_in_brackets(), start=1):
        # The catalogue gives interleaved columns alternating signs. Redshift guide, r_PG_TABLE_DEF
        table.column(name).sortkey = -place if interleaved and place % 2 == 0 else place


def _read_column(reader: StatementReader, table: Table) -> None:
    name = reader.name()
    column = Column(name, column_type(reader.text_until(ATTRIBUTES)))
    if name in table.columns:
        raise RedshiftError("42701", f'column "{name}" specified more than once')
    table.columns[name] = column
    while not reader.done:
        _read_column_attribute(reader, table, column)


def _read_column_attribute(reader: StatementReader, table: Table, column: Column) -> None:
    if reader.accept("NOT", "NULL"):
        column.not_null = True
    elif reader.accept("NULL"):
        column.not_null = False
    elif reader.accept("DEFAULT"):
        column.default = reader.text_until(ATTRIBUTES - {"NULL"})
    elif reader.accept("IDENTITY"):
        column.identity = (True, *_seed_and_step(reader))
    elif reader.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        column.identity = (False, *_seed_and_step(reader))
    elif reader.accept("ENCODE"):
        column.encoding = read_encoding(reader)
    elif reader.accept("DISTKEY"):
        column.distkey = True
    elif reader.accept("SORTKEY"):
        column.sortkey = 1
    elif reader.accept("PRIMARY", "KEY"):
        column.not_null = True
        _record_key(table, "p", f"{table.name}_pkey", [column.name])
    elif reader.accept("UNIQUE"):
        _record_key(table, "u", f"{table.name}_{column.name}_key", [column.name])
    else:
        raise reader.syntax_error()


def read_encoding(reader: StatementReader) -> str:
    """The name of a column's encoding."""
    encoding = reader.name()
    if encoding not in ENCODINGS:
        raise RedshiftError("42601", f'encoding type "{encoding}" is not known')
    return encoding


def _seed_and_step(reader: StatementReader) -> tuple[int, int]:
    numbers = ["".join(token.text for token in tokens) for tokens in reader.bracketed()]
    if len(numbers) != 2:
        raise reader.syntax_error()
    return int(numbers[0]), int(numbers[1])


def _read_constraint(reader: StatementReader, table: Table) -> None:
    name = reader.name() if reader.accept("CONSTRAINT") else None
    if reader.accept("PRIMARY", "KEY"):
        columns = reader.names_in_brackets()
        for column in columns:
            table.column(column).not_null = True
        _record_key(table, "p", name or f"{table.name}_pkey", columns)
    elif reader.accept("UNIQUE"):
        columns = reader.names_in_brackets()
        _record_key(table, "u", name or f"{table.name}_{'_'.join(columns)}_key", columns)
    elif reader.accept("FOREIGN", "KEY"):
        columns = reader.names_in_brackets()
        reader.expect("REFERENCES")
        other, referred = qualified(*reader.table_name()), reader.names_in_brackets()
        definition = (
            f"FOREIGN KEY ({', '.join(columns)}) REFERENCES {other.replace(chr(34), '')}({', '.join(referred)})"
        )
        _record_key(table, "f", name or f"{table.name}_{'_'.join(columns)}_fkey", columns, definition)
    else:
        raise reader.syntax_error()
    reader.finish()


def _record_key(table: Table, kind: str, name: str, columns: list[str], definition: str = "") -> None:
    words = {"p": "PRIMARY KEY", "u": "UNIQUE"}.get(kind, "")
    definition = definition or f"{words} ({', '.join(columns)})"
    table.keys.append({"kind": kind, "name": name, "columns": columns, "definition": definition})
