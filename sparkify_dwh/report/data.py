"""All that a report says, asked of the warehouse in one transaction, which writes nothing to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import connected, server_message
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.report import questions
from sparkify_dwh.report.listening import Listening, listening
from sparkify_dwh.report.load_status import Upkeep, upkeep
from sparkify_dwh.report.period import Period, chosen
from sparkify_dwh.report.rollups import gather_listeners
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.utils.dates import as_date
from sparkify_dwh.utils.version import VERSION

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What the report is to be about; ``now`` is UTC. ``check`` is whether to check everything in the warehouse."""

    first: date | None
    last: date | None
    check: bool
    now: datetime

    @classmethod
    def of(cls, first: date | str | None = None, last: date | str | None = None, *, check: bool = False) -> Wanted:
        """As people give them: days as dates or texts, and now. Raises :class:`UsageError` for what is no day."""
        first, last = (None if day is None else as_date(day) for day in (first, last))
        return cls(first, last, check, datetime.now(timezone.utc).replace(tzinfo=None))


@dataclass(frozen=True)
class ReportData:
    """What a report says. ``days`` are those the warehouse has plays of; without a period there are no plays at all."""

    made_at: datetime
    version: str
    database: str
    days: Period | None
    listening: Listening | None
    upkeep: Upkeep

    @property
    def comparable(self) -> bool:
        """Whether the warehouse's plays reach back to the first of the days before, so that comparing is fair."""
        return self.listening is not None and self.known_from <= self.listening.daily.span.first

    @property
    def known_from(self) -> date:
        """The first day of which the warehouse can be expected to know."""
        return self.days.first if self.days else date.max


def ask(settings: Settings, wanted: Wanted, on_step: OnStep = lambda _step: None) -> ReportData:
    """Ask the warehouse for all that a report says.

    Raises :class:`UnreachableError`, :class:`NotMigratedError`, and :class:`UsageError` for days that make no period.
    """
    with connected(settings) as connection:
        require_migrated(connection, SPARKIFY)
        try:
            return _ask(connection, settings, wanted, on_step)
        except DBAPIError as error:
            raise SparkifyError(
                f"The report needs answers to its questions, and the warehouse refused one: {server_message(error)}."
            ) from error
        finally:
            connection.rollback()


def _ask(connection: Connection, settings: Settings, wanted: Wanted, on_step: OnStep) -> ReportData:
    on_step("looking at the loads")
    kept = upkeep(connection, wanted.check)
    on_step("reading the plays")
    gather_listeners(connection)
    found = connection.execute(questions.days_of_data()).one()
    days = Period(found.first_day, found.last_day) if found.first_day else None
    period = chosen(days, wanted.first, wanted.last, wanted.now.date())
    return ReportData(
        wanted.now,
        VERSION,
        _place(settings),
        days,
        listening(connection, period, days, on_step) if period else None,
        kept,
    )


def _place(settings: Settings) -> str:
    """Which warehouse it is, without user and password."""
    url = settings.url
    return f"{url.database} at {url.host}" if url.host else f"the stand-in in {url.database}"
