"""A client's session: its messages on their way to PostgreSQL, and statements that the relay carries out itself.

The SQL of Query and Parse messages goes through ``plan``, which passes it, rewrites it, refuses it, or lets the relay
carry it out in the client's own transaction. For a statement that the relay carries out, PostgreSQL prepares a
placeholder, and the relay does the work when the client executes it. The placeholder itself is never executed: it would
fail.

Limits: a statement that the relay carries out runs again when its portal is executed again, and SQL's EXECUTE does not
know it. A name that SQL frees (DEALLOCATE, CLOSE) and takes again (PREPARE, DECLARE) keeps its earlier meaning in the
protocol. COPY from or to the client is refused, as in Redshift.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.language.text import split_statements
from sparkify_dwh.standin.outcomes import PASSED, CarriedOut, Passed, Plan, Rewritten
from sparkify_dwh.standin.postgres.backend import Backend
from sparkify_dwh.standin.postgres.session import FAILING_EXECUTE, RELAY_NAME
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.protocol.channel import Channel, ChannelPair, Disconnected
from sparkify_dwh.standin.relay.error_responses import (
    ABORTED,
    PLACEHOLDER,
    ErrorResponse,
    error_response,
    plan_or_error,
)
from sparkify_dwh.standin.relay.prepared import NameChange, NameTable, PreparedStatement
from sparkify_dwh.standin.relay.requests import Request
from sparkify_dwh.standin.relay.responses import ResponseForwarder


class Session:
    """A client's session, from its first statement to its end. ``run`` returns when the client terminates it."""

    def __init__(self, client: Channel, backend: Backend, channels: ChannelPair) -> None:
        self._client = client
        self._backend = backend
        self._channels = channels
        backend.attach(channels)
        self._responses = ResponseForwarder(client, backend, channels)
        self._requests = self._responses.requests
        self._statements = self._responses.statements
        self._portals = self._responses.portals
        self._in_implicit_transaction = False  # which the next Sync will end
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"Q": self._query,
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
        }

    def run(self) -> None:
        """Serve the client until it terminates the session. Raise Disconnected when either side closes."""
        while True:
            while not (self._client.is_full or self._backend.channel.is_full):
                received = self._client.received.take()
                if received is None:
                    break
                if received[0] == b"X":
                    return
                self._handle(*received)
            self._channels.pump()
            self._responses.forward_received()

    def notice(self, text: str) -> None:
        self._client.send(wire.info(text))

    # ------------------------------------------------------------------ the client's messages

    def _handle(self, kind: bytes, body: bytes) -> None:
        if self._requests.skipping and kind != b"S":
            return
        handler = self._handlers.get(kind)
        if handler is None:
            self._forward(kind, body)
            return
        try:
            handler(body)
        except RedshiftError as error:
            self._refuse(wire.error_response(error))

    def _forward(self, kind: bytes, body: bytes, tag: str = "", change: NameChange[Any] | None = None) -> None:
        if kind in b"SQ":
            self._requests.skipping = self._in_implicit_transaction = False
        if kind == b"S":
            self._statements.on_sync()
        self._requests.add(Request(kind, tag=tag, change=change))
        self._backend.send(wire.message(kind, body))

    def _query(self, body: bytes) -> None:
        try:
            texts = split_statements(wire.decode(body[:-1]))
        except RedshiftError as error:
            self._run_all([("", wire.error_response(error))])
            return
        plans = [plan_or_error(text) for text in texts]
        if all(isinstance(plan, Passed) for plan in plans):
            self._forward(b"Q", body)
        elif len(plans) == 1 and isinstance(plans[0], Rewritten):
            self._forward(b"Q", wire.query(plans[0].sql)[5:], plans[0].tag)
        else:
            self._run_all(list(zip(texts, plans, strict=True)))

    def _parse(self, body: bytes) -> None:
        name, text, parameter_types = wire.split_texts(body, 2)
        plan = plan_or_error(wire.decode(text))
        if isinstance(plan, ErrorResponse):
            if not name:
                self._close_unnamed(b"S")
            self._refuse(plan)
            return
        if isinstance(plan, CarriedOut):
            body = wire.parse(name, PLACEHOLDER, wire.NO_PARAMETERS)[5:]
        elif isinstance(plan, Rewritten):
            body = wire.parse(name, plan.sql, parameter_types)[5:]
        self._forward(b"P", body, change=self._statements.change(name, PreparedStatement(plan)))

    def _bind(self, body: bytes) -> None:
        portal, name, rest = wire.split_texts(body, 2)
        if self._statements.is_uncertain(name) and not self._responses.forward_all():
            return
        statement = self._statements.predicted(name) or PreparedStatement(PASSED)
        statement.intervals.check(rest)
        if not isinstance(statement.plan, CarriedOut):
            self._in_implicit_transaction = True
        self._forward(b"B", body, change=self._portals.change(portal, statement.plan))

    def _describe(self, body: bytes) -> None:
        self._requests.add(Request(b"D", describes=body[1:-1] if body[:1] == b"S" else None))
        self._backend.send(wire.message(b"D", body))

    def _execute(self, body: bytes) -> None:
        # An error that would make the prediction wrong also ends the transaction, and with it every portal.
        portal = wire.split_texts(body, 1)[0]
        plan = self._portals.predicted(portal)
        if not isinstance(plan, CarriedOut):
            self._forward(b"E", body, plan.tag if isinstance(plan, Rewritten) else "")
        elif self._portal_exists(portal):
            self._carry_out(plan, is_last=self._client.received.next_kind == b"S")
        self._in_implicit_transaction = True

    def _close(self, body: bytes) -> None:
        self._forward(b"C", body, change=self._name_table(body[:1]).change(body[1:-1], None))

    def _name_table(self, what: bytes) -> NameTable[Any]:
        return self._statements if what == b"S" else self._portals

    def _close_unnamed(self, *kinds: bytes) -> None:
        """Close the unnamed statement or portal, as PostgreSQL does for a Query, or a Parse without a name."""
        for what in kinds:
            self._requests.add(Request(b"C", change=self._name_table(what).change(b"", None), hidden=True))
            self._backend.send(wire.close(what, b""))

    def _refuse(self, response: ErrorResponse) -> None:
        """Make PostgreSQL fail at this point of the message stream, and send the client ``response`` for it."""
        self._requests.add(Request(b"E", error=response))
        self._backend.send(FAILING_EXECUTE)

    # ------------------------------------------------------------------ statements that the relay carries out

    def _portal_exists(self, portal: bytes) -> bool:
        """Return whether PostgreSQL has the portal once all before it is done; otherwise the client gets the error."""
        self._requests.add(Request(b"D", hidden=True))
        self._backend.send(wire.describe(b"P", portal))
        return self._responses.forward_all()

    def _carry_out(self, plan: CarriedOut, *, is_last: bool) -> bool:
        """Carry out a statement and send the response. Return False when it failed.

        ``is_last``: nothing follows it in its implicit transaction. If nothing precedes it either, it needs none.
        """
        backend = self._backend
        backend.autocommit = is_last and backend.status == b"I" and not self._in_implicit_transaction
        if backend.status == b"E":
            self._refuse(ABORTED)
            return self._responses.forward_all()
        try:
            plan.run(backend, self.notice)
        except Disconnected:
            raise
        except Exception as error:
            backend.fail_transaction()
            self._client.send(error_response(error))
            self._requests.skipping = True
            return False
        self._client.send(wire.command_complete(plan.tag))
        return True

    def _run_all(self, parts: list[tuple[str, Plan | ErrorResponse]]) -> None:
        """Run the statements of one Query in order, in one implicit transaction, up to the first that fails."""
        self._close_unnamed(b"S", b"P")
        if not self._responses.forward_all():
            return
        self._in_implicit_transaction = self._in_implicit_transaction or len(parts) > 1
        for text, plan in parts:
            if not self._run_one(text, plan):
                break
        self._forward(b"S", b"")

    def _run_one(self, text: str, plan: Plan | ErrorResponse) -> bool:
        if isinstance(plan, CarriedOut):
            return self._carry_out(plan, is_last=not self._in_implicit_transaction)
        if isinstance(plan, ErrorResponse):
            self._refuse(plan)
            return self._responses.forward_all()
        sql, tag = (plan.sql, plan.tag) if isinstance(plan, Rewritten) else (text, "")
        self._backend.send(wire.execution(RELAY_NAME, sql, described=True) + wire.close(b"P", RELAY_NAME) + wire.FLUSH)
        return self._responses.forward_execution(tag)
