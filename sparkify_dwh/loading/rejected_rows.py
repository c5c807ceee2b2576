"""Why COPY refused the data: which file, line, column and value, as the server's own tables tell it."""

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
    """COPY failed; the transaction is lost, and why is to be asked in another."""

    def __init__(self, command: CopyCommand, session_id: int, error: DBAPIError) -> None:
        super().__init__(server_message(error))
        self.command = command
        self.session_id = session_id
        self.error = error


@contextmanager
def copying(connection: Connection, command: CopyCommand) -> Iterator[int]:
    """Run a COPY, and turn its failure into :class:`CopyRefused`; gives the session's id, by which errors are found."""
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


def rejected_rows(connection: Connection, session_id: int, most: int = 10) -> list[RejectedRow]:
    """The first ``most`` rows that the session's last COPY refused that refused any, as far as they can be told.

    As sys_load_error_detail has them, with the values of stl_load_errors where it has them; as stl_load_errors alone has
    them where the other may not be read; none where neither may.
    """
    return _with_values(*(_read(connection, view, session_id, {}, most) or [] for view in VIEWS))


class LeftOut:
    """What COPYs of a session leave out from now on, because MAXERROR lets them.

    Each view counts its COPYs by itself: sys_load_error_detail's query_id is neither stl_load_errors' query nor, for all
    that is known, pg_last_copy_id(). Redshift guide, SYS_QUERY_HISTORY
    """

    def __init__(self, connection: Connection, session_id: int) -> None:
        self._session_id = session_id
        self._before = {view: _last(connection, view, session_id) for view in VIEWS}

    def rows(self, connection: Connection, most: int) -> list[RejectedRow] | None:
        """The first ``most`` rows; None where neither view may be read, so that nobody knows."""
        read = [_read(connection, view, self._session_id, self._before, most) for view in VIEWS]
        return None if all(rows is None for rows in read) else _with_values(*(rows or [] for rows in read))


def notices(connection: Connection) -> deque[dict[bytes, bytes]]:
    """What the server has told the driver besides results."""
    return connection.connection.driver_connection.notices  # type: ignore[union-attr, no-any-return]


def number_left_out(said: Iterable[Mapping[bytes, bytes]]) -> int:
    """How many rows a COPY left out by its own account, where it gave one."""
    texts = (notice.get(b"M", b"").decode(errors="replace") for notice in said)
    return sum(int(number) for text in texts for number in LEFT_OUT.findall(text))


def _with_values(details: list[RejectedRow], errors: list[RejectedRow]) -> list[RejectedRow]:
    values = {(error.file, error.line, error.column): error.value for error in errors}
    return [replace(row, value=values.get((row.file, row.line, row.column))) for row in details or errors]


def _last(connection: Connection, source: Select[Any], session_id: int) -> int:
    """The view's number for the session's last COPY that refused rows; 0 where there is none, or none can be seen."""
    view = source.subquery("errors")
    try:
        return connection.scalar(select(func.max(view.c.query)).where(view.c.session == session_id)) or 0
    except DBAPIError:
        return 0
    finally:
        connection.rollback()


def _read(
    connection: Connection, source: Select[Any], session_id: int, before: Mapping[Select[Any], int], most: int
) -> list[RejectedRow] | None:
    """What a system view, whose texts are blank-padded, has of the session's last COPY that refused rows after ``before``.

    None when the view may not be read, or is not there.
    """
    view = source.subquery("errors")
    last = select(func.max(view.c.query)).where(view.c.session == session_id).scalar_subquery()
    of_copy = and_(view.c.query == last, view.c.query > before.get(source, 0))
    rows = select(view).where(of_copy).order_by(view.c.line, view.c.file, view.c.column).limit(most)
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
