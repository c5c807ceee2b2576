"""Connecting to the warehouse, and what its errors say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event

from sparkify_dwh.errors import SparkifyError, UnreachableError
from sparkify_dwh.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ExceptionContext


def make_engine(settings: Settings) -> Engine:
    """An engine for the warehouse; it connects when first used, and its errors never show parameters."""
    engine = create_engine(settings.url, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "handle_error", _refused_connection)
    return engine


@contextmanager
def warehouse(settings: Settings) -> Iterator[Engine]:
    """An engine for the warehouse, whose connections are closed at the end."""
    engine = make_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """One connection to the warehouse. Raises :class:`UnreachableError` when there is none to be had."""
    with warehouse(settings) as engine, engine.connect() as connection:
        yield connection


def error_fields(error: BaseException) -> dict[str, str]:
    """The fields of a server's error by their one-letter codes (C is the SQLSTATE, M the message, D the detail).

    redshift_connector passes them on as a dictionary. Empty when the error did not come from the server.
    """
    original = getattr(error, "orig", error)
    first = original.args[0] if getattr(original, "args", ()) else None
    return dict(first) if isinstance(first, dict) else {}


def server_message(error: BaseException) -> str:
    """What the server, or failing it the driver, said, in one line and without SQL."""
    fields = error_fields(error)
    text = fields.get("M") or str(getattr(error, "orig", error))
    if fields.get("D"):
        text = f"{text} {fields['D']}"
    return " ".join(text.split())


def _refused_connection(context: ExceptionContext) -> None:
    """Turn an error of connecting into one sentence that says where to."""
    if context.connection is not None or context.engine is None:
        return
    raise unreachable(context.engine, context.original_exception) from context.original_exception


def unreachable(engine: Engine, error: BaseException) -> SparkifyError:
    """The error that says which warehouse could not be connected to, and why."""
    if isinstance(error, SparkifyError):
        return error
    url = engine.url
    place = f"{url.host}:{url.port}/{url.database}" if url.host else str(url.database)
    refused = bool(error_fields(error))
    advice = (
        "Check DB_NAME, DB_USER and DB_PASSWORD in [CLUSTER]."
        if refused
        else "Check HOST and DB_PORT in [CLUSTER], that the cluster runs, and that its security group lets this machine in."
    )
    return UnreachableError(f"The warehouse at {place} could not be connected to: {_reason(error)}. {advice}")


def _reason(error: BaseException) -> str:
    """The server's words, or those of the innermost error of the network."""
    fields = error_fields(error)
    if fields:
        return fields.get("M", "")
    causes: list[Any] = [error, *getattr(error, "args", ())]
    inner = next((cause for cause in reversed(causes) if isinstance(cause, OSError)), error)
    return " ".join(str(getattr(inner, "strerror", None) or inner).split())
