"""What people listen with: browsers and platforms, told from the user agent.

User agents name browsers that they are not ("like Gecko", "Safari"), so the first rule that fits counts. Without a user
agent it is ``unknown``; what no rule fits is ``other``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, desc, func, select

from sparkify_dwh.analytics.measures import activity, visits_by
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
    return _activity_by("browser", BROWSERS, first, last)


def platforms(first: Day = None, last: Day = None) -> Select[Any]:
    """On which platforms do people listen?

    One row per platform: platform, plays, listeners, sessions, listening_seconds. The most plays first, then by name.
    """
    return _activity_by("platform", PLATFORMS, first, last)


def _activity_by(name: str, rules: tuple[tuple[str, str], ...], first: Day, last: Day) -> Select[Any]:
    """The user agents are told apart first, for there are far fewer visits than plays to compare with the patterns."""
    agents = visits_by(Songplay.user_agent, where=during(first, last))
    client, session = _named_by(rules, agents.c.user_agent).label(name), (agents.c.session_id, agents.c.user_id)
    plays, seconds = func.sum(agents.c.plays).label("plays"), func.sum(agents.c.seconds).label("seconds")
    clients = select(client, *session, plays, seconds).group_by(name, *session).subquery("clients")
    return activity(clients, name).order_by(desc("plays"), name)


def _named_by(rules: tuple[tuple[str, str], ...], user_agent: ColumnElement[str]) -> ColumnElement[str]:
    """The name that goes with the first pattern that fits the user agent."""
    is_unknown = (user_agent.is_(None), constant("unknown"))
    fits = [(user_agent.like(constant(pattern)), constant(name)) for pattern, name in rules]
    return case(is_unknown, *fits, else_=constant("other"))
