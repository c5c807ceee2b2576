"""A table as its CREATE TABLE declares it: what PostgreSQL is to make of it, and what the catalogue is to remember.

What contradicts itself is an error. The words of most are PostgreSQL's, whose parser Redshift's began as; where there are
none, and no source gives Redshift's, they are the stand-in's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language.reader import qualified, quoted
from sparkify_dwh.standin.rules.column_types import ColumnType
from sparkify_dwh.standin.rules.encodings import check_encoding, recorded
from sparkify_dwh.standin.rules.expressions import postgres_expressions

# Redshift promises that the numbers of an IDENTITY are unique and grow by its step, not that they have no gaps (Redshift
# guide, r_CREATE_TABLE_NEW). Every session takes this many at once, and leaves a gap where it uses fewer.
IDENTITY_BLOCK = 32
IDENTITY_TYPES = ("integer", "bigint")

SYNTAX_ERROR = "42601"
DUPLICATE_COLUMN = "42701"
INVALID_TABLE = "42P16"


@dataclass
class Column:
    """One column as declared. ``sortkey`` is its place in the sort key from 1, 0 when it is not part of it."""

    name: str
    type: ColumnType
    default: str | None = None
    identity: tuple[bool, int, int] | None = None  # always, seed, step
    not_null: bool | None = None  # None: not said
    encoding: str | None = None
    distkey: bool = False
    sortkey: int = 0

    def take_nulls(self, taken: bool) -> None:
        """NULL, NOT NULL, and PRIMARY KEY, which says the latter."""
        if self.not_null is taken:
            raise RedshiftError(SYNTAX_ERROR, f'conflicting NULL/NOT NULL declarations for column "{self.name}"')
        self.not_null = not taken

    def set_default(self, expression: str) -> None:
        if self.default is not None:
            raise RedshiftError(SYNTAX_ERROR, f'multiple default values specified for column "{self.name}"')
        self.default = expression

    def set_identity(self, *, always: bool, seed: int, step: int) -> None:
        if self.identity is not None:
            raise RedshiftError(SYNTAX_ERROR, f'multiple identity specifications for column "{self.name}"')
        if self.type.base not in IDENTITY_TYPES:
            raise RedshiftError("22023", f'identity column "{self.name}" must be INT or BIGINT, not {self.type.sql}')
        self.identity = (always, seed, step)

    def set_encoding(self, encoding: str) -> None:
        if self.encoding is not None:
            raise RedshiftError(SYNTAX_ERROR, f'multiple encodings specified for column "{self.name}"')
        check_encoding(encoding, self.type.base, self.name)
        self.encoding = encoding

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
        of_char = "_char" if self.type.base == "char" else ""
        constraint = quoted(f"{self.name}_bytes_{self.type.bytes}{of_char}")
        return [f"CONSTRAINT {constraint} CHECK (octet_length({quoted(self.name)}) <= {self.type.bytes})"]

    def recorded_encoding(self) -> str:
        """What the catalogue shows: declaring one encoding sets every column's. Redshift guide, r_CREATE_TABLE_NEW"""
        if self.encoding is not None:
            return recorded(self.encoding)
        return "none" if self.sortkey else self.type.default_encoding


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
    said: set[str] = field(default_factory=set)  # which of the table's attributes

    def column(self, name: str) -> Column:
        if name not in self.columns and self.parent is not None:
            raise RedshiftError(
                "0A000", f'the stand-in takes no key of a column that comes from LIKE, such as "{name}"'
            )
        if name not in self.columns:
            raise RedshiftError("42703", f'column "{name}" named in key does not exist')
        return self.columns[name]

    def add_column(self, column: Column) -> None:
        if column.name in self.columns:
            raise RedshiftError(DUPLICATE_COLUMN, f'column "{column.name}" specified more than once')
        self.columns[column.name] = column

    def say(self, attribute: str) -> None:
        """Note that an attribute of the table is given; twice is an error."""
        if attribute in self.said:
            raise RedshiftError(INVALID_TABLE, f'{attribute} is specified more than once for table "{self.name}"')
        self.said.add(attribute)

    def set_distkey(self, name: str) -> None:
        """Only one column can be the distribution key. Redshift guide, r_CREATE_TABLE_NEW"""
        self.say("DISTKEY")
        self.column(name).distkey = True

    def set_sort_key(self, names: list[str], *, interleaved: bool = False) -> None:
        """One sort key a table, of a column or in brackets. Redshift guide, r_CREATE_TABLE_NEW"""
        self.say("SORTKEY")
        check_once(names, "sort key")
        for place, name in enumerate(names, start=1):
            # The catalogue gives interleaved columns alternating signs. Redshift guide, r_PG_TABLE_DEF
            self.column(name).sortkey = -place if interleaved and place % 2 == 0 else place

    def check(self) -> None:
        """Raise when dist style and dist key contradict each other. Redshift guide, r_CREATE_TABLE_NEW"""
        has_key = "DISTKEY" in self.said
        if has_key and self.diststyle not in (None, "KEY"):
            raise RedshiftError(INVALID_TABLE, f"DISTKEY needs DISTSTYLE KEY, not DISTSTYLE {self.diststyle}")
        if self.diststyle == "KEY" and not has_key:
            raise RedshiftError(INVALID_TABLE, "DISTSTYLE KEY needs a DISTKEY column")

    def ddl(self) -> str:
        temporary = "TEMPORARY " if self.temporary else ""
        exists = "IF NOT EXISTS " if self.if_not_exists else ""
        parts = [column.sql() for column in self.columns.values()]
        if self.parent is not None:  # whose checks count the bytes of its texts
            parts.append(
                f"LIKE {self.parent} INCLUDING CONSTRAINTS{' INCLUDING DEFAULTS' if self.with_defaults else ''}"
            )
        return f"CREATE {temporary}TABLE {exists}{qualified(self.schema, self.name)} ({', '.join(parts)})"

    def design(self) -> dict[str, Any]:
        """What the catalogue records."""
        columns = {
            column.name: {
                "encoding": column.recorded_encoding(),
                "distkey": column.distkey,
                "sortkey": column.sortkey,
            }
            for column in self.columns.values()
        }
        style = self.diststyle or ("KEY" if "DISTKEY" in self.said else "AUTO")
        return {"diststyle": style, "columns": columns, "keys": self.keys, "if_not_exists": self.if_not_exists}


def check_once(names: list[str], key: str) -> None:
    """Raise for a column that a key names twice."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise RedshiftError(DUPLICATE_COLUMN, f'column "{name}" appears twice in {key}')
