"""The channels wait for what can happen next, and send bytes in the order in which they were added."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

import pytest

from sparkify_dwh.standin.protocol import channel, wire
from sparkify_dwh.standin.protocol.channel import (
    MAX_COPIED_BYTES,
    Channel,
    ChannelPair,
    ClientDisconnected,
    SendBuffer,
    ServerDisconnected,
)


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


def pieces() -> list[bytes]:
    """Return small, large and empty pieces."""
    chosen = random.Random(1)
    return [
        chosen.randbytes(chosen.choice([0, 1, 100, MAX_COPIED_BYTES - 1, MAX_COPIED_BYTES, 5 * MAX_COPIED_BYTES]))
        for _ in range(300)
    ]


def test_bytes_arrive_in_their_order_however_few_are_taken_at_a_time() -> None:
    buffer, arrived = SendBuffer(), bytearray()
    sender, receiver = socket.socketpair()
    with sender, receiver:
        sender.setblocking(False)
        for piece in pieces():
            buffer.add(piece)
            with suppress(BlockingIOError):
                buffer.send(sender)
        assert buffer.size  # the socket is full
        while buffer.size:
            arrived += receiver.recv(MAX_COPIED_BYTES // 3)
            with suppress(BlockingIOError):
                buffer.send(sender)
        sender.close()
        while data := receiver.recv(MAX_COPIED_BYTES):
            arrived += data
    assert bytes(arrived) == b"".join(pieces())


def test_the_content_is_the_unsent_bytes() -> None:
    buffer = SendBuffer()
    for piece in pieces():
        buffer.add(piece)
    assert buffer.content() == b"".join(pieces())
    assert buffer.size == len(buffer.content())
