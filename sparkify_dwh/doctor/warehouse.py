"""Findings about the connection: whether there is one, to what, as whom, and whether the clocks agree."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, func, select, text

from sparkify_dwh.doctor.findings import Finding, ok, problem, warning
from sparkify_dwh.settings import Settings

MOST_SKEW_SECONDS = 60
_REDSHIFT = re.compile(r"Redshift [0-9.]*[0-9]")


def unmade_standin(settings: Settings) -> Finding | None:
    """A problem when the configuration names a stand-in that was never made: to look at it would make it."""
    directory = settings.standin_directory
    if not settings.is_standin or directory is None or directory.is_dir():
        return None
    return problem("migrations", f"There is no stand-in in {directory} yet. Run: sparkify-dwh upgrade.")


def warehouse_findings(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Raises what connecting raises, with its advice."""
    start = time.perf_counter()
    with engine.connect() as connection:
        seconds = time.perf_counter() - start
        asked = select(func.version(), func.current_user(), func.current_database())
        version, user, database = connection.execute(asked).one()
        what = "the embedded stand-in" if settings.is_standin else _named(str(version))
        yield ok("warehouse", f"Connected in {seconds:.2f} s to {what}, database {database}, as {user}.")
        yield _clocks(connection)


def _named(version: str) -> str:
    """Of ``PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC ..., Redshift 1.0.58814`` what says something."""
    found = _REDSHIFT.search(version)
    return found[0] if found else version[:80]


def _clocks(connection: Connection) -> Finding:
    """The warehouse's clock against this one, halfway between question and answer."""
    connection.execute(text("SET timezone TO 'UTC'"))  # GETDATE is of the session's zone. Redshift guide, r_GETDATE
    asked_at = datetime.now(timezone.utc).replace(tzinfo=None)
    theirs: datetime = connection.scalars(select(func.getdate())).one()
    answered_at = datetime.now(timezone.utc).replace(tzinfo=None)
    return clock_finding(theirs - (asked_at + (answered_at - asked_at) / 2))


def clock_finding(ahead: timedelta) -> Finding:
    """About a warehouse whose clock is ``ahead`` of this machine's."""
    seconds = ahead.total_seconds()
    if abs(seconds) <= MOST_SKEW_SECONDS:
        return ok("warehouse", f"The clocks of this machine and of the warehouse agree within {MOST_SKEW_SECONDS} s.")
    return warning(
        "warehouse",
        f"This machine's clock is {abs(seconds):,.0f} s {'behind' if seconds > 0 else 'ahead of'} the warehouse's. Loads "
        "refuse events that are after tomorrow by this clock, and AWS refuses requests that are 15 minutes off: set it by "
        "NTP.",
    )
