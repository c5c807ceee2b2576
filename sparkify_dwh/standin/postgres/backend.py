"""The relay's side towards PostgreSQL: a session of it, and the COPY of its rows from and to workers that may stall.

The session's thread stays with the sockets: it notices a client that goes away or cancels, and ends what takes longer than
the session's statement_timeout, which PostgreSQL does not see while it waits for data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.postgres.address import PostgresAddress
from sparkify_dwh.standin.postgres.consumer import Consumer
from sparkify_dwh.standin.postgres.producer import Producer, Write
from sparkify_dwh.standin.postgres.session import OWN, Conversation, Refused
from sparkify_dwh.standin.postgres.worker import Worker
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Gone

TIMEOUT = (
    "SELECT extract(epoch FROM pg_catalog.current_setting('statement_timeout')::interval)"  # in seconds; 0 is none
)


class Backend(Conversation):
    """One PostgreSQL session, and what works for it in other threads."""

    def __init__(self, address: PostgresAddress, database: str, application_name: str = "") -> None:
        super().__init__(address, database, application_name)
        self._worker: Worker | None = None

    def cancel(self) -> None:
        """End what runs, in PostgreSQL or in the relay; may be called from any thread."""
        worker = self._worker
        self._interrupt()  # first: once the relay has given up, it would hit what comes next
        if worker is not None:
            worker.cancel()

    def _interrupt(self) -> None:
        with suppress(psycopg.Error):  # it may be gone by now
            self._connection.cancel_safe()

    def copy_in(self, sql: str, produce: Callable[[Write], None]) -> None:
        """Run ``COPY ... FROM STDIN`` with the bytes that ``produce`` writes, in a thread of its own.

        An error in ``produce`` fails the COPY and is raised; so does a cancellation, the client's going away, and the end
        of the session's statement_timeout.
        """
        seconds = self._timeout_seconds()
        self.send(wire.execution(OWN, sql))
        self._await_copy()
        try:
            with Producer(produce) as producer, self._at_work(producer, seconds):
                self._feed(producer)
        except (Refused, Gone):  # PostgreSQL has ended the COPY itself, or nobody is there to be told
            raise
        except BaseException:
            self.send(wire.message(b"f", b"the stand-in's COPY failed\x00"))
            self._end(2, raising=False)
            raise
        self.send(wire.COPY_DONE)
        self._end(2)

    def copy_out(self, sql: str, consume: Callable[[Consumer], None]) -> None:
        """Run ``COPY ... TO STDOUT`` and hand its rows to ``consume``, in a thread of its own.

        An error in ``consume`` ends the COPY and is raised; so does what ends a ``copy_in``. By then what had been done is
        taken back; but after a cancellation that may be later.
        """
        rows: list[bytes] = []

        def see(kind: bytes, body: bytes) -> None:
            if kind == b"d":
                rows.append(body)

        seconds = self._timeout_seconds()
        with Consumer(consume) as consumer, self._at_work(consumer, seconds):
            self.send(wire.execution(OWN, sql))
            try:
                self._end(3, see=see, wait=lambda: self._hand_over(rows, consumer))
            except Refused:
                if not consumer.cancelled:
                    self._undone(consumer)
                raise
            consumer.put(rows)
            consumer.end()
            self._await(consumer)
            consumer.check()

    def _timeout_seconds(self) -> float:
        return float(self.query(TIMEOUT)[0][0] or 0)

    @contextmanager
    def _at_work(self, worker: Worker, seconds: float) -> Iterator[None]:
        """While ``worker`` works it can be cancelled, by the client or after so many seconds, if not 0."""
        timer = threading.Timer(seconds, worker.cancel)
        timer.daemon = True
        self._worker = worker
        try:
            if seconds:
                timer.start()
            yield
        finally:
            timer.cancel()
            self._worker = None

    def _hand_over(self, rows: list[bytes], consumer: Consumer) -> None:
        """Give ``consumer`` the rows that have come, and wait for more once it has room for them."""
        consumer.put(rows)
        rows.clear()
        while consumer.full and not consumer.cancelled:
            self._turn(consumer.alarm, listening=False)
            consumer.heard()
        if consumer.cancelled:
            consumer.abandon()
        elif consumer.done and not consumer.interrupted:
            consumer.interrupted = True
            self._interrupt()
        self._turn(consumer.alarm)
        consumer.heard()

    def _undone(self, consumer: Consumer) -> None:
        """Wait until work that came to nothing is taken back; raises what it failed with, if it failed by itself."""
        consumer.abandon()
        self._await(consumer)
        consumer.check()

    def _await(self, consumer: Consumer) -> None:
        """Wait until the work is done."""
        while not consumer.done:
            if consumer.cancelled and consumer.abandon():
                raise _cancelled()
            self._turn(consumer.alarm)
            consumer.heard()

    def _feed(self, producer: Producer) -> None:
        """Pass on what ``producer`` makes, to its end, with an eye on both sockets."""
        while True:
            producer.heard()  # before anything is looked at: what rings from now on ends the wait below
            if producer.cancelled:
                raise _cancelled()
            if not self.channel.full:
                chunks, done = producer.take()
                for chunk in chunks:
                    self.send(wire.head(b"d", len(chunk)))
                    self.send(chunk)
                if done:
                    return
            self._turn(producer.alarm)
            while (found := self.take()) is not None:
                if found[0] == b"E":  # PostgreSQL has ended the COPY
                    self._refuse(found[1])

    def _await_copy(self) -> None:
        def take(kind: bytes, body: bytes) -> bool:
            if kind == b"E":
                self._refuse(body)
            return kind == b"G"

        self.drain(take)


def _cancelled() -> RedshiftError:
    return RedshiftError("57014", "Query cancelled on user's request")
