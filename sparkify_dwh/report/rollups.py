"""The plays of a report, added up in temporary tables, of which the questions are asked.

A month of plays would be read by a dozen questions, and what they need of it is far smaller: so it is read once for each of
four tables. Each holds what goes together, for rows that tell apart what no question asks for together would be many more.
The tables are the connection's own and gone with its transaction: nothing in the warehouse changes. Making them takes the
privilege TEMP on the database, which everyone has unless it was taken away (Redshift guide, r_GRANT).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Integer,
    Select,
    String,
    TableClause,
    column,
    func,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sparkify_dwh.analytics.measures import as_count
from sparkify_dwh.analytics.period import during, hour_of
from sparkify_dwh.report.period import Period
from sparkify_dwh.sql.expressions import trimmed
from sparkify_dwh.star import Songplay

SESSION_HOURS = table(
    "report_session_hours",
    column("hour", DateTime),
    column("session_id", BigInteger),
    column("user_id", Integer),
    column("level", String),
    column("plays", BigInteger),
    column("seconds", Double),
    column("matched_plays", BigInteger),
    column("began_at", DateTime),
    column("last_began_at", DateTime),
)
AUDIENCE = table(
    "report_audience",
    column("user_id", Integer),
    column("level", String),
    column("location", String),
    column("user_agent", String),
    column("plays", BigInteger),
    column("seconds", Double),
)
SONGS = table(
    "report_songs",
    column("song", String),
    column("artist", String),
    column("plays", BigInteger),
    column("seconds", Double),
    column("matched_plays", BigInteger),
)
LISTENERS = table(
    "report_listeners",
    column("user_id", Integer),
    column("first_play", DateTime),
    column("last_play", DateTime),
)


class TemporaryTable(ExecutableDDLElement):
    """CREATE TEMP TABLE ... AS SELECT. Redshift guide, r_CREATE_TABLE_AS"""

    def __init__(self, name: str, rows: Select[Any]) -> None:
        self.name = name
        self.rows = rows


@compiles(TemporaryTable)
def _create(element: TemporaryTable, compiler: Any, **_kw: Any) -> str:
    name = compiler.preparer.quote(element.name)
    return f"CREATE TEMP TABLE {name} AS {compiler.sql_compiler.process(element.rows, literal_binds=True)}"


def gather_listeners(connection: Connection) -> None:
    """Make the temporary table of everybody who ever listened."""
    _make(connection, LISTENERS, listeners())


def gather(connection: Connection, period: Period, days: Period | None) -> None:
    """Make the temporary tables of a period, and of the days before with which it is compared.

    ``days`` are those from the first to the last of which the warehouse has plays.
    """
    of_period = plays_of(period, days)
    _make(connection, SESSION_HOURS, session_hours(plays_of(Period(period.before().first, period.last), days)))
    _make(connection, AUDIENCE, audience(of_period))
    _make(connection, SONGS, songs(of_period))


def plays_of(period: Period, days: Period | None) -> list[ColumnElement[bool]]:
    """Conditions that are true of the plays of a period, without a bound beyond which there are no plays.

    Such a bound leaves nothing out. A planner that has no statistics takes it for one that leaves out nearly all, and then
    sorts what it should hash.
    """
    if days is None:
        return during(period.first, period.last)
    return during(period.first if days.first < period.first else None, period.last if period.last < days.last else None)


def _make(connection: Connection, made: TableClause, rows: Select[Any]) -> None:
    assert list(made.c.keys()) == list(rows.selected_columns.keys())
    connection.execute(TemporaryTable(made.name, rows))


def listeners() -> Select[Any]:
    """One row per user with plays, and one of the plays of nobody known: user_id, first_play, last_play."""
    first, last = func.min(Songplay.start_time), func.max(Songplay.start_time)
    return select(Songplay.user_id, first.label("first_play"), last.label("last_play")).group_by(Songplay.user_id)


def session_hours(plays: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """One row per hour, session (with its user) and level, of the plays of which the conditions are true."""
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
    """One row per title and artist as logged; NULL where the log names none.

    Blanks are cut off of names, of which there are far fewer than plays.
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
