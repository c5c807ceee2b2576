"""One client of the stand-in: its messages on their way to PostgreSQL, and the answers on their way back.

Bytes pass both ways. The SQL of Query and Parse goes through ``plan``, which leaves it as it is, rewrites it, refuses it,
or has it carried out here, in the client's own transaction. A statement carried out here is prepared as ``UNLISTEN *``,
which does nothing and which no client of Redshift sends; its answer then gets the tag the client expects.
"""

from __future__ import annotations

import logging
import select
import socket
from collections import deque
from collections.abc import Callable

from sparkify_dwh.standin import wire
from sparkify_dwh.standin.backend import CHUNK, Backend, Refused
from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.statements import CarriedOut, Passed, Plan, Rewritten, plan
from sparkify_dwh.standin.translate import redshift_error

log = logging.getLogger(__name__)

PLACEHOLDER = "UNLISTEN *"
PLACEHOLDER_TAG = b"UNLISTEN\x00"
NO_PARAMETERS = b"\x00\x00"


class Session:
    """A client's session, from its first statement to its end. ``run`` returns when either side has gone."""

    def __init__(self, client: socket.socket, backend: Backend) -> None:
        self._client = client
        self._backend = backend
        self._from_client = wire.MessageBuffer(longest=wire.MAX_CLIENT_MESSAGE)
        self._prepared: dict[bytes, CarriedOut | Rewritten] = {}  # by name
        self._tags: deque[str] = deque()  # what the client is told in place of PostgreSQL's own tags
        self._skipping = False  # after an error, up to the client's Sync
        self._out = bytearray()
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._query,
            b"P": self._parse,
            b"B": self._bind,
            b"C": self._close,
        }

    def run(self) -> None:
        while True:
            ready, _, _ = select.select([self._client, self._backend.socket], [], [])
            if self._backend.socket in ready:
                if not self._backend.receive():
                    return
                self._forward_answers()
            if self._client in ready:
                data = self._client.recv(CHUNK)
                if not data:
                    return
                self._from_client.feed(data)
                for kind, body in self._from_client.messages():
                    self._take(kind, body)

    def notice(self, text: str) -> None:
        self._client.sendall(wire.info(text))

    # ------------------------------------------------------------------ from the client

    def _take(self, kind: bytes, body: bytes) -> None:
        if self._skipping and kind != b"S":
            return
        self._skipping = False
        handler = self._handlers.get(kind)
        if handler is None:
            self._backend.send(wire.message(kind, body))
        else:
            handler(body)

    def _query(self, body: bytes) -> None:
        sql = body[:-1].decode()
        planned = self._plan(sql)
        if planned is None or not self._begin(planned):
            self._skipping = False  # the simple protocol has no Sync: the error is followed by ReadyForQuery
            self._client.sendall(wire.ready_for_query(self._backend.status))
            return
        self._backend.send(wire.query(_text(planned, sql)))

    def _parse(self, body: bytes) -> None:
        name, sql, parameter_types = wire.parsed(body)
        self._prepared.pop(name, None)
        planned = self._plan(sql)
        if planned is None:
            return
        if not isinstance(planned, Passed):
            self._prepared[name] = planned
        if isinstance(planned, CarriedOut):
            parameter_types = NO_PARAMETERS
        self._backend.send(wire.parse(name, _text(planned, sql), parameter_types))

    def _bind(self, body: bytes) -> None:
        _, name = wire.bound(body)
        planned = self._prepared.get(name)
        if isinstance(planned, CarriedOut) and not self._settle():
            return
        if planned is not None and not self._begin(planned):
            return
        self._backend.send(wire.message(b"B", body))

    def _close(self, body: bytes) -> None:
        if body[:1] == b"S":
            self._prepared.pop(body[1:-1], None)
        self._backend.send(wire.message(b"C", body))

    def _plan(self, sql: str) -> Plan | None:
        """What to do with a statement; None when it was refused, and the client has been told."""
        try:
            return plan(sql)
        except Exception as error:
            if self._settle():
                self._fail(_response(error))
            return None

    # ------------------------------------------------------------------ carried out here

    def _begin(self, planned: Plan) -> bool:
        """Do the relay's part of a statement about to be executed; False when it failed, and the client has been told."""
        try:
            if isinstance(planned, CarriedOut):
                planned.run(self._backend, self.notice)
        except Exception as error:
            self._fail(_response(error))
            return False
        if not isinstance(planned, Passed) and planned.tag:
            self._tags.append(planned.tag)
        return True

    def _fail(self, response: bytes) -> None:
        self._backend.abort_transaction()
        self._client.sendall(response)
        self._skipping = True

    def _settle(self) -> bool:
        """Bring the backend to rest, passing on what it still has to say; False when that was an error."""
        failed = False

        def take(kind: bytes, body: bytes) -> bool:
            nonlocal failed
            failed = failed or kind == b"E"
            if kind != b"Z":
                self._answer(kind, body)
            return kind == b"Z"

        self._backend.send(wire.SYNC)
        self._backend.drain(take)
        self._flush()
        self._skipping = failed
        return not failed

    # ------------------------------------------------------------------ from PostgreSQL

    def _forward_answers(self) -> None:
        for kind, body in self._backend.buffer.messages():
            if kind == b"Z":
                self._backend.status = body
            self._answer(kind, body)
        self._flush()

    def _answer(self, kind: bytes, body: bytes) -> None:
        if kind == b"C" and body in (PLACEHOLDER_TAG, b"CALL\x00") and self._tags:
            self._out += wire.command_complete(self._tags.popleft())
        elif kind == b"E":
            self._tags.clear()  # what would have answered them is skipped
            self._out += redshift_error(body)
        else:
            self._out += wire.message(kind, body)

    def _flush(self) -> None:
        if self._out:
            self._client.sendall(self._out)
            self._out.clear()


def _response(error: Exception) -> bytes:
    """What the client is told of an error that came up here."""
    if isinstance(error, Refused):
        return redshift_error(error.body)
    if not isinstance(error, RedshiftError):
        log.debug("the stand-in failed", exc_info=error)
        error = RedshiftError("XX000", f"the stand-in failed: {type(error).__name__}: {error}")
    return wire.error_response(error)


def _text(planned: Plan, sql: str) -> str:
    """What PostgreSQL is to prepare for the client's ``sql``."""
    if isinstance(planned, CarriedOut):
        return PLACEHOLDER
    return planned.sql if isinstance(planned, Rewritten) else sql
