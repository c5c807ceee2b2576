"""The page: a report as one HTML file that works offline.

Its Content-Security-Policy allows only the embedded scripts, by their hashes: no connections, images or fonts, and no script
hidden in a name from the log. Names are escaped by Jinja, and in the embedded JSON no ``<`` is left.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from functools import partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sparkify_dwh.report.charts import WEEKDAYS, specifications
from sparkify_dwh.report.data import ReportData
from sparkify_dwh.report.formatting import (
    FORMATS,
    MISSING,
    UNCHANGED,
    format_change,
    format_day,
    format_number,
    fraction,
)
from sparkify_dwh.report.headline_figures import FIGURES, headline_figures
from sparkify_dwh.report.listening import Group, Listening, SessionClass
from sparkify_dwh.utils.durations import format_duration

NUMBERS = ("plays", "seconds", "matched", "levels", "new", "listeners", "sessions", "hours")
MISSING_NAMES = {"song": "(no title)", "artist": "(no artist)", "level": "unknown", "location": "(no location)"}


def render_page(data: ReportData, chart_script: str) -> str:
    """Return the report as HTML; ``chart_script`` is the chart library as one script."""
    scripts = [chart_script, _text("report.js")]
    return _environment().get_template("page.html").render(
        data=data,
        listening=data.listening,
        load_status=data.load_status,
        figures=headline_figures(data),
        meanings=FIGURES,
        week=mean_week(data.listening) if data.listening else [],
        style=Markup(_text("report.css")),  # noqa: S704 (our own text)
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (our own text, and a library's)
        hashes=" ".join(f"'sha256-{_hash(script)}'" for script in scripts),
        json=as_json(_embedded(data)),
    )  # fmt: skip


def as_json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element, whatever its texts."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (no HTML syntax is left)


def mean_week(listening: Listening) -> list[list[float]]:
    """Return plays per weekday (from Monday) and hour, averaged over the weekdays of the period."""
    dates = listening.period.dates
    week = []
    for weekday in range(7):
        hours = [listening.daily.hours[index] for index, day in enumerate(dates) if day.weekday() == weekday]
        week.append([sum(day[hour] for day in hours) / max(len(hours), 1) for hour in range(24)])
    return week


def format_plays_range(sessions: SessionClass) -> str:
    """Return the plays of a class of sessions: 3–5, or 81+ for the last."""
    if sessions.most is None:
        return f"{sessions.least}+"
    return str(sessions.least) if sessions.least == sessions.most else f"{sessions.least}–{sessions.most}"


def _embedded(data: ReportData) -> dict[str, Any]:
    """Return the data of the page's script: chart specifications, chart rows, daily numbers and formats."""
    if data.listening is None or not data.listening.plays:
        return {"specs": {}, "rows": {}, "daily": None}
    listening = data.listening
    rows = {
        "sessions": [
            {"songs": format_plays_range(each), "sessions": each.sessions} for each in listening.sessions.classes
        ],
        "states": _rows("state", listening.states),
        "browsers": _rows("browser", listening.browsers),
        "platforms": _rows("platform", listening.platforms),
    }
    return {
        "specs": specifications(listening.daily.levels, {name: len(bars) for name, bars in rows.items()}),
        "rows": rows,
        "daily": _daily(data, listening),
        "figures": {figure.name: figure.kind for figure in FIGURES},
        "weekdays": WEEKDAYS,
        "formats": {
            "numbers": {kind: [asdict(rule) for rule in rules] for kind, rules in FORMATS.items()},
            "missing": MISSING,
            "unchanged": UNCHANGED,
            "days": [format_day(day) for day in listening.daily.span.dates],
        },
    }


def _daily(data: ReportData, listening: Listening) -> dict[str, Any]:
    daily, period = listening.daily, listening.period
    return {
        "first": daily.span.first.isoformat(),
        "period": [daily.index(period.first), daily.index(period.last)],
        "known": max(0, daily.index(data.known_from)),
        **{name: getattr(daily, name) for name in NUMBERS},
    }


def _rows(name: str, groups: list[Group]) -> list[dict[str, Any]]:
    return [{name: group.name or MISSING_NAMES["location"], "plays": group.plays} for group in groups]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sparkify_dwh.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=partial(format_number, "count"),
        ratio=partial(format_number, "ratio"),
        share=partial(format_number, "share"),
        duration=partial(format_number, "hours"),
        value=lambda figure: format_number(figure.kind, figure.value),
        change=lambda figure: format_change(figure.kind, figure.value, figure.before),
        day=format_day,
        age=format_duration,
        plays_range=format_plays_range,
    )
    environment.globals.update(fraction=fraction, missing_names=MISSING_NAMES, weekdays=WEEKDAYS)
    return environment


def _text(name: str) -> str:
    return (files("sparkify_dwh.report") / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Return the hash of a script in the form of a Content-Security-Policy."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
