"""Rows that COPY rejected: file, line, column, value and reason, from the server's system views."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, literal_column, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.aws.server_errors import ServerRequest, explain_server_error
from sparkify_dwh.base import StarTable
from sparkify_dwh.database import is_conflict, server_message
from sparkify_dwh.errors import CopyError, RejectedRow
from sparkify_dwh.redshift.commands import CopyCommand

# Redshift guide, SYS_LOAD_ERROR_DETAIL: on clusters and Serverless alike, but without the value.
SYS_LOAD_ERROR_DETAIL: Select[Any] = select(
    literal_column("query_id").label("query"),
    literal_column("session_id").label("session"),
    literal_column("file_name").label("file"),
    literal_column("line_number").label("line"),
    literal_column("column_name").label("column"),
    literal_column("CAST(NULL AS VARCHAR)").label("value"),
    literal_column("error_code").label("code"),
    literal_column("error_message").label("reason"),
).select_from(table("sys_load_error_detail"))

# Redshift guide, r_STL_LOAD_ERRORS: on clusters only.
STL_LOAD_ERRORS: Select[Any] = select(
    literal_column("query").label("query"),
    literal_column("session").label("session"),
    literal_column("filename").label("file"),
    literal_column("line_number").label("line"),
    literal_column("colname").label("column"),
    literal_column("raw_field_value").label("value"),
    literal_column("err_code").label("code"),
    literal_column("err_reason").label("reason"),
).select_from(table("stl_load_errors"))

VIEWS = (SYS_LOAD_ERROR_DETAIL, STL_LOAD_ERRORS)

TOO_LONG = 1204
LEFT_OUT = re.compile(r"(\d+) record\(s\) could not be loaded")


class CopyRefused(Exception):
    """COPY failed. Its transaction is aborted, so the reason is read in another."""

    def __init__(self, command: CopyCommand, session_id: int, error: DBAPIError) -> None:
        super().__init__(server_message(error))
        self.command = command
        self.session_id = session_id
        self.error = error


@contextmanager
def copying(connection: Connection, command: CopyCommand) -> Iterator[int]:
    """Turn the failure of a COPY into :class:`CopyRefused`. Yields the session's id, by which rejected rows are found."""
    session_id = connection.scalar(select(func.pg_backend_pid())) or 0
    try:
        yield session_id
    except DBAPIError as error:
        if error.connection_invalidated or is_conflict(error):
            raise
        raise CopyRefused(command, session_id, error) from error


def explained(connection: Connection, refused: CopyRefused, star: Iterable[type[StarTable]]) -> CopyError:
    """Return the error that says what was rejected, and what to do about it."""
    command = refused.command
    rows = rejected_rows(connection, refused.session_id) if "Load into table" in str(refused) else []
    what = f"The copy of {command.table.name} failed, and nothing was loaded"
    if rows:
        return CopyError(f"{what}: {rows[0]}", _advice(rows[0], command.table, star), rows)
    explanation = explain_server_error(str(refused), ServerRequest(command.url, command.role_arn))
    if explanation is None:
        return CopyError(f"{what}: {refused}")
    meaning, hint = explanation
    return CopyError(f"{what}: {meaning} ({refused})", hint)


def _advice(row: RejectedRow, target: Table, star: Iterable[type[StarTable]]) -> str:
    if row.code == TOO_LONG and row.column in target.c and getattr(target.c[row.column].type, "length", None):
        if any(row.column in model.table().primary_key.columns for model in star):
            return "Shorten it: it is a key, of which Redshift alters no column."
        return (
            "Shorten it, or widen the column, and those of the star it goes to, with a migration, in "
            f'op.get_context().autocommit_block(): op.alter_column("{target.name}", "{row.column}", type_=sa.String(...)).'
        )
    return "Correct the file, or leave such rows out with max_errors (--max-errors)."


def rejected_rows(connection: Connection, session_id: int, limit: int = 10) -> list[RejectedRow]:
    """Return up to ``limit`` rows rejected by this session's most recent failing COPY.

    From sys_load_error_detail, with values from stl_load_errors; from stl_load_errors when only that may be read; none
    when neither may.
    """
    return _with_values(*(_read(connection, view, session_id, {}, limit) or [] for view in VIEWS))


class LeftOut:
    """The rows that COPYs of a session reject from now on, within MAXERROR.

    Each view numbers COPYs in its own way: query_id of sys_load_error_detail is not query of stl_load_errors, and is not
    documented to be pg_last_copy_id(). Redshift guide, SYS_QUERY_HISTORY
    """

    def __init__(self, connection: Connection, session_id: int) -> None:
        self._session_id = session_id
        self._before = {view: _last(connection, view, session_id) for view in VIEWS}

    def rows(self, connection: Connection, limit: int) -> list[RejectedRow] | None:
        """Return up to ``limit`` rows; None when neither view may be read."""
        read = [_read(connection, view, self._session_id, self._before, limit) for view in VIEWS]
        return None if all(rows is None for rows in read) else _with_values(*(rows or [] for rows in read))


def notices(connection: Connection) -> deque[dict[bytes, bytes]]:
    """Return the server notices that the driver has received."""
    return connection.connection.driver_connection.notices  # type: ignore[union-attr, no-any-return]


def number_left_out(said: Iterable[Mapping[bytes, bytes]]) -> int:
    """Return how many rows a COPY rejected by its own notice; 0 without one."""
    texts = (notice.get(b"M", b"").decode(errors="replace") for notice in said)
    return sum(int(number) for text in texts for number in LEFT_OUT.findall(text))


def _with_values(details: list[RejectedRow], errors: list[RejectedRow]) -> list[RejectedRow]:
    values = {(error.file, error.line, error.column): error.value for error in errors}
    return [replace(row, value=values.get((row.file, row.line, row.column))) for row in details or errors]


def _last(connection: Connection, source: Select[Any], session_id: int) -> int:
    """Return the view's number of the session's last COPY that rejected rows; 0 when there is none, or none is visible."""
    view = source.subquery("errors")
    try:
        return connection.scalar(select(func.max(view.c.query)).where(view.c.session == session_id)) or 0
    except DBAPIError:
        return 0
    finally:
        connection.rollback()


def _read(
    connection: Connection, source: Select[Any], session_id: int, before: Mapping[Select[Any], int], limit: int
) -> list[RejectedRow] | None:
    """Return the rows that the session's last COPY after ``before`` rejected, from a view whose texts are blank-padded.

    None when the view may not be read or does not exist.
    """
    view = source.subquery("errors")
    last = select(func.max(view.c.query)).where(view.c.session == session_id).scalar_subquery()
    of_copy = and_(view.c.query == last, view.c.query > before.get(source, 0))
    rows = select(view).where(of_copy).order_by(view.c.line, view.c.file, view.c.column).limit(limit)
    try:
        return [
            RejectedRow(
                file=row.file.strip(),
                line=row.line,
                column=(row.column or "").strip(),
                code=row.code,
                reason=row.reason.strip(),
                value=(row.value or "").rstrip(" ") or None,
            )
            for row in connection.execute(rows)
        ]
    except DBAPIError:
        return None
    finally:
        connection.rollback()
