"""The ledger's entries: written with a load or after a failed one, compared with the server's load history, and read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, column, func, insert, select, table
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import server_message
from sparkify_dwh.errors import ConfigurationError, MissingObjectError, SparkifyError, UsageError
from sparkify_dwh.ledger import LOADED, Load, LoadFile
from sparkify_dwh.loading.report import LoadReport
from sparkify_dwh.loading.stored_reports import read_report
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.text import numbered

log = safe_logger("sparkify_dwh.load")

MAX_REPORT_BYTES = Load.table().c.report.type.length  # type: ignore[attr-defined]

# Redshift guide, SYS_LOAD_HISTORY: a row per COPY. SYS_LOAD_DETAIL: a row per file that it read; file_name is blank-padded.
SYS_LOAD_HISTORY = table("sys_load_history", column("query_id"), column("session_id"))
SYS_LOAD_DETAIL = table("sys_load_detail", column("query_id"), column("file_name"))
MAX_FILE_NAME_BYTES = 256

# Typing errors: wrong arguments or settings, and a prefix or name with nothing there.
MISTAKES = (UsageError, ConfigurationError, MissingObjectError)

# Failed loads may have the number of another load: they are ordered by the warehouse's clock then.
LATEST_FIRST = (Load.number.desc().nulls_last(), Load.started_at.desc(), Load.load_id)


def next_number(connection: Connection) -> int:
    """Return the number of the next load. Under the lock, no other load gets it that is not failed."""
    greatest: int | None = connection.scalar(select(func.max(Load.number)))
    return (greatest or 0) + 1


def record_load(connection: Connection, report: LoadReport) -> None:
    """Write a load and its files into the ledger, in the transaction of the load."""
    report.outcome = LOADED
    connection.execute(insert(Load.table()).values(_row(report)))
    loaded_at = report.started_at + timedelta(seconds=report.seconds)
    entries = [
        {
            "load_id": report.load_id,
            "url": file.url,
            "etag": file.etag,
            "size": file.size,
            "loaded_at": loaded_at,
            "staged_into": staged_into,
            "number": report.number,
        }
        for staged_into, files in report.files.items()
        for file in files.files
    ]
    if entries:
        connection.execute(insert(LoadFile.table()), entries)


def record_failure(engine: Engine, report: LoadReport, error: BaseException) -> None:
    """Write a failed load into the ledger, in a transaction of its own. If that fails too, log it.

    A load that could not begin because of how it was called or configured is not one of the ledger's.
    """
    report.roll_back(_reason(error))
    if isinstance(error, MISTAKES):
        return
    try:
        with engine.begin() as connection:
            connection.execute(insert(Load.table()).values(_row(report)))
    except (DBAPIError, SparkifyError) as reason:
        log.warning("load %s: its failure could not be recorded: %s", report.load_id, server_message(reason))


def _reason(error: BaseException) -> str:
    """Return why a load failed. Messages of other libraries' errors may contain secrets, and are not stored."""
    if isinstance(error, SparkifyError):
        return str(error)
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "The load was interrupted and rolled back."
    return f"The load failed with an unexpected error ({type(error).__name__}) and was rolled back."


def compare_files(engine: Engine, report: LoadReport) -> None:
    """Warn of files in a manifest that the server does not list as read.

    This runs after the commit and only warns: Redshift fills the views with a delay, and may hide them from this user.
    """
    if report.session_id is None:
        return
    read = _files_read(engine, report.session_id)
    for staged_into, files in report.files.items():
        expected = {file.url[:MAX_FILE_NAME_BYTES] for file in files.files}
        missing = sorted(expected - read)
        if missing and expected & read:
            be = "is" if len(missing) == 1 else "are"
            report.warnings.append(
                f"{numbered(len(missing), 'file')} of {staged_into} {be} not in sys_load_detail, for example {missing[0]}"
            )


def _files_read(engine: Engine, session_id: int) -> set[str]:
    detail, history = SYS_LOAD_DETAIL.c, SYS_LOAD_HISTORY.c
    copies = SYS_LOAD_DETAIL.join(SYS_LOAD_HISTORY, detail.query_id == history.query_id)
    names = select(func.rtrim(detail.file_name)).select_from(copies).where(history.session_id == session_id)
    try:
        with engine.connect() as connection:
            return set(connection.scalars(names).all())
    except (DBAPIError, SparkifyError) as error:
        log.info("sys_load_detail cannot be read: %s", error)
        return set()


def recent_loads(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the reports of the last ``limit`` loads, including failed ones, the latest first."""
    latest_first = select(Load.report).order_by(*LATEST_FIRST).limit(limit)
    return [read_report(report) for report in connection.scalars(latest_first)]


def one_load(connection: Connection, load_id: str) -> dict[str, Any]:
    """Return the report of the load whose id begins with ``load_id``.

    Raises :class:`UsageError` unless there is exactly one.
    """
    matching = select(Load.load_id, Load.report).where(Load.load_id.startswith(load_id, autoescape=True))
    loads = connection.execute(matching.order_by(Load.load_id).limit(2)).all()
    if len(loads) != 1:
        number = "no load" if not loads else "more than one load"
        raise UsageError(f"The ledger has {number} whose id begins with {load_id!r}", "see `sparkify-dwh history`.")
    return read_report(loads[0].report)


def _row(report: LoadReport) -> dict[str, object]:
    return {
        "load_id": report.load_id,
        "started_at": report.started_at,
        "seconds": report.seconds,
        "version": report.version,
        "outcome": report.outcome,
        "report": report.to_json(max_bytes=MAX_REPORT_BYTES),
        "number": report.number,
    }
