"""Simulated traffic: users, their sessions, and the events of the sessions as lines of a log file.

A session is a Markov chain of pages, one chain for each level. Shares and lengths of stay are those of the real log of
November 2018.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from random import Random

from sparkify_dwh.simulation.names import (
    FAMILIES,
    METROPOLITAN_AREAS,
    Weighted,
    from_quantiles,
    given_name,
    pick,
    user_agent,
)
from sparkify_dwh.simulation.songs import Fields, Plays

LogLine = tuple[int, int, int, bytes]  # an event: ts, session, item, text; lines sort as a log file has them

EVENT_KEYS = (
    *("artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method"),
    *("page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId"),
)
MINUTE = 60_000  # milliseconds, as ts
DAY = 24 * 60 * MINUTE
PAID_USERS = 0.22

# Quantiles of the real log, in seconds: how long a user stays on a page that is not a song.
STAYS = ((0, 1), (0.1, 2), (0.25, 14), (0.5, 69), (0.75, 205), (0.9, 444), (0.99, 2359), (1, 3600))
# Events by hour of the day (UTC) in the real log.
HOURS = (
    *(185, 201, 157, 130, 159, 206, 230, 219, 246, 311, 356, 391),
    *(368, 415, 504, 577, 626, 572, 579, 431, 397, 326, 247, 223),
)

# Pages by the page before, with their number in the real log. "-" before a page: seen while logged out. Unlike the real
# log, Submit Downgrade is as common as Submit Upgrade, and Downgrade, which only paid users can see, never follows Help.
ANYONE = {
    "About": {"END": 10, "About": 4, "NextSong": 4, "Home": 4},
    "Error": {"END": 6, "NextSong": 2, "Home": 1},
    "Help": {"NextSong": 30, "END": 3, "Home": 2, "Help": 1},
    "Settings": {"NextSong": 30, "Save Settings": 10, "Settings": 4, "Home": 4, "Help": 4, "Logout": 3, "END": 1},
    "Save Settings": {"Home": 9, "END": 1},
    "Upgrade": {"Submit Upgrade": 8, "Home": 5, "NextSong": 3, "END": 3, "Upgrade": 2},
    "Downgrade": {"NextSong": 35, "END": 11, "Home": 10, "Submit Downgrade": 8, "Downgrade": 3},
    "Submit Upgrade": {"Home": 1},
    "Submit Downgrade": {"Home": 1},
    "Logout": {"-Home": 1},
    "-Login": {"Home": 1},
    "-Home": {"END": 66, "-Login": 61, "-Home": 25, "-About": 13, "-Help": 6},
    "-About": {"END": 7, "-Login": 4, "-Home": 2, "-About": 1},
    "-Help": {"END": 4, "-Help": 3, "-Login": 2},
}
FREE = ANYONE | {
    "START": {"NextSong": 405, "Home": 286, "-Login": 10, "-Home": 8, "About": 2, "Help": 1, "Error": 1},
    "Home": {"NextSong": 195, "END": 142, "Settings": 11, "Home": 5, "Upgrade": 4, "Logout": 3, "About": 1},
    "NextSong": {"NextSong": 616, "END": 539, "Logout": 26, "Home": 25, "Upgrade": 15}
    | {"Help": 3, "About": 2, "Settings": 2, "Error": 1},
}
PAID = ANYONE | {
    "START": {"NextSong": 102, "Home": 65, "-Home": 46, "-Login": 15},
    "Home": {"NextSong": 236, "END": 18, "Settings": 8, "Logout": 6, "Downgrade": 5, "About": 1},
    "NextSong": {"NextSong": 5162, "END": 130, "Home": 118, "Logout": 52, "Downgrade": 50}
    | {"Settings": 31, "Help": 29, "About": 12, "Error": 7},
}
VISITOR = {"START": {"-Home": 1}, "-Home": {"END": 1}}
TRANSITIONS = {
    kind: {page: Weighted(tuple(following), following.values()) for page, following in pages.items()}
    for kind, pages in (("free", FREE), ("paid", PAID), ("visitor", VISITOR))
}
LEVEL_AFTER = {"Submit Upgrade": "paid", "Submit Downgrade": "free"}
REDIRECTS = {"-Login", "Logout", "Save Settings", *LEVEL_AFTER}  # a PUT that comes a second after the page before


def _event_of(page: str) -> Fields:
    """Return an event with all keys in order, and the values that depend only on the page."""
    name = page.removeprefix("-")
    return dict.fromkeys(EVENT_KEYS) | {
        "auth": "Logged In" if name == page else "Logged Out",
        "method": "PUT" if page == "NextSong" or page in REDIRECTS else "GET",
        "page": name,
        "status": 307 if page in REDIRECTS else 404 if page == "Error" else 200,
    }


PAGES = {page: _event_of(page) for page in PAID.keys() - {"START"}}
LOGGED_OUT: Fields = {"userId": ""}
NO_PLAY: Fields = {}
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass
class User:
    """A user or, with the fields of LOGGED_OUT, a visitor who never logs in. ``latest_ts`` is that of the latest event."""

    fields: Fields
    level: str
    latest_ts: int = 0

    def transitions(self) -> dict[str, Weighted[str]]:
        """Return the next pages by page for this user now."""
        return TRANSITIONS[self.level if self.fields["userId"] else "visitor"]


class Traffic:
    """Users and their sessions. ``user_ids`` are the users with an event while logged in."""

    def __init__(self, random: Random, plays: Plays, users: int, start: date) -> None:
        self.start = start
        self.user_ids: set[str] = set()
        self._random = random
        self._plays = plays
        self._first_ts = (start - date(1970, 1, 1)).days * DAY
        self._users = Weighted.zipf([self._user(str(id_)) for id_ in range(1, users + 1)], 5 + users // 20)
        self._hours = Weighted(range(24), HOURS)
        self._session_ids = count(1)

    def day_of(self, ts: int) -> int:
        """Return the day of an event, 0 for the first."""
        return (ts - self._first_ts) // DAY

    def session(self, day: int) -> Iterator[LogLine]:
        """Yield the events of a new session that begins on ``day`` (0 for the first).

        An event takes effect when the next one is requested, so the caller may end a session after any event.
        """
        user, ts = self._who_and_when(self._first_ts + day * DAY)
        session_id, page, item = next(self._session_ids), user.transitions()["START"].pick(self._random), 0
        while page != "END":
            play = self._plays.draw() if page == "NextSong" else NO_PLAY
            who = LOGGED_OUT if page.startswith("-") else user.fields
            changing = {"itemInSession": item, "level": user.level, "sessionId": session_id, "ts": ts}
            yield ts, session_id, item, ENCODER.encode({**PAGES[page], **who, **play, **changing}).encode()
            self._take_place(user, page, ts)
            following = user.transitions()[page].pick(self._random)
            ts += self._stay(play, following)
            page, item = following, item + 1

    def _user(self, user_id: str) -> User:
        random = self._random
        gender = "F" if random.random() < 0.56 else "M"
        fields = {
            "firstName": given_name(random, gender),
            "gender": gender,
            "lastName": pick(random, FAMILIES),
            "location": pick(random, METROPOLITAN_AREAS),
            "registration": float(self._first_ts - int(random.random() * 14 * DAY)),
            "userAgent": user_agent(random),
            "userId": user_id,
        }
        return User(fields, "paid" if random.random() < PAID_USERS else "free")

    def _who_and_when(self, midnight: int) -> tuple[User, int]:
        """Return a user with time left on the day, else a visitor, and the ts of the beginning of the session."""
        for _ in range(10):
            user, ts = self._users.pick(self._random), self._moment(midnight)
            if ts <= user.latest_ts:
                ts = user.latest_ts + int((10 + 180 * self._random.random()) * MINUTE)
            if ts < midnight + DAY:
                return user, ts
        return User(LOGGED_OUT, "free"), self._moment(midnight)

    def _moment(self, midnight: int) -> int:
        return midnight + int((self._hours.pick(self._random) + self._random.random()) * 60 * MINUTE)

    def _stay(self, play: Fields, following: str) -> int:
        """Return the milliseconds between two pages. A song before another song is heard to its end."""
        if following in REDIRECTS:
            return 1000
        if play is NO_PLAY:
            return int(from_quantiles(self._random, STAYS) * 1000)
        heard = 1.0 if following == "NextSong" else self._random.random()
        return 1 + int(play["length"] * heard * 1000)

    def _take_place(self, user: User, page: str, ts: int) -> None:
        user.latest_ts = ts
        user.level = LEVEL_AFTER.get(page, user.level)
        if not page.startswith("-"):
            self.user_ids.add(user.fields["userId"])
