"""Rows that a thread makes for PostgreSQL are asked for again as soon as PostgreSQL has taken those before."""

from __future__ import annotations

import socket

import pytest

from sparkify_dwh.standin.protocol import channel, wire
from sparkify_dwh.standin.protocol.channel import Channel, ClientGone, Exchange, ServerGone


def test_the_alarm_is_heard_when_the_server_has_taken_all_there_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether much waits is asked after the writing; asked before, the wait would have no end."""
    monkeypatch.setattr(channel, "MUCH", 10)
    (client, user), (server, postgres), (alarm, bell) = socket.socketpair(), socket.socketpair(), socket.socketpair()
    with client, user, server, postgres, alarm, bell:
        to_server = Channel(server, ServerGone)
        to_server.send(bytes(100))
        assert to_server.full
        bell.send(b"!")
        Exchange(Channel(client, ClientGone), to_server).turn(alarm)
        assert postgres.recv(200) == bytes(100)


def test_what_has_come_in_is_not_kept_waiting_when_there_is_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL takes all that was too much, and waits for the rest of the statement, which is here already."""
    monkeypatch.setattr(channel, "MUCH", 10)
    (client, user), (server, postgres) = socket.socketpair(), socket.socketpair()
    with client, user, server, postgres:
        from_client, to_server = Channel(client, ClientGone), Channel(server, ServerGone)
        from_client.incoming.feed(wire.SYNC)
        to_server.send(bytes(100))
        Exchange(from_client, to_server).turn()
        assert not to_server.full
        assert postgres.recv(200) == bytes(100)
