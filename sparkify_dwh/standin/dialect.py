"""``redshift+standin://``: the corrected Redshift dialect, connected to the stand-in.

    redshift+standin:////absolute/directory          the embedded server, with its data in that directory
    redshift+standin://user:pw@host:port/database    a PostgreSQL server that is already running

It differs from the Redshift dialect only in what it connects to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ConnectArgsType

from sparkify_dwh.errors import UnreachableError
from sparkify_dwh.redshift.dialect import SparkifyDialect
from sparkify_dwh.utils.extras import require_extra

if TYPE_CHECKING:
    from sparkify_dwh.standin.postgres.address import PostgresAddress


class StandinDialect(SparkifyDialect):
    """Starts server and relay when a connection is opened, and connects the driver to the relay."""

    supports_statement_cache = False

    def create_connect_args(self, url: sa.URL) -> ConnectArgsType:
        return [], {"url": url}

    def connect(self, *_: Any, url: sa.URL) -> Any:
        require_extra("standin", "The stand-in")
        from sparkify_dwh.standin.relay.local_relay import local_relay  # only when a connection is opened

        address, database = _prepare_server(url)
        return super().connect(
            unix_sock=str(local_relay(address).socket_path),
            database=database,
            user=address.user,
            password="",  # the relay knows the server's
            ssl=False,
            tcp_keepalive=False,
            application_name="sparkify_dwh",
        )


def _prepare_server(url: sa.URL) -> tuple[PostgresAddress, str]:
    """Start the PostgreSQL server of a URL or install Redshift's catalogue in it; return its address and database."""
    import psycopg

    from sparkify_dwh.standin.postgres.address import PostgresAddress
    from sparkify_dwh.standin.postgres.server import DATABASE, embedded_server, install

    if not url.host:
        return embedded_server(Path(url.database or ".")), DATABASE
    address = PostgresAddress(url.host, url.port or 5432, url.username or "postgres", url.password)
    try:
        install(address, url.database or DATABASE)
    except psycopg.Error as error:
        raise UnreachableError(
            f"The stand-in cannot use the PostgreSQL server at {url.host}:{address.port}, where it must be able to create "
            f"a schema: {str(error).strip()}. Start it, or use the embedded one (HOST=standin)."
        ) from error
    return address, url.database or DATABASE
