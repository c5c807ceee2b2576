"""What must hold of the warehouse, as SELECTs of the rows it does not hold of.

    derived checks      follow from the models, and stand in ``sparkify_dwh.checks.generic``
    business checks     are functions below, one each: the docstring says what must hold, the SELECT finds the offenders

A load checks its batch before it is published, ``sparkify-dwh check`` everything. An offender of severity error is to stop
the load, one of severity warning to be told. Checks of one table run together
(``sparkify_dwh.checks.combined``) while they find nothing.

Limits: a check of a batch sees the plays within the batch's times; stored plays that a song delivered later moves to another
song are outside of them, and seen when everything is checked. So are rows without a key, and rows whose key was not staged
but stands twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, or_

from sparkify_dwh.base import StarTable
from sparkify_dwh.checks.check import (
    ERROR,
    TOMORROW,
    WARNING,
    Check,
    CheckResult,
    Scope,
    Severity,
    explain,
    failed,
    passed,
    rows_of,
    run_check,
)
from sparkify_dwh.checks.combined import KeyChecks, Screen, key_screens, row_screens, run_screens
from sparkify_dwh.checks.generic import derived_checks, key_checks
from sparkify_dwh.star import SERVICE_BEGAN, STAR, Artist, Song, Songplay, User

__all__ = [
    "ERROR",
    "WARNING",
    "Check",
    "CheckResult",
    "Scope",
    "all_checks",
    "business_checks",
    "check",
    "derived_checks",
    "explain",
    "failed",
    "run_checks",
]


def all_checks(scope: Scope) -> list[Check]:
    """Every check there is to be made in the scope."""
    return [*derived_checks(scope), *business_checks(scope)]


def run_checks(connection: Connection, scope: Scope) -> list[CheckResult]:
    """Make every check of the scope: those of a table together, and one by one only where that finds something."""
    checks = all_checks(scope)
    clean = run_screens(connection, all_screens(scope, checks))
    return [passed(check) if check.name in clean else run_check(connection, check) for check in checks]


def all_screens(scope: Scope, checks: list[Check]) -> list[Screen]:
    """What can be told of the checks of the scope together."""
    by_keys = [KeyChecks(model, scope.bounds(model), key_checks(model)) for model in STAR if scope.covers(model)]
    return [*row_screens(checks), *(key_screens(by_keys) if scope.is_batch else [])]


BusinessCheck = Callable[[], Select[Any]]
_BUSINESS_CHECKS: list[tuple[type[StarTable], Check]] = []


def check(model: type[StarTable], *, severity: Severity) -> Callable[[BusinessCheck], BusinessCheck]:
    """Make a function a check of a table: its name is the check's, its docstring's first paragraph what must hold.

    The function returns the offenders among all rows of ``model``; in a load it gets them among the batch's, by a WHERE on
    the table's columns. So the SELECT reads the table under its own name, and not on the outer side of a join.
    """

    def register(function: BusinessCheck) -> BusinessCheck:
        name = function.__name__.replace("_", " ")
        about, *_reasons = inspect.cleandoc(function.__doc__ or name).split("\n\n")
        _BUSINESS_CHECKS.append((model, Check(name, " ".join(about.split()), severity, function())))
        return function

    return register


def business_checks(scope: Scope) -> list[Check]:
    """The checks that somebody thought of, in the order in which they stand here."""
    return [scope.narrowed(each, model) for model, each in _BUSINESS_CHECKS if scope.covers(model)]


@check(Songplay, severity=ERROR)
def plays_start_within_reason() -> Select[Any]:
    """Every play started between 2010 and tomorrow.

    A ts in seconds, taken for milliseconds, falls into January 1970. An error: such plays spoil every report over time,
    and widen the range of times that a load reads.
    """
    return rows_of(Songplay).where(~Songplay.start_time.between(SERVICE_BEGAN, TOMORROW))


@check(User, severity=ERROR)
def users_were_seen_within_reason() -> Select[Any]:
    """Every user's latest event was between 2010 and tomorrow.

    An error: no true event could ever replace what an event of the far future says of a user.
    """
    return rows_of(User, "ts").where(~User.ts.between(SERVICE_BEGAN, TOMORROW))


@check(Songplay, severity=WARNING)
def plays_have_a_user() -> Select[Any]:
    """Every play is by a user.

    A warning: the play was made and counts; to refuse a month of plays for it would lose more than it saves.
    """
    return rows_of(Songplay, "user_id").where(Songplay.user_id.is_(None))


@check(Songplay, severity=ERROR)
def plays_are_by_the_artist_of_their_song() -> Select[Any]:
    """Every play of a song of the catalogue has the artist of that song.

    An error: both are filled from the same row, so it is the load that is wrong, not its input.
    """
    is_another = or_(Songplay.artist_id != Song.artist_id, Songplay.artist_id.is_(None))
    of_song = Song.artist_id.label("artist_of_song")
    plays = rows_of(Songplay, "song_id", "artist_id").add_columns(of_song)
    of_the_catalogue = plays.outerjoin(Song, Songplay.song_id == Song.song_id).where(Song.song_id.is_not(None))
    return of_the_catalogue.where(is_another)


@check(Songplay, severity=WARNING)
def plays_have_a_positive_length() -> Select[Any]:
    """Every length of a play, where it is known, is more than 0 seconds."""
    return rows_of(Songplay, "song_length").where(Songplay.song_length <= 0)


@check(Song, severity=WARNING)
def songs_have_a_positive_duration() -> Select[Any]:
    """Every duration of a song, where it is known, is more than 0 seconds."""
    return rows_of(Song, "duration").where(Song.duration <= 0)


@check(Artist, severity=WARNING)
def artists_are_on_earth() -> Select[Any]:
    """Every artist's place, where it is known, is within 90 degrees of latitude and 180 of longitude."""
    is_nowhere = or_(~Artist.latitude.between(-90, 90), ~Artist.longitude.between(-180, 180))
    return rows_of(Artist, "latitude", "longitude").where(is_nowhere)
