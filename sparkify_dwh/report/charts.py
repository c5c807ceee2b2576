"""The charts as Vega-Lite specifications. The page supplies the data of each under the name ``rows``.

Colours are CSS variables of the page, so that charts follow its dark and print styles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST, SECOND, THIRD = "var(--first)", "var(--second)", "var(--third)"
COLOURS = {"paid": FIRST, "free": SECOND}
HEAT = [f"var(--heat-{step})" for step in range(6)]
ROWS = alt.NamedData("rows")


def specifications(levels: Iterable[str], bars_of: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return every chart by its name on the page.

    ``levels`` are those of the plays per day; ``bars_of`` has the number of bars of each bar chart.
    """
    colours = {level: COLOURS.get(level, THIRD) for level in sorted(levels, reverse=True)}
    charts: dict[str, alt.Chart] = {
        "plays": per_day("plays", "Plays", "level", colours),
        "week": heat_map(),
        "listeners": per_day("listeners", "Listeners", "kind", {"returning": FIRST, "new": SECOND}),
        "sessions": columns("songs", "Plays in the session", "sessions", "Sessions"),
        "states": bars("state", bars_of["states"]),
        "browsers": bars("browser", bars_of["browsers"]),
        "platforms": bars("platform", bars_of["platforms"]),
        "unmatched": share_per_day(),
    }
    return {name: _styled(chart).to_dict() for name, chart in charts.items()}


def per_day(measure: str, title: str, by: str, colours: dict[str, str]) -> alt.Chart:
    """Return stacked columns per day. ``day`` is in milliseconds since 1970, UTC."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    chart: alt.Chart = _chart(240).mark_bar().encode(
        x=_day(),
        y=alt.Y(measure, type="quantitative", title=title, axis=_whole()),
        color=alt.Color(by, type="nominal", scale=scale, legend=alt.Legend(title=None, orient="top")),
        order=alt.Order("position", type="quantitative"),
        tooltip=[_day_tooltip(), alt.Tooltip(by, type="nominal", title=by.capitalize()), _number(measure, title)],
    )  # fmt: skip
    return chart


def share_per_day() -> alt.Chart:
    """Return a line of the share of plays of songs that are not in the catalogue."""
    line: Any = {"color": FIRST, "size": 24}
    chart: alt.Chart = _chart(180).mark_line(color=FIRST, strokeWidth=2, point=line).encode(
        x=_day(),
        y=alt.Y("share", type="quantitative", title="Not in the catalogue", axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=[0, 1])),
        tooltip=[_day_tooltip(), alt.Tooltip("share", type="quantitative", title="Share", format=".1%"),
                 _number("plays", "Plays")],
    )  # fmt: skip
    return chart


def heat_map() -> alt.Chart:
    """Return a heat map of average plays by weekday and hour."""
    scale = alt.Scale(type="quantize", range=HEAT, domain=alt.DomainUnionWith(unionWith=[0]))
    chart: alt.Chart = _chart(7 * 26).mark_rect(stroke="var(--surface)", strokeWidth=1).encode(
        x=alt.X("hour", type="ordinal", title="Hour (UTC)", axis=alt.Axis(labelAngle=0, labelOverlap=True),
                scale=alt.Scale(domain=list(range(24)))),
        y=alt.Y("weekday", type="ordinal", title=None, scale=alt.Scale(domain=list(WEEKDAYS))),
        color=alt.Color("plays", type="quantitative", scale=scale,
                        legend=alt.Legend(title=None, orient="top", format=".2~s", labelLimit=0)),
        tooltip=[alt.Tooltip("weekday", type="nominal", title="Weekday"), alt.Tooltip("hour", type="ordinal", title="Hour"),
                 _number("plays", "Plays, on average", ",.1f")],
    )  # fmt: skip
    return chart


def columns(by: str, title: str, measure: str, measured: str) -> alt.Chart:
    """Return a column per row, in the order of the rows."""
    chart: alt.Chart = _chart(220).mark_bar(color=FIRST).encode(
        x=alt.X(by, type="ordinal", title=title, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y(measure, type="quantitative", title=measured, axis=_whole()),
        tooltip=[alt.Tooltip(by, type="nominal", title=title), _number(measure, measured)],
    )  # fmt: skip
    return chart


def bars(by: str, number: int) -> alt.Chart:
    """Return a bar of plays per row, in the order of the rows."""
    chart: alt.Chart = _chart(24 * number).mark_bar(color=FIRST).encode(
        x=alt.X("plays", type="quantitative", title="Plays", axis=_whole()),
        y=alt.Y(by, type="nominal", title=None, sort=None, axis=alt.Axis(labelLimit=130)),
        tooltip=[alt.Tooltip(by, type="nominal", title=by.capitalize()), _number("plays", "Plays")],
    )  # fmt: skip
    return chart


def _chart(height: int) -> alt.Chart:
    return alt.Chart(
        ROWS, width="container", height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )


def _day() -> alt.X:
    return alt.X("day", type="ordinal", timeUnit="utcyearmonthdate", title=None,
                 axis=alt.Axis(format="%-d %b", labelOverlap=True, labelAngle=0, ticks=False))  # fmt: skip


def _day_tooltip() -> alt.Tooltip:
    return alt.Tooltip("day", type="temporal", timeUnit="utcyearmonthdate", title="Day", format="%-d %B %Y")


def _number(name: str, title: str, form: str = ",") -> alt.Tooltip:
    return alt.Tooltip(name, type="quantitative", title=title, format=form)


def _whole() -> alt.Axis:
    """Return an axis of counts, with whole numbers only."""
    return alt.Axis(format=",d", tickMinStep=1, tickCount=5)


def _styled(chart: alt.Chart) -> alt.Chart:
    text: Any = {"labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12,
                 "titleFontWeight": "normal"}  # fmt: skip
    styled: alt.Chart = (
        chart.configure(background="transparent", font="system-ui, sans-serif", padding=4, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            **text, gridColor="var(--line)", domainColor="var(--line)", tickColor="var(--line)", titlePadding=8
        )
        .configure_axisX(grid=False)
        .configure_legend(**text, symbolType="square", symbolStrokeWidth=0)
    )
    return styled
