"""The plays of a report, read once and kept in temporary tables, of which the questions are asked.

A month of plays would be read by a dozen questions, and what they need of it is far smaller. The tables are the
connection's own and gone with its transaction: nothing in the warehouse changes. Making them takes the privilege TEMP on the
database, which everyone has unless it was taken away (Redshift guide, r_GRANT).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    DateTime,
    Double,
    Integer,
    Select,
    String,
    column,
    func,
    select,
    table,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sparkify_dwh.analytics.period import day_of, during
from sparkify_dwh.report.period import Period
from sparkify_dwh.star import Songplay, trimmed

VISITS = table(
    "report_visits",
    column("day", Date),
    column("session_id", BigInteger),
    column("user_id", Integer),
    column("level", String),
    column("location", String),
    column("user_agent", String),
    column("plays", BigInteger),
    column("seconds", Double),
    column("matched_plays", BigInteger),
    column("began_at", DateTime),
    column("last_began_at", DateTime),
)
SONGS = table(
    "report_songs",
    column("song", String),
    column("artist", String),
    column("plays", BigInteger),
    column("seconds", Double),
    column("matched_plays", BigInteger),
)
LISTENERS = table("report_listeners", column("user_id", Integer), column("first_play", DateTime))


class TemporaryTable(ExecutableDDLElement):
    """CREATE TEMP TABLE ... AS SELECT. Redshift guide, r_CREATE_TABLE_AS"""

    def __init__(self, name: str, rows: Select[Any]) -> None:
        self.name = name
        self.rows = rows


@compiles(TemporaryTable)
def _create(element: TemporaryTable, compiler: Any, **_kw: Any) -> str:
    name = compiler.preparer.quote(element.name)
    return f"CREATE TEMP TABLE {name} AS {compiler.sql_compiler.process(element.rows, literal_binds=True)}"


def gather(connection: Connection, period: Period) -> None:
    """Make the temporary tables: of the period, and of the days before with which it is compared."""
    tables = {VISITS: visits(period), SONGS: songs(period), LISTENERS: listeners(period)}
    for made, rows in tables.items():
        assert list(made.c.keys()) == list(rows.selected_columns.keys())
        connection.execute(TemporaryTable(made.name, rows))


def visits(period: Period) -> Select[Any]:
    """One row per day, session (with its user), level, location and user agent, of the period and of the days before."""
    plays = union_all(*(_plays_by_day(days) for days in (period.before(), period))).subquery("plays")
    of_what = [plays.c[name] for name in ("day", "session_id", "user_id", "level", "location", "user_agent")]
    return select(
        *of_what,
        func.count().label("plays"),
        func.sum(plays.c.song_length).label("seconds"),
        func.count(plays.c.song_id).label("matched_plays"),
        func.min(plays.c.start_time).label("began_at"),
        func.max(plays.c.start_time).label("last_began_at"),
    ).group_by(*of_what)


def _plays_by_day(period: Period) -> Select[Any]:
    return select(
        day_of(Songplay.start_time).label("day"),
        Songplay.session_id,
        Songplay.user_id,
        Songplay.level,
        Songplay.location,
        Songplay.user_agent,
        Songplay.start_time,
        Songplay.song_length,
        Songplay.song_id,
    ).where(*during(period.first, period.last))


def songs(period: Period) -> Select[Any]:
    """One row per title and artist as logged, of the period; NULL where the log names none."""
    return (
        select(
            trimmed(Songplay.song_title).label("song"),
            trimmed(Songplay.artist_name).label("artist"),
            func.count().label("plays"),
            func.sum(Songplay.song_length).label("seconds"),
            func.count(Songplay.song_id).label("matched_plays"),
        )
        .where(*during(period.first, period.last))
        .group_by("song", "artist")
    )


def listeners(period: Period) -> Select[Any]:
    """One row per user who listened up to the last day, and since when."""
    return (
        select(Songplay.user_id, func.min(Songplay.start_time).label("first_play"))
        .where(Songplay.user_id.is_not(None), *during(None, period.last))
        .group_by(Songplay.user_id)
    )
