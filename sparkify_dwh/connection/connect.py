"""Connections to Redshift: with TLS, a time limit on connecting, keep-alive packets, and a label for the console.

The driver's ``timeout`` applies to the socket as long as the connection exists, and would interrupt a longer COPY; here it
applies only while connecting. Firewalls and NAT gateways drop connections that are silent for some minutes, such as one that
waits for a COPY, so keep-alive packets are sent
(https://docs.aws.amazon.com/redshift/latest/mgmt/connecting-firewall-guidance.html).

Limits: the time limit applies to each answer while connecting, not to their sum, and not to name resolution. The driver
supports IPv4 only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from redshift_connector.core import Connection as DriverConnection
from redshift_connector.error import ProgrammingError
from sqlalchemy import Engine, String, event

from sparkify_dwh.config.values import VERIFY_CA, VERIFY_FULL
from sparkify_dwh.connection.credentials import Credentials
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.redshift.dialect import LOST_WHILE_CONNECTING, errors_of_the_driver
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger

log = safe_logger("sparkify_dwh.connect")

APPLICATION_NAME = "sparkify_dwh"
KEEPALIVE = {
    "tcp_keepalive_idle": 60,
    "tcp_keepalive_interval": 15,
    "tcp_keepalive_count": 8,
}  # seconds, seconds, times


class RedshiftConnection(DriverConnection):
    """A connection of the driver with a time limit on connecting and none on what follows."""

    def __init__(self, *, connect_seconds: float, **parameters: Any) -> None:
        try:
            with errors_of_the_driver(LOST_WHILE_CONNECTING):
                super().__init__(timeout=cast(int, connect_seconds), **parameters)  # a socket takes parts of a second
            self._usock.settimeout(None)
        except BaseException:
            self._shut()
            raise

    def _shut(self) -> None:
        """Close the sockets, which the driver leaves to the garbage collector."""
        for name in ("_sock", "_usock"):
            with suppress(AttributeError, OSError, ValueError):
                getattr(self, name).close()


def connect_by(engine: Engine, settings: Settings) -> None:
    """Open every new connection of the engine by ``settings``, with a login of its own."""
    if settings.tls not in (VERIFY_FULL, VERIFY_CA):  # the driver ignores others, and sends passwords in clear
        raise ConfigurationError(f"tls must be {VERIFY_FULL} or {VERIFY_CA}, found {settings.tls!r}", "correct it")
    if settings.tls == VERIFY_CA:
        log.warning(
            "TLS=%s: the name in the certificate is not compared with HOST, so another server of AWS could impersonate it",
            VERIFY_CA,
        )
    event.listen(engine, "do_connect", _opener(settings))
    event.listen(engine, "connect", _labeller(_set_query_group(engine, settings.query_group)))


def _opener(settings: Settings) -> Callable[..., RedshiftConnection]:
    credentials = Credentials(settings)

    def open_connection(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> RedshiftConnection:
        login = credentials.login()
        return RedshiftConnection(
            connect_seconds=settings.connect_seconds,
            user=login.user,
            password=login.password.reveal(),
            host=parameters["host"],
            port=parameters["port"],
            database=parameters["database"],
            ssl=True,
            sslmode=settings.tls,
            application_name=APPLICATION_NAME,
            tcp_keepalive=True,
            **KEEPALIVE,
        )

    return open_connection


def _set_query_group(engine: Engine, label: str) -> str:
    """Return the statement that labels queries in SYS_QUERY_HISTORY and for WLM queues. Redshift guide, r_query_group"""
    literal = engine.dialect.statement_compiler(engine.dialect, None).render_literal_value(label, String())
    return f"SET query_group TO {literal}"


def _labeller(statement: str) -> Callable[[Any, Any], None]:
    def label(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        try:
            with errors_of_the_driver():
                cursor.execute(statement)
                connection.commit()
        except ProgrammingError as error:  # the connection works without the label
            reason = error.args[0].get("M", "") if isinstance(error.args[0], dict) else error
            log.warning("the queries will have no label in the console: %s", reason)
            connection.rollback()
        finally:
            cursor.close()

    return label
