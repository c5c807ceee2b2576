"""A store that takes requests and falls silent: listing, reading and COPY come to an end, and say why."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError
from support.inputs import with_inputs
from support.warehouse import Sparkify

from sparkify_dwh import load
from sparkify_dwh.aws.sessions import READ_TIMEOUT_SECONDS
from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.s3 import MAX_ATTEMPTS, READ_TIMEOUT_VARIABLE, S3Objects
from sparkify_dwh.storage.store import ObjectStore

SILENCE = r"S3 cannot be reached at 127\.0\.0\.1 for s3://stalled/x \(ReadTimeoutError\)"


@pytest.fixture
def stalling_store(s3_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A store whose server accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server, ObjectStore() as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv(READ_TIMEOUT_VARIABLE, "0.05")
        yield store


@contextmanager
def half_an_answer(server: socket.socket) -> Iterator[None]:
    """A server that gives the next client the first two of ten bytes, and then nothing."""
    clients: list[socket.socket] = []

    def answer() -> None:
        client, _ = server.accept()
        clients.append(client)
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}")

    thread = Thread(target=answer)
    thread.start()
    yield
    thread.join()
    for client in clients:
        client.close()


def client_config() -> Any:
    return S3Objects()._client().meta.config


def test_a_listing_of_a_silent_store_ends(stalling_store: ObjectStore) -> None:
    with pytest.raises(SourceError, match=SILENCE):
        stalling_store.list("s3://stalled/x")


def test_reading_and_writing_a_silent_store_end(stalling_store: ObjectStore) -> None:
    with pytest.raises(SourceError, match=SILENCE):
        stalling_store.read("s3://stalled/x")
    with pytest.raises(SourceError, match=SILENCE):
        stalling_store.write("s3://stalled/x", b"{}")


@pytest.mark.usefixtures("s3_environment")
def test_an_answer_that_stops_half_way_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has come is not taken for the whole."""
    with socket.create_server(("127.0.0.1", 0)) as server, ObjectStore() as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv(READ_TIMEOUT_VARIABLE, "0.05")
        with half_an_answer(server), pytest.raises(SourceError, match="ReadTimeoutError"):
            store.read("s3://stalled/x")


@pytest.mark.usefixtures("stalling_store")
def test_a_load_from_a_silent_store_ends(sparkify: Sparkify) -> None:
    with pytest.raises(SourceError, match=SILENCE):
        load(with_inputs(sparkify.settings, LOG_DATA="s3://stalled/x"))


@pytest.mark.usefixtures("stalling_store")
def test_a_copy_from_a_silent_store_ends(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE waiting (a INT)")
    with pytest.raises(ProgrammingError, match=SILENCE):
        connection.exec_driver_sql("COPY waiting FROM 's3://stalled/x' IAM_ROLE default JSON 'auto'")
    connection.rollback()
    assert connection.exec_driver_sql("SELECT 1").scalar() == 1


@pytest.mark.usefixtures("s3_environment")
@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_to_wait_is_a_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(READ_TIMEOUT_VARIABLE, given)
    with ObjectStore() as store, pytest.raises(SourceError, match=f"needs a number of seconds above 0, found {given}"):
        store.list("s3://stalled/x")


@pytest.mark.usefixtures("s3_environment")
def test_a_store_is_asked_three_times_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    assert client_config().retries["total_max_attempts"] == MAX_ATTEMPTS
    assert client_config().read_timeout == READ_TIMEOUT_SECONDS
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    assert client_config().retries["total_max_attempts"] == 7
