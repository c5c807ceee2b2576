"""The building blocks of models: the declarative base, the column types, and what a table declares for the loader.

Lengths of VARCHARs count bytes (Redshift guide, r_Character_types). Every column names its encoding: declaring one turns
automatic encoding off for the whole table, so none may be left out (Redshift guide, r_CREATE_TABLE_NEW).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Delete,
    Double,
    Identity,
    Insert,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    String,
    Subquery,
    Table,
    Update,
    event,
)
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, mapped_column

from sparkify_dwh.errors import UsageError


def encoded(encoding: str) -> dict[str, str]:
    """Return a column's ``info`` with its encoding, as reflection does; ``Annotated`` types lose ``redshift_encode``."""
    return {"encode": encoding}


# ZSTD compresses any text well, and long repetitive ones (user agents) best. Redshift guide, c_Compression_encodings
text16 = Annotated[str, mapped_column(String(16), info=encoded("zstd"))]
text32 = Annotated[str, mapped_column(String(32), info=encoded("zstd"))]
text64 = Annotated[str, mapped_column(String(64), info=encoded("zstd"))]
# Names, titles and locations. Names reach 255 bytes in 10,000 real records; full loads have needed 500.
text512 = Annotated[str, mapped_column(String(512), info=encoded("zstd"))]
text1024 = Annotated[str, mapped_column(String(1024), info=encoded("zstd"))]

# An S3 key has up to 1,024 bytes; as a file:/// URL each may take three.
text4096 = Annotated[str, mapped_column(String(4096), info=encoded("zstd"))]

# AZ64 is Redshift's own for numbers and times. Redshift guide, az64-encoding
small = Annotated[int, mapped_column(SmallInteger, info=encoded("az64"))]
integer = Annotated[int, mapped_column(Integer, info=encoded("az64"))]
big = Annotated[int, mapped_column(BigInteger, info=encoded("az64"))]
timestamp = Annotated[datetime, mapped_column(DateTime, info=encoded("az64"))]

# The first column of a sort key stays raw: compressing it makes range-restricted scans read more of the other columns.
# Redshift guide, c_best-practices-use-auto-compression
sorted_timestamp = Annotated[datetime, mapped_column(DateTime, info=encoded("raw"))]
sorted_integer = Annotated[int, mapped_column(Integer, info=encoded("raw"))]
sorted_text32 = Annotated[str, mapped_column(String(32), info=encoded("raw"))]

# AZ64 does not support floating point; ZSTD does. Seconds and degrees are DOUBLE PRECISION everywhere, because a NUMERIC on
# one side of a comparison would be rounded.
double = Annotated[float, mapped_column(Double, info=encoded("zstd"))]

# A surrogate key: stable while the row exists, without meaning.
row_number = Annotated[
    int, mapped_column(BigInteger, Identity(always=True, start=1, increment=1), primary_key=True, info=encoded("az64"))
]


def design(
    comment: str, *, diststyle: str = "KEY", distkey: str | None = None, sortkey: str | None = None
) -> dict[str, str | None]:
    """Return a table's comment and physical design, as ``__table_args__``."""
    keys = {"diststyle": diststyle, "distkey": distkey, "sortkey": sortkey}
    return {"comment": comment} | {f"redshift_{name}": value for name, value in keys.items()}


class Base(DeclarativeBase):
    """Base of every table of the warehouse."""

    metadata = MetaData()

    @classmethod
    def table(cls) -> Table:
        assert isinstance(cls.__table__, Table)
        return cls.__table__

    def __repr__(self) -> str:
        """Return the loaded values that are not NULL, without a query."""
        read = {name: vars(self).get(name) for name in self.table().columns.keys()}  # noqa: SIM118 (a collection)
        values = ", ".join(f"{name}={value!r}" for name, value in read.items() if value is not None)
        return f"{type(self).__name__}({values})"


@dataclass(frozen=True)
class Source:
    """Where the records of a staging table come from, by keys of section [S3] of ``dwh.cfg``.

    ``key`` is the key of the files' prefix, ``json_paths`` the key of the JSONPaths file, without which COPY matches fields
    and columns by name. ``records`` describes the files in the help.
    """

    key: str
    records: str
    json_paths: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that a load needs."""
        return (self.key,) if self.json_paths is None else (self.key, self.json_paths)


class StagingTable(Base):
    """A table that COPY fills, and that holds the last batch.

    ``identity`` names the columns of the natural key: of two records with the same key, one is dropped. NULL equals NULL.
    ``copied`` are the columns that COPY fills, in the order of the JSONPaths file where there is one. ``unknown_values`` are
    values by column that mean unknown: a record with one does not win over a record that has a value there.
    """

    __abstract__ = True
    identity: ClassVar[Sequence[str]]
    source: ClassVar[Source]
    copy_clauses: ClassVar[Sequence[str]]
    unknown_values: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def copied(cls) -> list[str]:
        return [column.name for column in cls.table().columns if column.identity is None]


class StarTable(Base):
    """A table of the star, which is filled from staging.

    ``natural_key`` names the columns that identify a row; by default, the primary key. Columns of it may be NULL, which
    equals NULL, but not all of them.
    ``staged_in`` is the staging table that its rows come from. ``copies_staging`` means that its rows are staged records
    as they are: records that the table holds unchanged are removed from the batch.
    ``changed_by`` is a staging table whose records change stored rows through another table.
    ``references`` maps a column to the table whose key it refers to, ``allowed_values`` a column to its allowed values.
    Redshift enforces neither: ``sparkify_dwh.checks.generic`` checks them. Both allow NULL.
    ``partition_by`` maps the partitions of an export to columns: a partition with another name than its column is that part
    of the column's time.
    """

    __abstract__ = True
    natural_key: ClassVar[Sequence[str]] = ()
    staged_in: ClassVar[type[StagingTable]]
    copies_staging: ClassVar[bool] = False
    changed_by: ClassVar[type[StagingTable] | None] = None
    references: ClassVar[Mapping[str, str]] = {}
    allowed_values: ClassVar[Mapping[str, Sequence[str]]] = {}
    partition_by: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def key(cls) -> list[str]:
        return list(cls.natural_key) or [column.name for column in cls.table().primary_key]

    @classmethod
    def required_key(cls) -> str:
        """Return a column of the key that is NULL in no row: after an outer join, it tells whether a row was found."""
        table = cls.table()
        return next(name for name in cls.key() if not table.c[name].nullable)

    @classmethod
    def filled(cls) -> list[str]:
        """Return the columns that a load fills: all but IDENTITY columns."""
        return [column.name for column in cls.table().columns if column.identity is None]

    @classmethod
    def from_staging(cls) -> Select[Any]:
        """Return the SELECT of this table's records in the batch: the key, and columns that ``completed`` does not add.

        It has one row per key, or several that ``completed`` reduces to one. If it selects only the key, the other columns
        follow from the key, and rows are never updated.
        """
        raise NotImplementedError

    @classmethod
    def completed(cls, records: Subquery) -> Select[Any] | None:
        """Return the rows for records of ``from_staging``, with the columns of ``filled``; None if the records are the rows.

        A load passes only records that are new, or that differ from the stored row and may replace it, so that nothing is
        computed for the others.
        """
        del records
        return None

    @classmethod
    def is_one_record(cls) -> bool:
        """Return whether each row comes from one staged record: its key is the record's."""
        columns = (base for column in cls.staged_keys().selected_columns for base in column.base_columns)
        return {str(column.key) for column in columns} == set(cls.staged_in.identity)

    @classmethod
    def staged_keys(cls) -> Select[Any]:
        """Return the keys of the records in the staged batch, with duplicates."""
        records = cls.from_staging()
        return records.with_only_columns(*(records.selected_columns[name] for name in cls.key()))

    @classmethod
    def from_warehouse(cls) -> Select[Any]:
        """Return the stored rows that records of ``changed_by`` change: their keys, and the columns that change."""
        raise NotImplementedError

    @classmethod
    def batch_range(cls) -> Select[Any] | None:
        """Return the query of the first and last sort key in the staged batch; None when the whole table may be read.

        A load binds both as constants: Redshift skips blocks by comparing the sort key with constants, not with columns.
        """
        return None

    @classmethod
    def replaces(cls, incoming: Any, stored: Any) -> ColumnElement[bool] | None:
        """Return the condition for the incoming row to replace the stored one; None when it always may."""
        del incoming, stored
        return None


def _refused(table: str) -> UsageError:
    return UsageError(
        f"A session tried to write rows of {table}, but only loads write rows of the star",
        "roll it back, and correct the input files.",
    )


def _refuse_to_write(_mapper: object, _connection: object, row: StarTable) -> None:
    raise _refused(row.__tablename__)


def _refuse_statement(state: ORMExecuteState) -> None:
    """Refuse INSERT, UPDATE and DELETE by ``session.execute()`` and queries, which call no event of the rows."""
    if isinstance(state.statement, (Insert, Update, Delete)):
        table = state.statement.entity_description["table"]
        if any(model.__table__ is table for model in _derived(StarTable) if "__table__" in vars(model)):
            raise _refused(str(table.name))


def _derived(model: type[StarTable]) -> Iterator[type[StarTable]]:
    for each in model.__subclasses__():
        yield each
        yield from _derived(each)


for _event in ("before_insert", "before_update", "before_delete"):
    event.listen(StarTable, _event, _refuse_to_write, propagate=True)
event.listen(Session, "do_orm_execute", _refuse_statement)
