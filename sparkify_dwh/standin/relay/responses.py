"""PostgreSQL's responses, matched with the client's requests and forwarded to the client."""

from __future__ import annotations

from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair
from sparkify_dwh.standin.relay.error_responses import translate_error
from sparkify_dwh.standin.relay.prepared import NameTable, PreparedStatement
from sparkify_dwh.standin.relay.requests import Request, RequestQueue


class ResponseForwarder:
    """Forwards responses to a client, and keeps its open requests, prepared statements and portals."""

    def __init__(self, client: Channel, backend: Backend, channels: ChannelPair) -> None:
        self._client = client
        self._backend = backend
        self._channels = channels
        self.requests = RequestQueue()
        self.statements: NameTable[PreparedStatement] = NameTable()
        self.portals: NameTable[Plan] = NameTable()

    def forward_received(self) -> None:
        """Forward the responses that have arrived."""
        while (response := self._backend.next_message()) is not None:
            self._forward(*response)

    def forward_all(self) -> bool:
        """Wait for the responses to all open requests. Return False after an error, which skips what follows."""
        self._backend.send(wire.FLUSH)
        while self.requests:
            response = self._backend.next_message()
            if response is None:
                self._channels.pump()
            else:
                self._forward(*response)
        return not self.requests.skipping

    def forward_execution(self, tag: str) -> bool:
        """Forward the response to a `wire.execution` as that to a simple query. Return False after an error."""
        closed = 0
        while closed < 2:
            response = self._backend.next_message()
            if response is None:
                self._channels.pump()
                continue
            kind, body = response
            closed += kind == b"3"
            if kind == b"C" and tag:
                body = tag.encode() + b"\x00"
            if kind not in b"123n":
                self._forward(kind, body)
            if kind == b"E":
                return False
        return True

    def _forward(self, kind: bytes, body: bytes) -> None:
        request = self.requests.match(kind)
        if kind == b"C" and request is not None and request.tag:
            self._client.send(wire.command_complete(request.tag))
        elif kind == b"E":
            self._client.send(translate_error(body, request.error if request is not None else b""))
            self._backend.fatal_reported = wire.is_fatal(body)
        elif kind not in b"ZTtn3":
            self._client.send(wire.message(kind, body))
        elif request is None or not request.hidden:
            self._record(kind, body, request)
            self._client.send(wire.message(kind, body))

    def _record(self, kind: bytes, body: bytes, request: Request | None) -> None:
        """Record a statement's description, or the end of all portals with their transaction."""
        if kind == b"Z" and body == b"I":
            self.portals.clear_confirmed()
        elif kind in b"tT" and request is not None and request.describes is not None:
            statement = self.statements.confirmed(request.describes)
            if statement is not None:
                statement.intervals.described(kind, body)
