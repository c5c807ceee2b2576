"""Findings about the connection: server, database, user, and whether the clocks agree."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, func, select

from sparkify_dwh.database import warehouse_now
from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.settings import Settings

MAX_CLOCK_SKEW_SECONDS = 60
_REDSHIFT = re.compile(r"Redshift [0-9.]*[0-9]")


def missing_standin(settings: Settings) -> Finding | None:
    """Return a problem when the configured stand-in does not exist yet, because connecting would create it."""
    directory = settings.standin_directory
    if directory is None or directory.is_dir():
        return None
    return problem("migrations", f"There is no stand-in in {directory} yet. Run: sparkify-dwh upgrade.")


def warehouse_findings(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Yield the findings. Raises what connecting raises."""
    start = time.perf_counter()
    with engine.connect() as connection:
        seconds = time.perf_counter() - start
        session = select(func.version(), func.current_user(), func.current_database())
        version, user, database = connection.execute(session).one()
        server = "the embedded stand-in" if settings.is_standin else _product(str(version))
        schema = f", {settings.schemas}" if settings.schemas else ""
        yield ok("warehouse", f"Connected in {seconds:.2f} s to {server}, database {database}{schema}, as {user}.")
        yield _clocks(connection)


def _product(version: str) -> str:
    """Return ``Redshift 1.0.58814`` for ``PostgreSQL 8.0.2 on i686-pc-linux-gnu, ..., Redshift 1.0.58814``."""
    match = _REDSHIFT.search(version)
    return match[0] if match else version[:80]


def _clocks(connection: Connection) -> Finding:
    """Compare the warehouse's clock with this one, taking its time as halfway between request and response."""
    sent_at = datetime.now(timezone.utc).replace(tzinfo=None)
    server_time = warehouse_now(connection)
    received_at = datetime.now(timezone.utc).replace(tzinfo=None)
    return clock_finding(server_time - (sent_at + (received_at - sent_at) / 2))


def clock_finding(ahead: timedelta) -> Finding:
    """Return the finding for a warehouse whose clock is ``ahead`` of this machine's."""
    seconds = ahead.total_seconds()
    if abs(seconds) <= MAX_CLOCK_SKEW_SECONDS:
        return ok(
            "warehouse", f"The clocks of this machine and of the warehouse agree within {MAX_CLOCK_SKEW_SECONDS} s."
        )
    return warning(
        "warehouse",
        f"This machine's clock is {abs(seconds):,.0f} s {'behind' if seconds > 0 else 'ahead of'} the warehouse's. AWS "
        "refuses requests that are 15 minutes off, and `plan` judges times by this clock: synchronize it by NTP.",
    )
