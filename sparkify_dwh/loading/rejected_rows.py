"""Rows that COPY rejected: file, line, column, value and reason, from the server's system views."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, String, Table, and_, func, literal_column, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.aws.redshift_errors import ServerRequest, explain_server_error
from sparkify_dwh.base import StarTable
from sparkify_dwh.database import is_conflict, is_lost, server_message
from sparkify_dwh.errors import CopyError, RejectedRow
from sparkify_dwh.redshift.commands import CopyCommand


def _view(name: str, **columns: str) -> Select[Any]:
    """Return the rows of a system view, its columns under names that the views share."""
    return select(*(literal_column(column).label(label) for label, column in columns.items())).select_from(table(name))


# Redshift guide, SYS_LOAD_ERROR_DETAIL: on clusters and Serverless alike, but without the value.
SYS_LOAD_ERROR_DETAIL = _view(
    "sys_load_error_detail",
    query="query_id",
    session="session_id",
    file="file_name",
    line="line_number",
    column="column_name",
    value="CAST(NULL AS VARCHAR)",
    code="error_code",
    reason="error_message",
)

# Redshift guide, r_STL_LOAD_ERRORS: on clusters only.
STL_LOAD_ERRORS = _view(
    "stl_load_errors",
    query="query",
    session="session",
    file="filename",
    line="line_number",
    column="colname",
    value="raw_field_value",
    code="err_code",
    reason="err_reason",
)

VIEWS = (SYS_LOAD_ERROR_DETAIL, STL_LOAD_ERRORS)

TOO_LONG_CODE = 1204
MORE = "`sparkify-dwh plan` says more: all rejected rows, and whether --max-errors could leave them out."
REJECTED_NOTICE = re.compile(r"(\d+) record\(s\) could not be loaded")


class CopyFailed(Exception):
    """COPY failed. Its transaction is aborted, so the reason is read in another."""

    def __init__(self, command: CopyCommand, prefix: str, session_id: int, error: DBAPIError) -> None:
        super().__init__(server_message(error))
        self.command = command
        self.read = prefix if command.url == prefix else f"{prefix} or the manifest {command.url}"
        self.session_id = session_id
        self.error = error


@contextmanager
def copying(connection: Connection, command: CopyCommand, prefix: str) -> Iterator[int]:
    """Turn a failure of the COPY of files under ``prefix`` into :class:`CopyFailed`.

    Yields the session's id, the key to its rejected rows.
    """
    session_id = connection.scalar(select(func.pg_backend_pid())) or 0
    try:
        yield session_id
    except DBAPIError as error:
        if is_lost(error) or is_conflict(error):
            raise
        raise CopyFailed(command, prefix, session_id, error) from error


def explain(connection: Connection, failure: CopyFailed, star: Iterable[type[StarTable]]) -> CopyError:
    """Return the error that says what was rejected, and what to do about it."""
    command = failure.command
    rows = rejected_rows(connection, failure.session_id) if "Load into table" in str(failure) else []
    what = f"The copy of {command.table.name} failed, and nothing was loaded"
    if rows:
        return CopyError(f"{what}: {rows[0]}", _hint(rows[0], command.table, star), rows)
    explanation = explain_server_error(str(failure), ServerRequest(failure.read, command.role_arn))
    if explanation is None:
        return CopyError(f"{what}: {failure}")
    meaning, hint = explanation
    return CopyError(f"{what}: {meaning}", hint)


def _hint(row: RejectedRow, target: Table, star: Iterable[type[StarTable]]) -> str:
    if row.code == TOO_LONG_CODE and row.column in target.c and isinstance(target.c[row.column].type, String):
        if any(row.column in model.table().primary_key.columns for model in star):
            return f"Shorten the value: the column is part of a key, and Redshift cannot alter key columns. {MORE}"
        return (
            "Shorten the value, or widen the column, and the star's columns that are filled from it, with a migration, in "
            f'op.get_context().autocommit_block(): op.alter_column("{target.name}", "{row.column}", type_=sa.String(...)). '
            f"{MORE}"
        )
    return f"Correct the file. {MORE}"


def rejected_rows(connection: Connection, session_id: int, limit: int = 10) -> list[RejectedRow]:
    """Return up to ``limit`` rows rejected by this session's most recent failing COPY.

    They are read from sys_load_error_detail, and the values from stl_load_errors. If only one of the views can be read, it
    is used alone; without either, the list is empty.
    """
    return _with_values(*(_read(connection, view, session_id, {}, limit) or [] for view in VIEWS))


class NewRejectedRows:
    """The rows that COPYs of a session reject from now on, within MAXERROR.

    Each view numbers COPYs in its own way: query_id of sys_load_error_detail is not query of stl_load_errors, and is not
    documented to be pg_last_copy_id(). Redshift guide, SYS_QUERY_HISTORY
    """

    def __init__(self, connection: Connection, session_id: int) -> None:
        self._session_id = session_id
        self._before = {view: _last(connection, view, session_id) for view in VIEWS}

    def rows(self, connection: Connection, limit: int) -> list[RejectedRow] | None:
        """Return up to ``limit`` rows; None when neither view can be read."""
        read = [_read(connection, view, self._session_id, self._before, limit) for view in VIEWS]
        return None if all(rows is None for rows in read) else _with_values(*(rows or [] for rows in read))


def notices(connection: Connection) -> deque[dict[bytes, bytes]]:
    """Return the server notices that the driver has received."""
    return connection.connection.driver_connection.notices  # type: ignore[union-attr, no-any-return]


def rejected_count(notices: Iterable[Mapping[bytes, bytes]]) -> int:
    """Return how many rows were rejected according to COPY's notice; 0 without a notice."""
    texts = (notice.get(b"M", b"").decode(errors="replace") for notice in notices)
    return sum(int(number) for text in texts for number in REJECTED_NOTICE.findall(text))


def _with_values(details: list[RejectedRow], errors: list[RejectedRow]) -> list[RejectedRow]:
    values = {(error.file, error.line, error.column): error.value for error in errors}
    return [replace(row, value=values.get((row.file, row.line, row.column))) for row in details or errors]


def _last(connection: Connection, source: Select[Any], session_id: int) -> int:
    """Return the view's number of the session's last COPY that rejected rows; 0 without one, or without permission."""
    view = source.subquery("errors")
    try:
        return connection.scalar(select(func.max(view.c.query)).where(view.c.session == session_id)) or 0
    except DBAPIError as error:
        if is_lost(error):
            raise
        return 0
    finally:
        connection.rollback()


def _read(
    connection: Connection, source: Select[Any], session_id: int, before: Mapping[Select[Any], int], limit: int
) -> list[RejectedRow] | None:
    """Return the rows that the session's last COPY after ``before`` rejected; None when the view cannot be read."""
    view = source.subquery("errors")
    last = select(func.max(view.c.query)).where(view.c.session == session_id).scalar_subquery()
    of_copy = and_(view.c.query == last, view.c.query > before.get(source, 0))
    rows = select(view).where(of_copy).order_by(view.c.line, view.c.file, view.c.column).limit(limit)
    try:
        return [
            RejectedRow(
                file=row.file.strip(),  # texts are blank-padded
                line=row.line,
                column=(row.column or "").strip(),
                code=row.code,
                reason=row.reason.strip(),
                value=(row.value or "").rstrip(" ") or None,
            )
            for row in connection.execute(rows)
        ]
    except DBAPIError as error:
        if is_lost(error):
            raise
        return None
    finally:
        connection.rollback()
