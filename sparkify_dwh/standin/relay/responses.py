"""PostgreSQL's answers on their way to a client, each beside the message that it is for."""

from __future__ import annotations

from sparkify_dwh.standin.outcomes import Plan
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, Exchange
from sparkify_dwh.standin.relay.error_responses import worded
from sparkify_dwh.standin.relay.prepared import Names, Statement
from sparkify_dwh.standin.relay.requests import Awaited, Pending


class Answers:
    """What a client is told, what it still waits for, and what the names that it gives stand for."""

    def __init__(self, client: Channel, backend: Backend, exchange: Exchange) -> None:
        self._client = client
        self._backend = backend
        self._exchange = exchange
        self.pending = Pending()
        self.statements: Names[Statement] = Names()
        self.portals: Names[Plan] = Names()

    def pass_on_what_has_come(self) -> None:
        while (answer := self._backend.take()) is not None:
            self._pass_on(*answer)

    def settle(self) -> bool:
        """Pass on what PostgreSQL still has to say; False when that was an error, and what follows is skipped."""
        self._backend.send(wire.FLUSH)
        while self.pending:
            answer = self._backend.take()
            if answer is None:
                self._exchange.turn()
            else:
                self._pass_on(*answer)
        return not self.pending.skipping

    def pass_on_one(self, tag: str) -> bool:
        """Pass on what the simple protocol would answer to one statement; False when that was an error."""
        closed = 0
        while closed < 2:
            answer = self._backend.take()
            if answer is None:
                self._exchange.turn()
                continue
            kind, body = answer
            closed += kind == b"3"
            if kind == b"C" and tag:
                body = tag.encode() + b"\x00"
            if kind not in b"123n":
                self._pass_on(kind, body)
            if kind == b"E":
                return False
        return True

    def _pass_on(self, kind: bytes, body: bytes) -> None:
        awaited = self.pending.answered(kind)
        if kind == b"C" and awaited is not None and awaited.tag:
            self._client.send(wire.command_complete(awaited.tag))
        elif kind == b"E":
            self._client.send(worded(body, awaited.refusal if awaited is not None else b""))
            self._backend.said_why = wire.is_fatal(body)
        elif kind not in b"ZTtn3":
            self._client.send(wire.message(kind, body))
        elif awaited is None or not awaited.hidden:
            self._note(kind, body, awaited)
            self._client.send(wire.message(kind, body))

    def _note(self, kind: bytes, body: bytes, awaited: Awaited | None) -> None:
        """What an answer tells of the names: a description, or that the portals have ended with their transaction."""
        if kind == b"Z" and body == b"I":
            self.portals.forget()
        elif kind in b"tT" and awaited is not None and awaited.describes is not None:
            statement = self.statements.agreed(awaited.describes)
            if statement is not None:
                statement.intervals.described(kind, body)
