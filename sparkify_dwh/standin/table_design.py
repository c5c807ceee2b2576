"""A table as its CREATE TABLE declares it: what PostgreSQL is to make of it, and what the catalogue is to remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.standin.column_types import ColumnType
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.expressions import postgres_expressions
from sparkify_dwh.standin.reader import qualified, quoted

# Redshift promises that the numbers of an IDENTITY are unique and grow by its step, not that they have no gaps (Redshift
# guide, r_CREATE_TABLE_NEW). Every session takes this many at once, and leaves a gap where it uses fewer.
IDENTITY_BLOCK = 32


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
            parts.append(f"DEFAULT {postgres_expressions(self.default)}")
        if self.identity is not None:
            always, seed, step = self.identity
            form = "ALWAYS" if always else "BY DEFAULT"
            # A seed of 0 or a step downwards lies outside what a PostgreSQL sequence allows unless it is told.
            limit = f"MINVALUE {min(seed, 1)}" if step > 0 else f"MAXVALUE {max(seed, -1)}"
            sequence = f"START {seed} INCREMENT {step} {limit} CACHE {IDENTITY_BLOCK}"
            parts.append(f"GENERATED {form} AS IDENTITY ({sequence})")
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
    """A table as declared; ``parent`` is that of LIKE, quoted and qualified."""

    schema: str | None
    name: str
    temporary: bool = False
    if_not_exists: bool = False
    diststyle: str | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    parent: str | None = None
    with_defaults: bool = False

    def column(self, name: str) -> Column:
        if name not in self.columns:
            raise RedshiftError("42703", f'column "{name}" named in key does not exist')
        return self.columns[name]

    def ddl(self) -> str:
        temporary = "TEMPORARY " if self.temporary else ""
        exists = "IF NOT EXISTS " if self.if_not_exists else ""
        parts = [column.sql() for column in self.columns.values()]
        if self.parent is not None:  # whose checks count the bytes of its texts
            parts.append(
                f"LIKE {self.parent} INCLUDING CONSTRAINTS{' INCLUDING DEFAULTS' if self.with_defaults else ''}"
            )
        return f"CREATE {temporary}TABLE {exists}{qualified(self.schema, self.name)} ({', '.join(parts)})"

    def add_key(self, kind: str, name: str, columns: list[str], definition: str = "") -> None:
        """Record a primary (p), unique (u) or foreign (f) key, as the catalogue words it."""
        words = {"p": "PRIMARY KEY", "u": "UNIQUE"}.get(kind, "")
        definition = definition or f"{words} ({', '.join(columns)})"
        self.keys.append({"kind": kind, "name": name, "columns": columns, "definition": definition})

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
