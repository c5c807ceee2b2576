"""Engines and connections for the warehouse, and the meaning of server errors."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, DateTime, Engine, create_engine, event, literal_column, select, text

from sparkify_dwh.cluster.connectivity import explain_unreachable
from sparkify_dwh.connection.connect import connect_by
from sparkify_dwh.connection.server_errors import error_fields, is_conflict, is_lost, network_error, server_message
from sparkify_dwh.errors import SparkifyError, UnreachableError
from sparkify_dwh.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext


__all__ = [
    "connected",
    "error_fields",
    "is_conflict",
    "is_lost",
    "make_engine",
    "network_error",
    "server_message",
    "unreachable",
    "warehouse",
    "warehouse_now",
]

WRONG_NAME = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL


def make_engine(settings: Settings) -> Engine:
    """Return an engine for the warehouse. It connects when first used, and its errors never show parameters.

    With [CLUSTER] SCHEMA, unqualified names stand for the tables of its schemas on every connection.
    """
    engine = create_engine(settings.url, schemas=settings.schemas, pool_pre_ping=True, hide_parameters=True)
    if not settings.is_standin:
        connect_by(engine, settings)
    event.listen(engine, "handle_error", _refused_connection(settings))
    return engine


@contextmanager
def warehouse(settings: Settings) -> Iterator[Engine]:
    """Give an engine for the warehouse; close its connections at the end.

    An interruption may have come before one was given back, and its transaction would keep its locks.
    """
    engine, opened = make_engine(settings), set[Any]()
    event.listen(engine, "connect", lambda connection, _record: opened.add(connection))
    event.listen(engine, "close", lambda connection, _record: opened.discard(connection))
    try:
        yield engine
    finally:
        engine.dispose()
        for connection in opened:
            with suppress(engine.dialect.loaded_dbapi.Error):
                engine.dialect.do_close(connection)


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """Give one connection to the warehouse. Raises :class:`UnreachableError`."""
    with warehouse(settings) as engine, engine.connect() as connection:
        yield connection


def warehouse_now(connection: Connection) -> datetime:
    """Return the time by the warehouse's clock, in UTC. It begins a transaction, and rolls it back.

    SYSDATE is the start of the transaction in the session's time zone. Redshift guide, r_SYSDATE
    """
    connection.rollback()
    connection.execute(text("SET timezone TO 'UTC'"))
    now: datetime = connection.scalars(select(literal_column("SYSDATE", DateTime))).one()
    connection.rollback()
    return now


def _refused_connection(settings: Settings) -> Callable[[ExceptionContext], None]:
    """Return the event handler that turns errors of connecting into an UnreachableError."""

    def refuse(context: ExceptionContext) -> None:
        if context.connection is None and context.engine is not None:
            raise unreachable(settings, context.original_exception) from context.original_exception

    return refuse


def unreachable(settings: Settings, error: BaseException) -> SparkifyError:
    """Return the error that says which warehouse cannot be connected to, why, and what to do."""
    if isinstance(error, SparkifyError):
        return error
    url = settings.url
    place = f"{url.host}:{url.port}/{url.database}" if url.host else str(url.database)
    reason, advice = _reason(settings, error), _advice(settings, error)
    return UnreachableError(f"The warehouse at {place} could not be connected to: {reason}", advice)


def _reason(settings: Settings, error: BaseException) -> str:
    """Return the server's message, or that of the innermost network error."""
    fields = error_fields(error)
    if fields:
        return fields.get("M", "")
    inner = network_error(error)
    if isinstance(inner, TimeoutError):
        return f"no answer within {settings.connect_seconds:g} s"
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({inner.verify_message.rstrip('.')})"
    return " ".join(str(getattr(inner, "strerror", None) or inner).split()).rstrip(".")


def _advice(settings: Settings, error: BaseException) -> str:
    fields = error_fields(error)
    if fields:
        return _login_advice(settings)
    inner = network_error(error)
    if isinstance(inner, ssl.SSLCertVerificationError) and inner.verify_code in WRONG_NAME:
        return (
            "Connect to the endpoint's own name. Through a tunnel, whose name is not in the certificate, set [CLUSTER] "
            "TLS=verify-ca."
        )
    if isinstance(inner, ssl.SSLError):
        return (
            "Something other than Redshift may answer, such as a proxy that intercepts TLS: let it pass the connection "
            "through, or name the file of its certificate authority in SSL_CERT_FILE."
        )
    if "refuses SSL" in str(error):
        return "The server does not support TLS, so it is not Redshift, and nothing was sent. Check HOST and DB_PORT."
    known = None if settings.is_standin else explain_unreachable(settings)
    if known:
        return f"{known}."
    return (
        "Check HOST and DB_PORT in [CLUSTER], that the cluster runs, and that its security group allows this machine."
    )


def _login_advice(settings: Settings) -> str:
    if settings.iam:
        user = f"has the user {settings.db_user}, which IAM=true does not create" if settings.db_user else "lets you in"
        return f"Check DB_NAME in [CLUSTER], and that the database {user}."
    if settings.secret_arn:
        return "Check DB_NAME in [CLUSTER], and that SECRET_ARN is the secret of this warehouse."
    return "Check DB_NAME, DB_USER and DB_PASSWORD in [CLUSTER]."
