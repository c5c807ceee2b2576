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
from sparkify_dwh.standin.outcomes import PASSED, CarriedOut, Passed, Plan, Rewritten
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.session import NOWHERE, OWN
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, Exchange, Gone
from sparkify_dwh.standin.relay.error_responses import ABORTED, PLACEHOLDER, Refusal, planned_or_refused, response
from sparkify_dwh.standin.relay.prepared import Change, Names, Statement
from sparkify_dwh.standin.relay.requests import Awaited
from sparkify_dwh.standin.relay.responses import Answers


class Session:
    """A client's session, from its first statement to its end. ``run`` returns when either side has gone."""

    def __init__(self, client: Channel, backend: Backend, exchange: Exchange) -> None:
        self._client = client
        self._backend = backend
        self._exchange = exchange
        backend.attach(exchange)
        self._answers = Answers(client, backend, exchange)
        self._pending = self._answers.pending
        self._statements = self._answers.statements
        self._portals = self._answers.portals
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
            self._answers.pass_on_what_has_come()

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
        if kind == b"S":
            self._statements.synced()
        self._pending.add(Awaited(kind, tag=tag, change=change))
        self._backend.send(wire.message(kind, body))

    def _query(self, body: bytes) -> None:
        try:
            texts = script.statements(wire.decoded(body[:-1]))
        except RedshiftError as error:
            self._run_each([("", wire.error_response(error))])
            return
        plans = [planned_or_refused(text) for text in texts]
        if all(isinstance(planned, Passed) for planned in plans):
            self._forward(b"Q", body)
        elif len(plans) == 1 and isinstance(plans[0], Rewritten):
            self._forward(b"Q", wire.query(plans[0].sql)[5:], plans[0].tag)
        else:
            self._run_each(list(zip(texts, plans, strict=True)))

    def _parse(self, body: bytes) -> None:
        name, text, parameter_types = wire.texts(body, 2)
        sql = wire.decoded(text)
        planned = planned_or_refused(sql)
        if isinstance(planned, Refusal):
            if not name:
                self._drop_unnamed(b"S")
            self._refuse(planned)
            return
        if isinstance(planned, CarriedOut):
            body = wire.parse(name, PLACEHOLDER, wire.NO_PARAMETERS)[5:]
        elif isinstance(planned, Rewritten):
            body = wire.parse(name, planned.sql, parameter_types)[5:]
        self._forward(b"P", body, change=self._statements.change(name, Statement(planned)))

    def _bind(self, body: bytes) -> None:
        portal, name, rest = wire.bound(body)
        if self._statements.is_doubtful(name) and not self._answers.settle():
            return
        statement = self._statements.expected(name) or Statement(PASSED)
        statement.intervals.check(rest)
        if not isinstance(statement.planned, CarriedOut):
            self._has_work = True
        self._forward(b"B", body, change=self._portals.change(portal, statement.planned))

    def _describe(self, body: bytes) -> None:
        self._pending.add(Awaited(b"D", describes=body[1:-1] if body[:1] == b"S" else None))
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
        self._forward(b"C", body, change=self._names(body[:1]).change(body[1:-1], None))

    def _names(self, what: bytes) -> Names[Any]:
        return self._statements if what == b"S" else self._portals

    def _drop_unnamed(self, *kinds: bytes) -> None:
        """Do what PostgreSQL does before it looks at a Query, or at a Parse without a name."""
        for what in kinds:
            self._pending.add(Awaited(b"C", change=self._names(what).change(b"", None), hidden=True))
            self._backend.send(wire.close(what, b""))

    def _refuse(self, response: bytes) -> None:
        """Have PostgreSQL fail at this place, in the order of things, and the client told ``response``."""
        self._pending.add(Awaited(b"E", refusal=response))
        self._backend.send(NOWHERE)

    # ------------------------------------------------------------------ carried out here

    def _is_there(self, portal: bytes) -> bool:
        """Whether PostgreSQL has the portal, when all before it is done; the client is told an error otherwise."""
        self._pending.add(Awaited(b"D", hidden=True))
        self._backend.send(wire.describe(b"P", portal))
        return self._answers.settle()

    def _carry_out(self, planned: CarriedOut, *, alone: bool) -> bool:
        """Do a statement here; False when it failed. The client has been told either way.

        ``alone``: nothing follows it in an implicit transaction; unless something goes before, it needs none of its own.
        """
        backend = self._backend
        backend.alone = alone and backend.status == b"I" and not self._has_work
        if backend.status == b"E":
            self._refuse(ABORTED)
            return self._answers.settle()
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
        self._drop_unnamed(b"S", b"P")
        if not self._answers.settle():
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
            return self._answers.settle()
        sql, tag = (planned.sql, planned.tag) if isinstance(planned, Rewritten) else (text, "")
        self._backend.send(wire.execution(OWN, sql, described=True) + wire.close(b"P", OWN) + wire.FLUSH)
        return self._answers.pass_on_one(tag)
