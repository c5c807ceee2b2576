"""What facts are tried with: connections, files, tables and COPYs of the scratch warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import error_fields
from sparkify_dwh.redshift.commands import CopyCommand
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.verification.data.expected_star import BatchCounts, ExpectedStar

if TYPE_CHECKING:
    from sparkify_dwh.loading.report import LoadReport
    from sparkify_dwh.verification.data.records import File

ACCEPTED = "accepted"


@dataclass
class Trial:
    """The scratch warehouse while facts are tried.

    ``settings`` are those of the scratch schema, ``folder`` is the URL of the prefix. ``star`` is what the ``loads`` so far
    must have made, ``counts`` the records of their batches. ``numbers`` are the surrogate keys before the export, by natural
    key.
    """

    settings: Settings
    engine: Engine
    store: ObjectStore
    folder: str
    star: ExpectedStar = field(default_factory=ExpectedStar)
    loads: list[LoadReport] = field(default_factory=list)
    counts: list[dict[str, BatchCounts]] = field(default_factory=list)
    numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _count: Iterator[int] = field(default_factory=count)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Give a connection whose transaction is rolled back at the end, if it was not committed."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Give a connection that is closed at the end, and not used again: parameters that it sets are gone."""
        with self.engine.connect() as connection:
            connection.detach()
            yield connection

    def write(self, name: str, data: bytes | str) -> str:
        """Write an object under the prefix; return its URL."""
        url = f"{self.folder}{name}"
        self.store.write(url, data.encode() if isinstance(data, str) else data)
        return url

    def deliver(self, files: Sequence[File]) -> None:
        for file in files:
            self.write(file.name, file.content)

    def withdraw(self, files: Sequence[File]) -> None:
        for file in files:
            self.store.delete(f"{self.folder}{file.name}")

    def new_prefix(self) -> str:
        """Return the name of a folder under the prefix that nothing has been written to."""
        return f"probes/{next(self._count)}/"

    def probe(self, *columns: Column[Any], **options: Any) -> Table:
        """Create a table with these columns; it goes with the schema."""
        table = Table(f"probe_{next(self._count)}", MetaData(), *columns, **options)
        with self.engine.begin() as connection:
            table.create(connection, checkfirst=False)
        return table

    def copy_command(
        self,
        table: Table,
        url: str,
        *clauses: str,
        json: str | None = "auto",
        columns: Sequence[str] | None = None,
    ) -> CopyCommand:
        """Return a COPY as loads send it; into all columns but IDENTITY columns by default."""
        chosen = [column.name for column in table.columns if column.identity is None]
        return CopyCommand(
            table,
            url,
            columns=chosen if columns is None else columns,
            json=json,
            role_arn=self.settings.role_arn,
            region=self.settings.region if json else None,
            clauses=clauses,
        )

    def copied(self, table: Table, records: Sequence[Any] | str, *clauses: str, json_paths: Sequence[str] = ()) -> Any:
        """Write records, or a text, to a file, COPY it, and return the rows of the table.

        Raises DBAPIError when COPY rejects a record.
        """
        folder = self.new_prefix()
        data = records if isinstance(records, str) else "\n".join(map(json.dumps, records))
        url = self.write(f"{folder}data.json", data)
        paths = self.write(f"{folder}paths/paths.json", json.dumps({"jsonpaths": json_paths})) if json_paths else "auto"
        with self.connect() as connection:
            connection.execute(self.copy_command(table, url, *clauses, json=paths))
            rows = connection.execute(select(*(c for c in table.columns if c.identity is None))).all()
            connection.commit()
        return [tuple(row) for row in rows]


def statement(sql: str, table: Table) -> str:
    """Return a statement with the quoted name of the table in the place of ``{table}``."""
    return sql.replace("{table}", SparkifyDialect().identifier_preparer.format_table(table))


def answer(connection: Connection, sql: str, parameters: tuple[Any, ...] = ()) -> str:
    """Return what a statement comes to: ``accepted``, or the SQLSTATE and message of its error. It is rolled back."""
    try:
        connection.exec_driver_sql(sql, parameters)
    except DBAPIError as error:
        fields = error_fields(error)
        return f"{fields.get('C', '?????')} {fields.get('M', '')}".strip()
    finally:
        connection.rollback()
    return ACCEPTED


def sqlstate(error: DBAPIError) -> str:
    return error_fields(error).get("C", "?????")
