"""What people listen to: one function per question, each of which returns a SELECT.

    from sparkify_dwh import analytics
    question = analytics.top_songs("2018-11-01", "2018-11-30", limit=5)
    analytics.run(question)                 # its rows, from the warehouse of dwh.cfg
    analytics.frame(question)               # the same, as a pandas DataFrame

``first`` and ``last`` are days in UTC, the last one included; an omitted one leaves that side open. ``QUESTIONS`` maps
the names of ``sparkify-dwh query`` to the functions; ``sparkify-dwh query NAME --sql`` prints the SQL. A question is an
ordinary SELECT: join or filter it as a subquery (``question.subquery()``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select

from sparkify_dwh.analytics.catalogue import (
    artist_history,
    missing_songs,
    share_in_catalogue,
    share_in_catalogue_per_day,
    song_history,
    top_artists,
    top_songs,
)
from sparkify_dwh.analytics.geography import top_cities, top_states
from sparkify_dwh.analytics.overview import days_of_data, totals
from sparkify_dwh.analytics.plays import (
    plays_per_day,
    plays_per_hour,
    plays_per_hour_of_day,
    plays_per_week,
    plays_per_weekday,
    plays_per_weekday_and_hour,
)
from sparkify_dwh.analytics.retention import cohorts, new_and_returning_users
from sparkify_dwh.analytics.runner import frame, run
from sparkify_dwh.analytics.sessions import longest_sessions, plays_per_session, sessions, sessions_summary
from sparkify_dwh.analytics.user_agents import browsers, platforms
from sparkify_dwh.analytics.users import level_changes, levels, levels_per_day, top_users

Question = Callable[..., Select[Any]]

__all__ = [  # noqa: RUF022 (the questions in the order in which the command lists them)
    "QUESTIONS",
    "frame",
    "run",
    "totals",
    "days_of_data",
    "plays_per_day",
    "plays_per_week",
    "plays_per_hour",
    "plays_per_weekday",
    "plays_per_hour_of_day",
    "plays_per_weekday_and_hour",
    "top_songs",
    "top_artists",
    "missing_songs",
    "share_in_catalogue",
    "share_in_catalogue_per_day",
    "song_history",
    "artist_history",
    "top_users",
    "levels",
    "levels_per_day",
    "level_changes",
    "new_and_returning_users",
    "cohorts",
    "sessions",
    "longest_sessions",
    "sessions_summary",
    "plays_per_session",
    "top_cities",
    "top_states",
    "browsers",
    "platforms",
]

QUESTIONS: Mapping[str, Question] = {
    name.replace("_", "-"): globals()[name] for name in __all__ if name not in {"QUESTIONS", "frame", "run"}
}
