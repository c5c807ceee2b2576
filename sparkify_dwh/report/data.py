"""The data of a report, read in one transaction that writes nothing to the warehouse's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from sparkify_dwh.checks.freshness import Freshness, read_freshness
from sparkify_dwh.database import connected, server_message, warehouse_now
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.report import questions
from sparkify_dwh.report.listening import Listening, listening
from sparkify_dwh.report.load_status import LoadStatus, read_load_status
from sparkify_dwh.report.period import Period, choose_period
from sparkify_dwh.report.rollups import create_listeners
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.utils.dates import as_date
from sparkify_dwh.utils.version import VERSION

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class ReportData:
    """The data of a report. ``days`` are those from the first play in the warehouse to the last; None without plays.

    ``made_at`` is by the clock of the warehouse. ``max_age`` is that of the newest play, if it has one.
    """

    made_at: datetime
    version: str
    database: str
    days: Period | None
    listening: Listening | None
    load_status: LoadStatus
    freshness: Freshness
    max_age: timedelta | None = None

    @property
    def is_too_old(self) -> bool:
        """Whether the newest play is older than it may be."""
        return self.max_age is not None and self.freshness.is_older_than(self.max_age)

    @property
    def comparable(self) -> bool:
        """Whether the warehouse has plays from the first of the days before, so that a comparison is fair."""
        return self.listening is not None and self.known_from <= self.listening.daily.span.first

    @property
    def known_from(self) -> date:
        """The first day with plays."""
        return self.days.first if self.days else date.max


def read_report_data(  # noqa: PLR0913 (options by name)
    settings: Settings,
    first: date | str | None = None,
    last: date | str | None = None,
    *,
    check: bool = False,
    now: datetime | None = None,
    on_step: OnStep = lambda _step: None,
) -> ReportData:
    """Read the data of a report from the warehouse. ``now`` is UTC, by default that of the warehouse.

    ``check`` runs all checks on the whole warehouse.

    Raises :class:`UnreachableError`, :class:`NotMigratedError`, :class:`SparkifyError` when the warehouse refuses a query,
    and :class:`UsageError` for an invalid day or period.
    """
    first, last = (None if day is None else as_date(day) for day in (first, last))
    with connected(settings) as connection:
        require_migrated(connection, SPARKIFY)
        try:
            on_step("looking at the loads")
            now = now or warehouse_now(connection)
            freshness = read_freshness(connection, SPARKIFY.event_time, now)
            load_status = read_load_status(connection, now, check, settings.checks)
            on_step("reading the plays")
            create_listeners(connection)
            bounds = connection.execute(questions.days_of_data()).one()
            days = Period(bounds.first_day, bounds.last_day) if bounds.first_day else None
            period = choose_period(days, first, last, now.date())
            heard = listening(connection, period, days, on_step) if period else None
        except DBAPIError as error:
            raise SparkifyError(f"The warehouse refused a query of the report: {server_message(error)}.") from error
        finally:
            connection.rollback()
    name = _warehouse_name(settings)
    return ReportData(now, VERSION, name, days, heard, load_status, freshness, settings.max_age)


def _warehouse_name(settings: Settings) -> str:
    """Return database and host of the warehouse, without user and password."""
    url = settings.url
    name = f"{url.database} at {url.host}" if url.host else f"the stand-in in {url.database}"
    return f"{name}, {settings.schemas}" if settings.schemas else name
