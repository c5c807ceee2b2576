"""A PostgreSQL server with an empty table, numbers, and a relay in front of it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from support.relays import OTHERS, join_sessions, listening, open_files
from support.warehouse import a_standin

from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.server import embedded_server
from sparkify_dwh.standin.relay.listener import Listener


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresAddress]:
    with a_standin() as settings:
        assert settings.standin_directory is not None
        address = embedded_server(settings.standin_directory)
        with address.connect("dev") as connection:
            connection.execute("CREATE TABLE numbers (n INT)")
        yield address


@pytest.fixture
def place(postgres: PostgresAddress) -> Iterator[tuple[str, int]]:
    """Where a relay listens; in the end no thread and no file of its clients is left."""
    before = open_files()
    sock = listening()
    listener = Listener(sock, lambda: postgres)
    yield sock.getsockname()
    join_sessions()
    listener.close()
    if open_files() != before:
        gc.collect()  # an error of S3 that no session waited for
    assert open_files() == before


@pytest.fixture(autouse=True)
def others() -> Iterator[None]:
    """Remember the sessions of other tests, which keep connections open."""
    OTHERS.update(threading.enumerate())
    yield
    OTHERS.clear()
