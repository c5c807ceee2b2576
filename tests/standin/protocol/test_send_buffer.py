"""Bytes are sent in the order in which they were added, however few the socket takes at a time."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from sparkify_dwh.standin.protocol.send_buffer import MAX_COPIED_BYTES, SendBuffer


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


def test_the_content_is_what_has_not_been_sent() -> None:
    buffer = SendBuffer()
    for piece in pieces():
        buffer.add(piece)
    assert buffer.content() == b"".join(pieces())
    assert buffer.size == len(buffer.content())
