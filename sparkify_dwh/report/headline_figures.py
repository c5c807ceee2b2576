"""The headline figures of the page, with those of the days before for comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparkify_dwh.report.daily import Daily
from sparkify_dwh.report.data import ReportData
from sparkify_dwh.report.formatting import Kind, fraction
from sparkify_dwh.report.period import Period


@dataclass(frozen=True)
class Figure:
    """A number of the period; ``before`` is the number of as many days before, None when unknown."""

    name: str
    label: str
    kind: Kind
    meaning: str
    value: float | None = None
    before: float | None = None


FIGURES = (
    Figure("plays", "Plays", "count", "Songs that were started."),
    Figure("listeners", "Listeners", "count", "Users who started a song, each counted once."),
    Figure("new", "New listeners", "count", "Listeners whose very first play is on one of these days."),
    Figure("sessions", "Sessions", "count", "Sessions of the app with at least one play, each counted once."),
    Figure("seconds", "Listening time", "hours", "The length of the songs that were started: an upper bound."),
    Figure("per_listener", "Plays per listener", "ratio", "Plays divided by listeners."),
    Figure("paid", "Paid plays", "share", "Share of plays by users on the paid level at the time."),
    Figure(
        "unmatched", "Plays not in the catalogue", "share", "Share of plays of songs that are not in the catalogue."
    ),
)


def headline_figures(data: ReportData) -> list[Figure]:
    """Return the figures of the period; none without a period."""
    if data.listening is None:
        return []
    daily, period = data.listening.daily, data.listening.period
    now = measures(daily, period)
    before = measures(daily, period.before()) if data.comparable else {}
    return [replace(figure, value=now[figure.name], before=before.get(figure.name)) for figure in FIGURES]


def measures(daily: Daily, period: Period) -> dict[str, float | None]:
    """Return the figures' values by name; None for a ratio without plays."""
    plays, listeners = daily.total(daily.plays, period), daily.distinct(daily.listeners, period)
    return {
        "plays": plays,
        "listeners": listeners,
        "new": daily.total(daily.new, period),
        "sessions": daily.distinct(daily.sessions, period),
        "seconds": daily.total(daily.seconds, period),
        "per_listener": fraction(plays, listeners),
        "paid": fraction(daily.total(daily.levels["paid"], period), plays),
        "unmatched": fraction(plays - daily.total(daily.matched, period), plays),
    }
