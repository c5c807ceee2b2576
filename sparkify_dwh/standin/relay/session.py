"""One client of the stand-in: its messages on their way to PostgreSQL, and the answers on their way back.

Bytes pass both ways. The SQL of Query and Parse goes through ``plan``, which leaves it as it is, rewrites it, refuses it,
or has it carried out here, in the client's own transaction. A statement carried out here is prepared as a placeholder, and
is carried out when the client executes it. The placeholder itself is never executed: it would fail.

Limits: a statement carried out here runs again when its portal is executed again, and is not known to SQL's own EXECUTE. A
name that SQL frees (DEALLOCATE, CLOSE) and takes anew (PREPARE, DECLARE) still is to the protocol what it was. COPY from or
to the client is refused, as Redshift refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language import script
from sparkify_dwh.standin.relay import wire
from sparkify_dwh.standin.relay.backend import Backend
from sparkify_dwh.standin.relay.channel import Channel, Exchange, Gone
from sparkify_dwh.standin.relay.conversation import NOWHERE, OWN
from sparkify_dwh.standin.relay.names import Change, Names, Statement
from sparkify_dwh.standin.relay.pending import PROBE, Awaited, Pending
from sparkify_dwh.standin.relay.refusals import PLACEHOLDER, Refusal, planned_or_refused, response, worded
from sparkify_dwh.standin.statements import CarriedOut, Passed, Plan, Rewritten


class Session:
    """A client's session, from its first statement to its end. ``run`` returns when either side has gone."""

    def __init__(self, client: Channel, backend: Backend, exchange: Exchange) -> None:
        self._client = client
        self._backend = backend
        self._exchange = exchange
        backend.attach(exchange)
        self._statements: Names[Statement] = Names()
        self._portals: Names[Plan] = Names()
        self._pending = Pending()
        self._has_work = False  # in the implicit transaction that the next Sync will end
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._query,
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
        }

    def run(self) -> None:
        while True:
            while not (self._client.full or self._backend.channel.full):
                found = self._client.incoming.take()
                if found is None:
                    break
                if found[0] == b"X":
                    return
                self._take(*found)
            self._exchange.turn()
            while (answer := self._backend.take()) is not None:
                self._answer(*answer)

    def notice(self, text: str) -> None:
        self._client.send(wire.info(text))

    # ------------------------------------------------------------------ from the client

    def _take(self, kind: bytes, body: bytes) -> None:
        if self._pending.skipping and kind != b"S":
            return
        handler = self._handlers.get(kind)
        if handler is None:
            self._forward(kind, body)
            return
        try:
            handler(body)
        except RedshiftError as error:
            self._refuse(wire.error_response(error))

    def _forward(self, kind: bytes, body: bytes, tag: str = "", change: Change[Any] | None = None) -> None:
        if kind in b"SQ":
            self._pending.skipping = self._has_work = False
        self._pending.add(kind, tag=tag, change=change)
        self._backend.send(wire.message(kind, body))

    def _query(self, body: bytes) -> None:
        try:
            texts = script.statements(wire.decoded(body[:-1]))
        except RedshiftError as error:
            self._refuse(wire.error_response(error), synced=True)
            return
        plans = [planned_or_refused(text) for text in texts]
        if all(isinstance(planned, Passed) for planned in plans):
            self._forward(b"Q", body)
        elif len(plans) > 1 or isinstance(plans[0], CarriedOut):
            self._run_each(list(zip(texts, plans, strict=True)))
        elif isinstance(plans[0], Refusal):
            self._refuse(plans[0], synced=True)
        elif isinstance(plans[0], Rewritten):
            self._forward(b"Q", wire.query(plans[0].sql)[5:], plans[0].tag)

    def _parse(self, body: bytes) -> None:
        name, text, parameter_types = wire.texts(body, 2)
        sql = wire.decoded(text)
        planned = planned_or_refused(sql)
        if isinstance(planned, Refusal):
            self._refuse(planned)
            return
        if isinstance(planned, CarriedOut):
            body = wire.parse(name, PLACEHOLDER, wire.NO_PARAMETERS)[5:]
        elif isinstance(planned, Rewritten):
            body = wire.parse(name, planned.sql, parameter_types)[5:]
        self._forward(b"P", body, change=self._statements.change(name, Statement(planned), self._pending.segment))

    def _bind(self, body: bytes) -> None:
        portal, name, rest = wire.bound(body)
        if self._statements.is_doubtful(name, self._pending.segment) and not self._settle():
            return
        statement = self._statements.expected(name)
        planned: Plan | None = None
        if statement is not None:
            statement.intervals.check(rest)
            planned = statement.planned
        if not isinstance(planned, CarriedOut):
            self._has_work = True
        self._forward(b"B", body, change=self._portals.change(portal, planned, self._pending.segment))

    def _describe(self, body: bytes) -> None:
        self._pending.add(b"D", describes=body[1:-1] if body[:1] == b"S" else None)
        self._backend.send(wire.message(b"D", body))

    def _execute(self, body: bytes) -> None:
        # An error that makes the portal another than expected also ends the transaction, and with it every portal.
        portal = wire.texts(body, 1)[0]
        planned = self._portals.expected(portal)
        if not isinstance(planned, CarriedOut):
            self._forward(b"E", body, planned.tag if isinstance(planned, Rewritten) else "")
        elif self._is_there(portal):
            self._carry_out(planned, alone=self._client.incoming.next_kind == b"S")
        self._has_work = True

    def _close(self, body: bytes) -> None:
        names: Names[Any] = self._statements if body[:1] == b"S" else self._portals
        self._forward(b"C", body, change=names.change(body[1:-1], None, self._pending.segment))

    def _refuse(self, response: bytes, *, synced: bool = False) -> None:
        """Have PostgreSQL fail at this place, in the order of things, and the client told ``response``."""
        self._pending.add(b"E", refusal=response)
        self._backend.send(NOWHERE)
        if synced:
            self._forward(b"S", b"")

    # ------------------------------------------------------------------ carried out here

    def _is_there(self, portal: bytes) -> bool:
        """Whether PostgreSQL has the portal, when all before it is done; the client is told an error otherwise."""
        self._pending.add(PROBE)
        self._backend.send(wire.describe(b"P", portal))
        return self._settle()

    def _settle(self) -> bool:
        """Pass on what PostgreSQL still has to say; False when that was an error, and what follows is skipped."""
        self._backend.send(wire.FLUSH)
        while self._pending:
            answer = self._backend.take()
            if answer is None:
                self._exchange.turn()
            else:
                self._answer(*answer)
        return not self._pending.skipping

    def _carry_out(self, planned: CarriedOut, *, alone: bool) -> bool:
        """Do a statement here; False when it failed. The client has been told either way.

        ``alone``: nothing follows it in an implicit transaction; unless something goes before, it needs none of its own.
        """
        backend = self._backend
        backend.alone = alone and backend.status == b"I" and not self._has_work
        try:
            planned.run(backend, self.notice)
        except Gone:
            raise
        except Exception as error:
            backend.fail()
            self._client.send(response(error))
            self._pending.skipping = True
            return False
        self._client.send(wire.command_complete(planned.tag))
        return True

    def _run_each(self, parts: list[tuple[str, Plan | Refusal]]) -> None:
        """Run the statements of one Query in order, in one implicit transaction, up to the first that fails."""
        if not self._settle():
            return
        self._has_work = self._has_work or len(parts) > 1
        for text, planned in parts:
            if not self._run_one(text, planned):
                break
        self._forward(b"S", b"")

    def _run_one(self, text: str, planned: Plan | Refusal) -> bool:
        if isinstance(planned, CarriedOut):
            return self._carry_out(planned, alone=not self._has_work)
        if isinstance(planned, Refusal):
            self._refuse(planned)
            return self._settle()
        sql, tag = (planned.sql, planned.tag) if isinstance(planned, Rewritten) else (text, "")
        self._backend.send(wire.execution(OWN, sql, described=True) + wire.close(b"P", OWN) + wire.FLUSH)
        return self._pass_on(tag)

    def _pass_on(self, tag: str) -> bool:
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
                self._answer(kind, body)
            if kind == b"E":
                return False
        return True

    # ------------------------------------------------------------------ from PostgreSQL

    def _answer(self, kind: bytes, body: bytes) -> None:
        awaited = self._pending.answered(kind)
        if kind == b"C" and awaited is not None and awaited.tag:
            self._client.send(wire.command_complete(awaited.tag))
        elif kind == b"E":
            self._client.send(worded(body, awaited.refusal if awaited is not None else b""))
            self._backend.said_why = wire.is_fatal(body)
        elif kind not in b"ZTtn":
            self._client.send(wire.message(kind, body))
        elif awaited is None or awaited.kind != PROBE:
            self._note(kind, body, awaited)
            self._client.send(wire.message(kind, body))

    def _note(self, kind: bytes, body: bytes, awaited: Awaited | None) -> None:
        """What an answer tells of the names: a description, or that the portals have ended with their transaction."""
        if kind == b"Z" and body == b"I":
            self._portals.forget()
        elif kind in b"tT" and awaited is not None and awaited.describes is not None:
            statement = self._statements.agreed(awaited.describes)
            if statement is not None:
                statement.intervals.described(kind, body)
