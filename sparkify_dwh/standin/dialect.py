"""``redshift+standin://``: the corrected Redshift dialect, connected to the stand-in.

    redshift+standin:////absolute/directory          the embedded server, with its data in that directory
    redshift+standin://user:pw@host:port/database    a PostgreSQL server that runs already

It differs from Redshift's dialect in where it connects to, and in nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ConnectArgsType

from sparkify_dwh.dialect import SparkifyDialect


class StandinDialect(SparkifyDialect):
    """Makes sure that server and relay run when a connection is opened, and connects the driver to the relay."""

    supports_statement_cache = False

    def create_connect_args(self, url: sa.URL) -> ConnectArgsType:
        return [], {"url": url}

    def connect(self, *_: Any, url: sa.URL) -> Any:
        from sparkify_dwh.standin.backend import PostgresAddress
        from sparkify_dwh.standin.relay import relay_to
        from sparkify_dwh.standin.server import DATABASE, embedded_server, install

        if url.host:
            address = PostgresAddress(url.host, url.port or 5432, url.username or "postgres", url.password)
            database = url.database or DATABASE
            install(address, database)
        else:
            address, database = embedded_server(Path(url.database or ".")), DATABASE
        return super().connect(
            unix_sock=str(relay_to(address).socket_path),
            database=database,
            user=address.user,
            password="",
            ssl=False,
            tcp_keepalive=False,
            application_name="sparkify_dwh",
        )
