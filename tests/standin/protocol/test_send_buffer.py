"""Bytes on their way out come as they were given, whatever the socket takes at a time."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from sparkify_dwh.standin.protocol.send_buffer import SMALL, Outgoing


def pieces() -> list[bytes]:
    """Small ones, large ones, and empty ones."""
    chosen = random.Random(1)
    return [chosen.randbytes(chosen.choice([0, 1, 100, SMALL - 1, SMALL, 5 * SMALL])) for _ in range(300)]


def test_bytes_arrive_in_their_order_however_few_are_taken_at_a_time() -> None:
    outgoing, arrived = Outgoing(), bytearray()
    sender, receiver = socket.socketpair()
    with sender, receiver:
        sender.setblocking(False)
        for piece in pieces():
            outgoing.add(piece)
            with suppress(BlockingIOError):
                outgoing.send(sender)
        assert outgoing.size  # the socket is full
        while outgoing.size:
            arrived += receiver.recv(SMALL // 3)
            with suppress(BlockingIOError):
                outgoing.send(sender)
        sender.close()
        while data := receiver.recv(SMALL):
            arrived += data
    assert bytes(arrived) == b"".join(pieces())


def test_what_has_not_been_sent_is_known() -> None:
    outgoing = Outgoing()
    for piece in pieces():
        outgoing.add(piece)
    assert outgoing.everything() == b"".join(pieces())
    assert outgoing.size == len(outgoing.everything())
