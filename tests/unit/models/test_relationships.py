"""The star as objects: a play and its dimensions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session, joinedload, load_only, selectinload
from sqlalchemy.schema import CreateTable
from support.checkout import ROOT
from support.listening import OF_SETANTA, a_play, add_plays

from sparkify_dwh.errors import UsageError
from sparkify_dwh.star import STAR, Artist, Song, Songplay, User

README = ROOT / "README.md"


@pytest.fixture
def session(connection: Connection) -> Session:
    """A session on a star with a play of a song of the catalogue, and one of another song by another user."""
    add_plays(
        connection, a_play(**OF_SETANTA), a_play("2018-11-16 09:00:00", user_id=16, gender="M", item_in_session=1)
    )
    return Session(connection)


def test_a_play_has_its_dimensions(session: Session) -> None:
    first, second = session.scalars(select(Songplay).order_by(Songplay.start_time))
    assert first.user is not None
    assert first.song is not None
    assert first.artist is not None
    assert (first.user.first_name, first.song.title, first.artist.name) == ("Lily", "Setanta matins", "Elena")
    assert first.song.artist is first.artist
    assert (second.time.start_time, second.time.hour, second.time.weekday) == (datetime(2018, 11, 16, 9), 9, 5)
    assert (second.song, second.artist) == (None, None)


@pytest.mark.parametrize("write", ["change", "add", "delete"])
def test_only_loads_write_rows(session: Session, write: str) -> None:
    play = session.scalars(select(Songplay).order_by(Songplay.start_time)).first()
    assert play is not None
    if write == "change":
        play.level = "gold"
    elif write == "add":
        session.add(Artist(artist_id="AR1"))
    else:
        session.delete(play)
    with pytest.raises(UsageError, match=r"^A session tried to write rows of (songplays|artists), but only loads"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.execute(delete(Songplay)),
        lambda session: session.execute(update(Songplay).values(level="gold")),
        lambda session: session.execute(insert(Artist), [{"artist_id": "AR1"}]),
        lambda session: session.scalars(insert(Artist).values(artist_id="AR1")),
        lambda session: session.execute(delete(Songplay.table())),
        lambda session: session.query(Songplay).delete(),
        lambda session: session.query(Songplay).filter(Songplay.user_id == 15).update({"level": "gold"}),
    ],
)
def test_only_loads_send_statements_that_write_rows(session: Session, write: Callable[[Session], object]) -> None:
    with pytest.raises(UsageError, match=r"^A session tried to write rows of (songplays|artists), but only loads"):
        write(session)
    assert len(session.scalars(select(Songplay)).all()) == 2


def test_tables_beside_the_star_are_written(session: Session) -> None:
    notes = Table("notes", MetaData(), Column("text", String(10)))
    session.execute(CreateTable(notes))
    session.execute(insert(notes).values(text="a"))
    session.execute(update(notes).values(text="b"))
    assert session.scalars(select(notes.c.text)).all() == ["b"]


def test_repr_shows_loaded_values_only(session: Session) -> None:
    user = session.scalars(select(User).where(User.user_id == 16).options(load_only(User.level, User.gender))).one()
    assert repr(user) == "User(user_id=16, gender='M', level='paid')"
    session.expire(user)
    assert repr(user) == "User()"


def test_dimensions_come_with_their_plays(session: Session) -> None:
    """One statement for the plays and the joined table, one for each that is selected in."""
    statements: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    plays = session.scalars(
        select(Songplay)
        .options(joinedload(Songplay.user), selectinload(Songplay.song).selectinload(Song.artist))
        .order_by(Songplay.start_time)
    ).all()
    assert [play.user.user_id for play in plays if play.user] == [15, 16]
    assert [play.song.artist.name for play in plays if play.song] == ["Elena"]
    assert len(statements) == 3


def test_plays_are_filtered_through_a_relationship(session: Session) -> None:
    by_women = select(Songplay).where(Songplay.user.has(User.gender == "F"))
    assert [play.user_id for play in session.scalars(by_women)] == [15]
    of_elena = select(Songplay.song_title).join(Songplay.artist).where(Artist.name == "Elena")
    assert session.scalars(of_elena).all() == ["Setanta matins"]


def test_relationships_are_view_only() -> None:
    found = [relationship for model in STAR for relationship in inspect(model).relationships]
    assert sorted(map(str, found)) == [
        "Song.artist",
        "Songplay.artist",
        "Songplay.song",
        "Songplay.time",
        "Songplay.user",
    ]
    assert all(relationship.viewonly for relationship in found)
    assert not any(relationship.uselist for relationship in found)


def test_a_dimension_that_is_set_is_not_written(session: Session) -> None:
    play = session.scalars(select(Songplay).where(Songplay.user_id == 15)).one()
    play.user = session.scalars(select(User).where(User.user_id == 16)).one()
    session.flush()
    session.expire_all()
    assert play.user_id == 15
