"""Why COPY refused the data: which file, line, column and value, as the server's own tables tell it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Table, column, func, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.attempts import is_conflict
from sparkify_dwh.database import server_message
from sparkify_dwh.errors import CopyError

# Redshift guide, SYS_LOAD_ERROR_DETAIL: on clusters and Serverless alike. Its texts are blank-padded.
SYS_LOAD_ERROR_DETAIL = table(
    "sys_load_error_detail",
    *map(
        column,
        [
            "query_id",
            "session_id",
            "start_time",
            "file_name",
            "line_number",
            "column_name",
            "column_type",
            "column_length",
            "position",
            "error_code",
            "error_message",
        ],
    ),
)
# Redshift guide, r_STL_LOAD_ERRORS: on clusters only, but it has the value.
STL_LOAD_ERRORS = table("stl_load_errors", *map(column, ["query", "line_number", "colname", "raw_field_value"]))


TOO_LONG = 1204
LONGEST_SHOWN = 80  # characters of a value


class CopyRefused(Exception):
    """COPY failed; the transaction is lost, and why is to be asked in another."""

    def __init__(self, target: Table, session_id: int, error: DBAPIError) -> None:
        super().__init__(server_message(error))
        self.target = target
        self.session_id = session_id
        self.error = error


@dataclass(frozen=True)
class RejectedRow:
    """One row that COPY refused. ``line`` counts from 1; ``value`` is None where the server does not tell it."""

    file: str
    line: int
    column: str
    code: int
    reason: str
    value: str | None

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}"
        if self.column:
            place += f", column {self.column}"
        found = f"{shortened(self.value)!r}: " if self.value else ""
        return f"{place}: {found}{self.reason} ({self.code})"


def shortened(value: str) -> str:
    """A value as it is shown to a person."""
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}..."


@contextmanager
def copying(connection: Connection, target: Table) -> Iterator[int]:
    """Run a COPY, and turn its failure into :class:`CopyRefused`; gives the session's id, by which errors are found."""
    session_id = connection.scalar(select(func.pg_backend_pid())) or 0
    try:
        yield session_id
    except DBAPIError as error:
        if error.connection_invalidated or is_conflict(error):
            raise
        raise CopyRefused(target, session_id, error) from error


def explained(connection: Connection, refused: CopyRefused) -> CopyError:
    """The error that says what was refused, and what to do about it."""
    rows = rejected_rows(connection, refused.session_id) if "Load into table" in str(refused) else []
    what = f"The copy of {refused.target.name} failed, and nothing was loaded"
    if not rows:
        return CopyError(f"{what}: {refused}")
    return CopyError(f"{what}: {rows[0]}. {_advice(rows[0], refused.target)}")


def _advice(row: RejectedRow, target: Table) -> str:
    if row.code == TOO_LONG and row.column in target.c and getattr(target.c[row.column].type, "length", None):
        return (
            "Shorten it, or widen the column, and those of the star it goes to, with a migration: "
            f'op.alter_column("{target.name}", "{row.column}", type_=sa.String(...)).'
        )
    return "Correct the file, or leave such rows out with max_errors."


def rejected_rows(
    connection: Connection, session_id: int, query_id: int | None = None, most: int = 10
) -> list[RejectedRow]:
    """The first ``most`` rows that a COPY refused: that of ``query_id``, else the session's last that refused any."""
    detail = SYS_LOAD_ERROR_DETAIL.c
    last = select(func.max(detail.query_id)).where(detail.session_id == session_id).scalar_subquery()
    copy = last if query_id is None else query_id
    errors = select(SYS_LOAD_ERROR_DETAIL).where(detail.query_id == copy).order_by(detail.start_time).limit(most)
    rows = connection.execute(errors).all()
    values = _values(connection, rows[0].query_id) if rows else {}
    connection.rollback()
    return [
        RejectedRow(
            file=row.file_name.strip(),
            line=row.line_number,
            column=(row.column_name or "").strip(),
            code=row.error_code,
            reason=row.error_message.strip(),
            value=values.get((row.line_number, (row.column_name or "").strip())),
        )
        for row in rows
    ]


def _values(connection: Connection, query_id: int) -> dict[tuple[int, str], str]:
    """What stood in the refused columns, by line and column; empty on Serverless, which does not keep it."""
    errors = STL_LOAD_ERRORS.c
    wanted = select(errors.line_number, errors.colname, errors.raw_field_value).where(errors.query == query_id)
    try:
        rows = connection.execute(wanted).all()
    except DBAPIError:
        return {}
    return {
        (row.line_number, row.colname.strip()): row.raw_field_value.rstrip(" ") for row in rows if row.raw_field_value
    }
