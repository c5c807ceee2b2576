"""Rollups: the plays of a report aggregated in temporary tables, which its questions read.

A dozen questions would each scan a month of plays. Instead the plays are read once for each of four smaller tables. Each
has only the columns that its questions use together, because more columns would mean many more rows. The tables belong to
the session and go with its transaction, so the warehouse does not change. CREATE TEMP TABLE needs the privilege TEMP on the
database, which all users have by default (Redshift guide, r_GRANT).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TableClause, column, func, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sparkify_dwh.analytics.measures import as_count
from sparkify_dwh.analytics.period import during, hour_of
from sparkify_dwh.report.period import Period
from sparkify_dwh.sql.expressions import trimmed
from sparkify_dwh.star import Songplay


def listeners() -> Select[Any]:
    """One row per user with plays, and one for plays without a user: user_id, first_play, last_play."""
    first, last = func.min(Songplay.start_time), func.max(Songplay.start_time)
    return select(Songplay.user_id, first.label("first_play"), last.label("last_play")).group_by(Songplay.user_id)


def session_hours(plays: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """One row per hour, session (with its user) and level, of the plays that meet the conditions."""
    return (
        select(
            hour_of(Songplay.start_time).label("hour"),
            Songplay.session_id,
            Songplay.user_id,
            Songplay.level,
            func.count().label("plays"),
            func.sum(Songplay.song_length).label("seconds"),
            func.count(Songplay.song_id).label("matched_plays"),
            func.min(Songplay.start_time).label("began_at"),
            func.max(Songplay.start_time).label("last_began_at"),
        )
        .where(*plays)
        .group_by("hour", Songplay.session_id, Songplay.user_id, Songplay.level)
    )


def audience(plays: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """One row per user, level, location and user agent."""
    who = (Songplay.user_id, Songplay.level, Songplay.location, Songplay.user_agent)
    sums = func.count().label("plays"), func.sum(Songplay.song_length).label("seconds")
    return select(*who, *sums).where(*plays).group_by(*who)


def songs(plays: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """One row per title and artist as logged; NULL when the log has none.

    Plays are grouped before trailing blanks are trimmed, because there are far fewer names than plays.
    """
    names = (Songplay.song_title, Songplay.artist_name)
    logged = (
        select(
            *names,
            func.count().label("plays"),
            func.sum(Songplay.song_length).label("seconds"),
            func.count(Songplay.song_id).label("matched_plays"),
        )
        .where(*plays)
        .group_by(*names)
        .subquery("logged")
        .c
    )
    return select(
        trimmed(logged.song_title).label("song"),
        trimmed(logged.artist_name).label("artist"),
        as_count(func.sum(logged.plays)).label("plays"),
        func.sum(logged.seconds).label("seconds"),
        as_count(func.sum(logged.matched_plays)).label("matched_plays"),
    ).group_by("song", "artist")


def _table(name: str, rows: Select[Any]) -> TableClause:
    """Return a table with the columns of the rows."""
    return table(name, *(column(name, selected.type) for name, selected in rows.selected_columns.items()))


LISTENERS = _table("report_listeners", listeners())
SESSION_HOURS = _table("report_session_hours", session_hours([]))
AUDIENCE = _table("report_audience", audience([]))
SONGS = _table("report_songs", songs([]))


class TemporaryTable(ExecutableDDLElement):
    """CREATE TEMP TABLE ... AS SELECT. Redshift guide, r_CREATE_TABLE_AS"""

    def __init__(self, table: TableClause, rows: Select[Any]) -> None:
        self.table = table
        self.rows = rows


@compiles(TemporaryTable)
def _create(element: TemporaryTable, compiler: Any, **_kw: Any) -> str:
    name = compiler.preparer.format_table(element.table)
    return f"CREATE TEMP TABLE {name} AS {compiler.sql_compiler.process(element.rows, literal_binds=True)}"


def create_listeners(connection: Connection) -> None:
    """Create the temporary table of all listeners."""
    connection.execute(TemporaryTable(LISTENERS, listeners()))


def create_rollups(connection: Connection, period: Period, days: Period | None) -> None:
    """Create the temporary tables of a period and of the days before it.

    ``days`` are those from the first play in the warehouse to the last.
    """
    of_period = plays_of(period, days)
    with_days_before = plays_of(Period(period.before().first, period.last), days)
    connection.execute(TemporaryTable(SESSION_HOURS, session_hours(with_days_before)))
    connection.execute(TemporaryTable(AUDIENCE, audience(of_period)))
    connection.execute(TemporaryTable(SONGS, songs(of_period)))


def plays_of(period: Period, days: Period | None) -> list[ColumnElement[bool]]:
    """Return conditions for the plays of a period, without bounds that exclude nothing.

    Without statistics, a planner assumes that a bound excludes nearly all rows, and then sorts where it should hash.
    """
    if days is None:
        return during(period.first, period.last)
    return during(period.first if days.first < period.first else None, period.last if period.last < days.last else None)
