"""One client of the stand-in: its messages on their way to PostgreSQL, and the answers on their way back.

Bytes pass both ways. The SQL of Query and Parse goes through ``plan``, which leaves it as it is, rewrites it, refuses it,
or has it carried out here, in the client's own transaction. A statement carried out here is prepared as ``UNLISTEN *``,
which does nothing and which no client of Redshift sends; it is carried out when the client executes it.

Limits: a statement carried out here runs again when its portal is executed again. COPY from or to the client is refused,
as Redshift refuses it.
"""

from __future__ import annotations

from collections.abc import Callable

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.language import script
from sparkify_dwh.standin.relay import wire
from sparkify_dwh.standin.relay.backend import Backend
from sparkify_dwh.standin.relay.binary_intervals import BinaryIntervals
from sparkify_dwh.standin.relay.channel import Channel, Exchange, Gone
from sparkify_dwh.standin.relay.conversation import NOWHERE, OWN
from sparkify_dwh.standin.relay.pending import Pending
from sparkify_dwh.standin.relay.refusals import Refusal, planned_or_refused, response
from sparkify_dwh.standin.rules.translate import redshift_error
from sparkify_dwh.standin.statements import CarriedOut, Passed, Plan, Rewritten

PLACEHOLDER = "UNLISTEN *"


class Session:
    """A client's session, from its first statement to its end. ``run`` returns when either side has gone."""

    def __init__(self, client: Channel, backend: Backend, exchange: Exchange) -> None:
        self._client = client
        self._backend = backend
        self._exchange = exchange
        backend.attach(exchange)
        self._prepared: dict[bytes, CarriedOut | Rewritten] = {}  # by name
        self._portals: dict[bytes, CarriedOut | Rewritten] = {}
        self._intervals = BinaryIntervals()
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

    def _forward(self, kind: bytes, body: bytes, tag: str = "") -> None:
        if kind in b"SQ":
            self._pending.skipping = self._has_work = False
        self._pending.add(kind, tag=tag)
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
        self._prepared.pop(name, None)
        self._intervals.forget(name)
        sql = wire.decoded(text)
        planned = planned_or_refused(sql)
        if isinstance(planned, Refusal):
            self._refuse(planned)
            return
        if isinstance(planned, Passed):
            self._forward(b"P", body)
            return
        self._prepared[name] = planned
        if isinstance(planned, CarriedOut):
            sql, parameter_types = PLACEHOLDER, wire.NO_PARAMETERS
        else:
            sql = planned.sql
        self._forward(b"P", wire.parse(name, sql, parameter_types)[5:])

    def _bind(self, body: bytes) -> None:
        portal, name, rest = wire.bound(body)
        self._portals.pop(portal, None)
        self._intervals.check(name, rest)
        planned = self._prepared.get(name)
        if planned is not None:
            self._portals[portal] = planned
        if not isinstance(planned, CarriedOut):
            self._has_work = True
        self._forward(b"B", body)

    def _describe(self, body: bytes) -> None:
        self._pending.add(b"D", describes=body[1:-1] if body[:1] == b"S" else None)
        self._backend.send(wire.message(b"D", body))

    def _execute(self, body: bytes) -> None:
        planned = self._portals.get(wire.texts(body, 1)[0])
        if not isinstance(planned, CarriedOut):
            self._forward(b"E", body, planned.tag if planned else "")
        elif self._settle():
            self._carry_out(planned, alone=self._client.incoming.next_kind == b"S")
        self._has_work = True

    def _close(self, body: bytes) -> None:
        kept = self._prepared if body[:1] == b"S" else self._portals
        kept.pop(body[1:-1], None)
        self._forward(b"C", body)

    def _refuse(self, response: bytes, *, synced: bool = False) -> None:
        """Have PostgreSQL fail at this place, in the order of things, and the client told ``response``."""
        self._pending.add(b"E", refusal=response)
        self._backend.send(NOWHERE)
        if synced:
            self._forward(b"S", b"")

    # ------------------------------------------------------------------ carried out here

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
            refused = awaited is not None and awaited.refusal and wire.error_fields(body).get("C") == "34000"
            self._client.send(awaited.refusal if awaited and refused else redshift_error(body))
            self._backend.said_why = wire.is_fatal(body)
        else:
            if kind in b"tT" and awaited is not None and awaited.describes is not None:
                self._intervals.described(awaited.describes, kind, body)
            self._client.send(wire.message(kind, body))
