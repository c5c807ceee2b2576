"""What people listen with: browsers and platforms, by the user agent.

User agents name other browsers too ("like Gecko", "Safari"), so the first matching rule wins. A missing user agent is
``unknown``; one that no rule matches is ``other``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, case, func, select

from sparkify_dwh.analytics.measures import most_active, session_plays
from sparkify_dwh.analytics.period import Day, constant, during
from sparkify_dwh.star import Songplay

BROWSERS = (
    ("%Edg%/%", "Edge"),  # names Chrome and Safari too
    ("%OPR/%", "Opera"),  # likewise
    ("%Opera%", "Opera"),
    ("%SamsungBrowser/%", "Samsung Internet"),  # likewise
    ("%Chromium/%", "Chromium"),  # names Chrome too
    ("%Chrome/%", "Chrome"),  # names Safari too
    ("%CriOS/%", "Chrome"),
    ("%Firefox/%", "Firefox"),
    ("%FxiOS/%", "Firefox"),
    ("%MSIE %", "Internet Explorer"),
    ("%Trident/%", "Internet Explorer"),
    ("%Android%", "Android Browser"),  # names Safari too
    ("%Safari/%", "Safari"),
)
PLATFORMS = (
    ("%Windows Phone%", "Windows Phone"),  # names Android and iPhone too
    ("%iPhone%", "iPhone"),  # names Mac OS X too
    ("%iPad%", "iPad"),  # likewise
    ("%iPod%", "iPod"),  # likewise
    ("%Android%", "Android"),  # names Linux too
    ("%Windows%", "Windows"),
    ("%Macintosh%", "Mac"),
    ("%CrOS%", "ChromeOS"),
    ("%Linux%", "Linux"),
)


def browsers(first: Day = None, last: Day = None) -> Select[Any]:
    """With which browsers do people listen?

    One row per browser: browser, plays, listeners, sessions, listening_seconds. The most plays first, then by name.
    """
    return by_browser(_per_user_agent(first, last))


def platforms(first: Day = None, last: Day = None) -> Select[Any]:
    """On which platforms do people listen?

    One row per platform: platform, plays, listeners, sessions, listening_seconds. The most plays first, then by name.
    """
    return by_platform(_per_user_agent(first, last))


def by_browser(rows: FromClause) -> Select[Any]:
    """The rows of ``browsers`` from rows with a user_agent: see :func:`sparkify_dwh.analytics.measures.activity`."""
    return most_active(_renamed(rows, "browser", BROWSERS), "browser")


def by_platform(rows: FromClause) -> Select[Any]:
    """The rows of ``platforms`` from rows with a user_agent: see :func:`sparkify_dwh.analytics.measures.activity`."""
    return most_active(_renamed(rows, "platform", PLATFORMS), "platform")


def _per_user_agent(first: Day, last: Day) -> Subquery:
    return session_plays(Songplay.user_agent, where=during(first, last))


def _renamed(rows: FromClause, name: str, rules: tuple[tuple[str, str], ...]) -> Subquery:
    """The rows with the name of their user agent in its place, so that several versions of a browser are one.

    Sessions with their user agents are matched, not plays: there are far fewer of them.
    """
    keys = [rows.c[key] for key in ("session_id", "user_id") if key in rows.c]
    plays, seconds = func.sum(rows.c.plays).label("plays"), func.sum(rows.c.seconds).label("seconds")
    named = select(_name_of(rows.c.user_agent, rules).label(name), *keys, plays, seconds).group_by(name, *keys)
    return named.subquery("clients")


def _name_of(user_agent: ColumnElement[str], rules: tuple[tuple[str, str], ...]) -> ColumnElement[str]:
    """The name of the first pattern that the user agent matches."""
    is_unknown = (user_agent.is_(None), constant("unknown"))
    matches = [(user_agent.like(constant(pattern)), constant(name)) for pattern, name in rules]
    return case(is_unknown, *matches, else_=constant("other"))
