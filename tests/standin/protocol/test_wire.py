"""Messages are parsed however the bytes arrive, and whatever they are."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.protocol import wire

A_FEW = settings(max_examples=30, derandomize=True, suppress_health_check=list(HealthCheck))

MESSAGES = st.tuples(st.binary(min_size=1, max_size=1), st.binary(max_size=50))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """``data`` in the pieces that a network might bring it in."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@settings(derandomize=True)
@given(st.lists(MESSAGES, max_size=10), st.lists(st.integers(0, 1000), max_size=10))
def test_messages_are_the_same_however_they_are_cut(messages: list[tuple[bytes, bytes]], places: list[int]) -> None:
    buffer, found = wire.MessageBuffer(), list[tuple[bytes, bytes]]()
    for piece in cut(b"".join(wire.message(*message) for message in messages), places):
        buffer.feed(piece)
        found += buffer.messages()
    assert found == messages
    assert len(buffer) == 0


@settings(derandomize=True)
@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=5))
def test_any_bytes_are_messages_or_an_error(data: bytes, places: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> object:
        buffer, found = wire.MessageBuffer(max_bytes=100), list[tuple[bytes, bytes]]()
        try:
            for piece in pieces:
                buffer.feed(piece)
                found += buffer.messages()
        except wire.ProtocolError as error:
            return str(error)
        return found, len(buffer)

    assert outcome([data]) == outcome(cut(data, places))


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 3, 101, 2**31 - 1])
def test_a_length_that_no_message_has_is_an_error(length: int) -> None:
    buffer = wire.MessageBuffer(max_bytes=100)
    buffer.feed(b"Q" + struct.pack("!i", length))
    with pytest.raises(wire.ProtocolError, match="invalid message length"):
        buffer.take()


def test_an_error_that_quotes_anything_is_a_whole_message() -> None:
    buffer = wire.MessageBuffer()
    buffer.feed(wire.error_response(RedshiftError("XX000", "a\x00b\ud800"), "FATAL"))
    ((kind, body),) = buffer.messages()
    assert (kind, wire.error_fields(body)["M"]) == (b"E", "a\\0b\\ud800")
