"""What the tests of the relay share: a socket to listen on, statements, and what is left of clients that have gone."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path

from sparkify_dwh.standin.protocol import wire
from support.raw_client import RawClient

# Redshift has no generate_series() that can be relied on.
COUNTING = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n{}) SELECT {} FROM n"

# The sessions of other tests, which keep connections open.
OTHERS: set[threading.Thread] = set()


def listening() -> socket.socket:
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


def open_files() -> set[str]:
    """Return the open descriptors by number and target, so that a leaked one can be named."""
    found = set()
    for number in os.listdir("/dev/fd"):  # noqa: PTH208 (names)
        with suppress(FileNotFoundError):  # the listing's own
            found.add(f"{number}: {Path('/dev/fd', number).readlink()}")
    return found


def join_sessions() -> None:
    """Wait for the threads of clients, of COPY and of UNLOAD to end."""
    for thread in set(threading.enumerate()) - OTHERS:
        if thread.name in {"stand-in session", "stand-in COPY", "stand-in UNLOAD"}:
            thread.join(60)
            assert not thread.is_alive()


def copy_of(path: Path, *numbers: int) -> str:
    path.write_text("".join(f'{{"n": {number}}}\n' for number in numbers))
    return f"COPY numbers FROM '{path.as_uri()}' IAM_ROLE default JSON 'auto'"


def counting(rows: int, value: str = "n") -> bytes:
    return wire.query(COUNTING.format(f" WHERE n < {rows}", value))


def served_next(place: tuple[str, int]) -> bool:
    """Whether the next client is serving, and finds no lock and no row of the one before."""
    with RawClient(place).greeted() as client:
        client.send(wire.query("BEGIN"), wire.query("LOCK numbers"), wire.query("SELECT count(*) FROM numbers"))
        rows = [wire.data_row(body) for kind, body in client.until(b"Z", 3) if kind == b"D"]
        return rows == [["0"]]


def cancel(place: tuple[str, int], pid: int, key: int) -> None:
    """Ask for a cancellation, and wait until it has been dealt with."""
    with RawClient(place) as asking:
        asking.send(struct.pack("!iiii", 16, wire.CANCEL_REQUEST, pid, key))
        assert asking.next() is None
