"""The channels wait for what can happen next, and for nothing else."""

from __future__ import annotations

import socket

import pytest

from sparkify_dwh.standin.protocol import channel, wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair, ClientDisconnected, ServerDisconnected


def test_a_wakeup_counts_once_the_server_has_taken_all_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer is looked at after writing; looked at before, the wait would never end."""
    monkeypatch.setattr(channel, "MAX_BUFFERED_BYTES", 10)
    (client, user), (server, postgres), (wakeup, sender) = socket.socketpair(), socket.socketpair(), socket.socketpair()
    with client, user, server, postgres, wakeup, sender:
        to_server = Channel(server, ServerDisconnected)
        to_server.send(bytes(100))
        assert to_server.is_full
        sender.send(b"!")
        ChannelPair(Channel(client, ClientDisconnected), to_server).pump(wakeup)
        assert postgres.recv(200) == bytes(100)


def test_received_messages_do_not_wait_once_there_is_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL takes all that was buffered and waits for the rest of the statement, which has been received already."""
    monkeypatch.setattr(channel, "MAX_BUFFERED_BYTES", 10)
    (client, user), (server, postgres) = socket.socketpair(), socket.socketpair()
    with client, user, server, postgres:
        from_client, to_server = Channel(client, ClientDisconnected), Channel(server, ServerDisconnected)
        from_client.received.feed(wire.SYNC)
        to_server.send(bytes(100))
        ChannelPair(from_client, to_server).pump()
        assert not to_server.is_full
        assert postgres.recv(200) == bytes(100)
