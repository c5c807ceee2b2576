"""The relay's PostgreSQL session, with COPY from and to worker threads that may stall.

The session's thread stays with the sockets. It notices a client that disconnects or cancels, and ends what takes longer
than the session's statement_timeout, which PostgreSQL does not apply while it waits for data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.session import RELAY_NAME, PostgresError, PostgresSession
from sparkify_dwh.standin.postgres.workers import Consumer, Producer, Worker, Write
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Disconnected

# In seconds; 0 is no timeout.
TIMEOUT = "SELECT extract(epoch FROM pg_catalog.current_setting('statement_timeout')::interval)"


class Backend(PostgresSession):
    """One PostgreSQL session, and the worker thread of its running COPY or UNLOAD."""

    def __init__(self, address: PostgresAddress, database: str, application_name: str = "") -> None:
        super().__init__(address, database, application_name)
        self._worker: Worker | None = None

    def cancel(self) -> None:
        """Cancel the running statement, in PostgreSQL or in the relay; may be called from any thread."""
        worker = self._worker
        self._cancel_query()  # first: once the relay has given up, this would hit the next statement
        if worker is not None:
            worker.cancel()

    def _cancel_query(self) -> None:
        with suppress(psycopg.Error):  # the session may have ended
            self._connection.cancel_safe()

    def copy_in(self, sql: str, produce: Callable[[Write], None]) -> None:
        """Run ``COPY ... FROM STDIN`` with the bytes that ``produce`` writes in a thread of its own.

        An error in ``produce`` fails the COPY and is raised. A cancellation, a client that disconnects, and the end of
        the session's statement_timeout fail it too.
        """
        timeout_seconds = self._timeout_seconds()
        self.send(wire.execution(RELAY_NAME, sql))
        self._await_copy_in()
        try:
            with Producer(produce) as producer, self._running(producer, timeout_seconds):
                self._send_chunks(producer)
        except (PostgresError, Disconnected):  # PostgreSQL has ended the COPY itself, or the session is over
            raise
        except BaseException:
            self.send(wire.message(b"f", b"the stand-in's COPY failed\x00"))
            self._complete(2, raising=False)
            raise
        self.send(wire.COPY_DONE)
        self._complete(2)

    def copy_out(self, sql: str, consume: Callable[[Consumer], None]) -> None:
        """Run ``COPY ... TO STDOUT`` and pass its rows to ``consume`` in a thread of its own.

        An error in ``consume`` ends the COPY and is raised, and so does whatever ends a `copy_in`. By then the work of
        ``consume`` is undone; only after a cancellation that may take longer.
        """
        rows: list[bytes] = []

        def on_message(kind: bytes, body: bytes) -> None:
            if kind == b"d":
                rows.append(body)

        timeout_seconds = self._timeout_seconds()
        with Consumer(consume) as consumer, self._running(consumer, timeout_seconds):
            self.send(wire.execution(RELAY_NAME, sql))
            try:
                self._complete(3, on_message=on_message, wait=lambda: self._pass_rows(rows, consumer))
            except PostgresError:
                if not consumer.cancelled:
                    self._await_undo(consumer)
                raise
            consumer.put(rows)
            consumer.end()
            self._await(consumer)
            consumer.raise_error()

    def _timeout_seconds(self) -> float:
        return float(self.query(TIMEOUT)[0][0] or 0)

    @contextmanager
    def _running(self, worker: Worker, timeout_seconds: float) -> Iterator[None]:
        """Let the client, or a timeout that is not 0, cancel ``worker`` in this context."""
        timer = threading.Timer(timeout_seconds, worker.cancel)
        timer.daemon = True
        self._worker = worker
        try:
            if timeout_seconds:
                timer.start()
            yield
        finally:
            timer.cancel()
            self._worker = None

    def _pass_rows(self, rows: list[bytes], consumer: Consumer) -> None:
        """Pass the received rows to ``consumer``, and wait for more once it has room for them."""
        consumer.put(rows)
        rows.clear()
        while consumer.is_full and not consumer.cancelled:
            self._pump(consumer.wakeup, read_server=False)
            consumer.clear_wakeup()
        if consumer.cancelled:
            consumer.abandon()
        elif consumer.done and not consumer.query_cancelled:
            consumer.query_cancelled = True
            self._cancel_query()
        self._pump(consumer.wakeup)
        consumer.clear_wakeup()

    def _await_undo(self, consumer: Consumer) -> None:
        """Wait until abandoned work is undone. Raise its own error, if it failed by itself."""
        consumer.abandon()
        self._await(consumer)
        consumer.raise_error()

    def _await(self, consumer: Consumer) -> None:
        while not consumer.done:
            if consumer.cancelled and consumer.abandon():
                raise _cancelled()
            self._pump(consumer.wakeup)
            consumer.clear_wakeup()

    def _send_chunks(self, producer: Producer) -> None:
        """Send all chunks of ``producer`` to PostgreSQL, while watching both sockets."""
        while True:
            producer.clear_wakeup()  # before looking at the producer: any later wake-up ends the wait below
            if producer.cancelled:
                raise _cancelled()
            if not self.channel.is_full:
                chunks, done = producer.take()
                for chunk in chunks:
                    self.send(wire.header(b"d", len(chunk)))
                    self.send(chunk)
                if done:
                    return
            self._pump(producer.wakeup)
            while (received := self.next_message()) is not None:
                if received[0] == b"E":  # PostgreSQL has ended the COPY
                    self._raise_error(received[1])

    def _await_copy_in(self) -> None:
        def is_last(kind: bytes, body: bytes) -> bool:
            if kind == b"E":
                self._raise_error(body)
            return kind == b"G"

        self.read_until(is_last)


def _cancelled() -> RedshiftError:
    return RedshiftError("57014", "Query cancelled on user's request")
