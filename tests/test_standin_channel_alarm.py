"""Rows that a thread makes for PostgreSQL are asked for again as soon as PostgreSQL has taken those before."""

from __future__ import annotations

import socket

import pytest

from sparkify_dwh.standin import channel
from sparkify_dwh.standin.channel import Channel, ClientGone, Exchange, ServerGone


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
