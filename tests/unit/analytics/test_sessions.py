"""Questions about sessions, places, browsers and platforms."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection
from support.listening import a_play, add_plays, records, rows
from support.sql import sql

from sparkify_dwh import analytics

WINDOWS, MAC = "(Windows NT 6.1; WOW64)", "(Macintosh; Intel Mac OS X 10_9_4)"
IPHONE, ANDROID = "(iPhone; CPU iPhone OS 7_1_2 like Mac OS X)", "(Linux; Android 8.0; SM-G950F)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/36.0.1985.143"


def test_a_session_goes_from_the_first_play_to_the_last(connection: Connection) -> None:
    add_plays(
        connection,
        a_play("2018-11-15 12:00:00.100"),
        a_play("2018-11-15 12:10:00.100", item_in_session=1),
        a_play("2018-11-15 11:00:00", user_id=16),
    )
    assert rows(connection, analytics.sessions()) == [
        (818, 16, datetime(2018, 11, 15, 11), 0, 1, 200),
        (818, 15, datetime(2018, 11, 15, 12, 0, 0, 100_000), 600, 2, 400),
    ]
    assert [row[1] for row in rows(connection, analytics.longest_sessions())] == [15, 16]
    assert [row[1] for row in rows(connection, analytics.sessions(limit=1))] == [16]


def test_a_session_that_began_before_the_first_day_counts_with_the_rest(connection: Connection) -> None:
    add_plays(connection, a_play("2018-11-14 23:00:00"), a_play("2018-11-15 00:00:00"), a_play("2018-11-15 00:01:00"))
    assert [row[2:5] for row in rows(connection, analytics.sessions("2018-11-15"))] == [(datetime(2018, 11, 15), 60, 2)]


def test_each_median_has_its_own_subquery() -> None:
    """Redshift allows one order for all medians of a query; and AVG of integers would be an integer."""
    _, summary = sql(analytics.sessions_summary()).split("songplays.user_id) ", 1)
    assert summary == (
        "SELECT count(*) AS sessions, avg(CAST(session.length_seconds AS DOUBLE PRECISION)) AS mean_seconds, "
        "(SELECT median(CAST(session.length_seconds AS DOUBLE PRECISION)) AS median_1 FROM session) AS median_seconds, "
        "max(session.length_seconds) AS longest_seconds, avg(CAST(session.plays AS DOUBLE PRECISION)) AS mean_plays, "
        "(SELECT median(CAST(session.plays AS DOUBLE PRECISION)) AS median_2 FROM session) AS median_plays, "
        "max(session.plays) AS most_plays FROM session"
    )


def test_the_summary_of_sessions_is_one_row(connection: Connection) -> None:
    assert rows(connection, analytics.sessions_summary()) == [(0, None, None, None, None, None, None)]
    add_plays(
        connection,
        a_play("2018-11-15 12:00:00"),
        a_play("2018-11-15 12:05:00"),
        a_play("2018-11-15 12:15:00"),
        a_play(session_id=2),
    )
    assert rows(connection, analytics.sessions_summary()) == [(2, 450.0, 450.0, 900, 2.0, 2.0, 3)]
    assert rows(connection, analytics.plays_per_session()) == [(1, 1), (3, 1)]


def test_a_location_is_a_city_and_its_states(connection: Connection) -> None:
    places = ["Chicago-Naperville-Elgin, IL-IN-WI", "Rockford, IL", "Rockford, IL", "Atlantis", None]
    add_plays(connection, *(a_play(session_id=number, location=place) for number, place in enumerate(places)))
    assert [row[:3] for row in rows(connection, analytics.top_cities())] == [
        ("Rockford", "IL", 2),
        ("Atlantis", None, 1),
        ("Chicago-Naperville-Elgin", "IL-IN-WI", 1),
        (None, None, 1),
    ]
    assert [row[:2] for row in rows(connection, analytics.top_states())] == [("IL", 2), (None, 2), ("IL-IN-WI", 1)]


@pytest.mark.parametrize(
    ("user_agent", "browser", "platform"),
    [
        (f'"Mozilla/5.0 {MAC} {CHROME} Safari/537.36"', "Chrome", "Mac"),
        (f'"Mozilla/5.0 {MAC} {WEBKIT} Version/7.0.6 Safari/537.78.2"', "Safari", "Mac"),
        (f'"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Ubuntu Chromium/36.0 Chrome/36.0 Safari/537.36"', "Chromium", "Linux"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:31.0) Gecko/20100101 Firefox/31.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer", "Windows"),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", "Internet Explorer", "Windows"),
        (f'"Mozilla/5.0 {IPHONE} {WEBKIT} Version/7.0 Mobile/11D257 Safari/9537.53"', "Safari", "iPhone"),
        (f"Mozilla/5.0 {IPHONE} {WEBKIT} CriOS/56.0 Mobile/14E5 Safari/602.1", "Chrome", "iPhone"),
        (f"Mozilla/5.0 (iPad; CPU OS 12_0 like Mac OS X) {WEBKIT} FxiOS/8.1 Mobile/15A Safari/604.1", "Firefox", "iPad"),
        (f"Mozilla/5.0 {WINDOWS} {CHROME} Safari/537.36 Edg/90.0", "Edge", "Windows"),
        (f"Mozilla/5.0 {WINDOWS} {CHROME} Safari/537.36 Edge/18.1", "Edge", "Windows"),
        (f"Mozilla/5.0 {WINDOWS} {CHROME} Safari/537.36 OPR/76.0", "Opera", "Windows"),
        (f"Mozilla/5.0 {ANDROID} {CHROME} Mobile Safari/537.36", "Chrome", "Android"),
        (f"Mozilla/5.0 {ANDROID} {WEBKIT} SamsungBrowser/9.2 Chrome/67.0 Safari/537.36", "Samsung Internet", "Android"),
        (f"Mozilla/5.0 {ANDROID} {WEBKIT} Version/4.0 Mobile Safari/534.30", "Android Browser", "Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 8172.45.0) {CHROME} Safari/537.36", "Chrome", "ChromeOS"),
        ("curl/7.68.0", "other", "other"),
        (None, "unknown", "unknown"),
    ],
)  # fmt: skip
def test_browsers_that_a_user_agent_only_claims_are_ignored(
    connection: Connection, user_agent: str | None, browser: str, platform: str
) -> None:
    add_plays(connection, a_play(user_agent=user_agent))
    assert rows(connection, analytics.browsers()) == [(browser, 1, 1, 1, 200)]
    assert rows(connection, analytics.platforms()) == [(platform, 1, 1, 1, 200)]


def test_a_session_with_two_versions_of_a_browser_is_one(connection: Connection) -> None:
    agents = ["Chrome/36.0", "Chrome/37.0"]
    add_plays(connection, *(a_play(item_in_session=item, user_agent=agent) for item, agent in enumerate(agents)))
    assert rows(connection, analytics.browsers()) == [("Chrome", 2, 1, 1, 400)]


def test_the_most_used_browser_comes_first(connection: Connection) -> None:
    agents = ["Firefox/31.0", "Chrome/36.0", "Chrome/37.0", "Safari/537"]
    add_plays(connection, *(a_play(item_in_session=item, user_agent=agent) for item, agent in enumerate(agents)))
    assert [(row["browser"], row["plays"]) for row in records(connection, analytics.browsers())] == [
        ("Chrome", 2),
        ("Firefox", 1),
        ("Safari", 1),
    ]
